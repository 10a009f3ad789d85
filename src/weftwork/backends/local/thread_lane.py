"""Functions on threads of the engine's process.

A *seat* is a booked bundle of resources with a thread that works through the calls that asked for
such a bundle. It ends when there are no more, or after a short while: then it has to get in line
again, so that others have their turn.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from functools import partial
from queue import SimpleQueue

from weftwork.backends.local.alive import Alive
from weftwork.backends.local.body_loop import BodyLoop, Running
from weftwork.backends.local.bookings import Bookings
from weftwork.backends.local.bundles import CallBundles
from weftwork.backends.local.line import Line
from weftwork.backends.local.workspaces import Workspaces
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt
from weftwork.core.packing import Bundle, Grant
from weftwork.engine.ports import Cancelled, Lost, Report, Reports, Started
from weftwork.engine.site import Site
from weftwork.engine.work import FunctionWork

_TURN = 0.01
"""Seconds after which a seat is given up when the call in it has ended."""
_LEAST_GRACE = 0.1
"""Seconds for a cancelled body to end, even where there is no grace."""
_MOST_IDLERS = 64
"""Threads for calls that take no core."""

_logger = logging.getLogger("weftwork")


class _Shape:
    """Calls that want the same bundle, and the seats that were asked for to serve them."""

    def __init__(self, bundle: Bundle, most: int) -> None:
        self.bundle = bundle
        self.most = most
        self.line = Line()
        self.asked: list[_Seat] = []
        self.seats = 0


class _Seat:
    """The key of a booking, made for calls of this priority and above."""

    __slots__ = ("priority", "shape")

    def __init__(self, shape: _Shape, priority: int) -> None:
        self.shape = shape
        self.priority = priority


class ThreadLane:
    """Runs functions on daemon threads, which are started when needed.

    Args:
        site: Of the engine; its clock's `now` is asked from the threads, too.
        bookings: Where seats are booked.
        bundles: What a seat books.
        reports: Takes the news.
    """

    def __init__(
        self, site: Site, bookings: Bookings, bundles: CallBundles, reports: Reports
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = site.clock
        self._workspaces = Workspaces(site)
        self._bookings = bookings
        self._reports = reports
        self._bundles = bundles
        self._shapes: dict[Bundle, _Shape] = {}
        self._lock = threading.Lock()  # around every use of a shape's line
        self._running: dict[Attempt, Running] = {}
        self._seats: SimpleQueue[_Seat | None] = SimpleQueue()
        self._busy = 0
        self._threads: list[threading.Thread] = []
        self._alive = Alive()

    def submit(self, works: Sequence[FunctionWork]) -> None:
        """Take calls on; they begin when a seat is granted."""
        touched: dict[_Shape, None] = {}  # in the order they came
        with self._lock:
            for work in works:
                shape = self._shape(work)
                shape.line.push(work)
                touched[shape] = None
                if work.workspace:
                    self._workspaces.prepare()
        for shape in touched:
            self._ask(shape)

    def cancel(self, attempts: Sequence[Attempt], _why: CancelReason) -> None:
        """Take calls out of the line; cancel asynchronous bodies on their loop."""
        ended: list[Report] = []
        for attempt in attempts:
            if self._withdraw(attempt):
                ended.append(Cancelled(attempt))
            elif (running := self._running.get(attempt)) and not running.is_cancelled:
                running.cancel()
        for shape in self._shapes.values():
            self._ask(shape)
        if ended:
            self._reports(ended)

    def why(self, attempt: Attempt) -> str:
        """Say where the attempt is."""
        running = self._running.get(attempt)
        if running is None:
            return "waits for a free thread"
        if running.is_cancelled:
            return "was cancelled and still runs on its thread, which nothing can end"
        return "runs on a thread"

    async def close(self, grace: float) -> None:
        """Cancel everything; name what still runs after `grace` seconds, and leave it."""
        with self._lock:
            waiting = [work.attempt for shape in self._shapes.values() for work in shape.line]
        self.cancel([*waiting, *self._running], CancelReason.REQUEST)
        if not await self._alive.wait_none(self._clock, max(grace, _LEAST_GRACE)):
            self._leave_behind()
        idle, self._threads = self._threads, []
        for _ in idle:
            self._seats.put(None)
        if not self._busy:
            for thread in idle:
                thread.join()

    def _leave_behind(self) -> None:
        lost: list[Report] = []
        for running in list(self._running.values()):
            if self._running.pop(running.attempt, None) is not None:
                message = "still ran on a thread, which nothing can end, and was left behind"
                _logger.warning("%s %s", running.work.label, message)
                lost.append(Lost(running.attempt, message))
        if lost:
            self._reports(lost)

    def _shape(self, work: FunctionWork) -> _Shape:
        bundle = self._bundles.of(work.resources)
        shape = self._shapes.get(bundle)
        if shape is None:
            is_idler = not bundle.cores and bundle != self._bundles.plain
            most = _MOST_IDLERS if is_idler else self._bundles.most
            shape = self._shapes[bundle] = _Shape(bundle, most)
        return shape

    def _withdraw(self, attempt: Attempt) -> bool:
        with self._lock:
            return any(shape.line.remove(attempt) is not None for shape in self._shapes.values())

    def _ask(self, shape: _Shape) -> None:
        """Have as many seats asked for as can be used, at the priority of who is first."""
        with self._lock:
            waiting = len(shape.line)
            priority = shape.line.priority if waiting else 0
        wanted = min(waiting, shape.most - shape.seats)
        for seat in list(shape.asked):
            if seat.priority < priority or len(shape.asked) > wanted:
                shape.asked.remove(seat)
                self._bookings.withdraw(seat)
        for _ in range(wanted - len(shape.asked)):
            seat = _Seat(shape, priority)
            shape.asked.append(seat)
            self._bookings.request(seat, shape.bundle, priority, partial(self._sit, seat))

    def _sit(self, seat: _Seat, _: Grant) -> None:
        seat.shape.asked.remove(seat)
        seat.shape.seats += 1
        self._busy += 1
        self._alive.add()
        self._seats.put(seat)
        if self._busy > len(self._threads):
            name = f"weft-{len(self._threads) + 1}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _left(self, seat: _Seat) -> None:
        seat.shape.seats -= 1
        self._busy -= 1
        self._bookings.release(seat)
        self._ask(seat.shape)
        self._alive.remove()

    # What follows runs on the threads.

    def _work(self) -> None:
        bodies = BodyLoop(self._workspaces)
        try:
            while (seat := self._seats.get()) is not None:
                self._serve(seat, bodies)
                self._loop.call_soon_threadsafe(self._left, seat)
        except RuntimeError:
            # The engine's loop is closed: this thread was left behind, and nobody waits for it.
            _logger.debug("a thread ended after its engine", exc_info=True)
        finally:
            bodies.close()

    def _serve(self, seat: _Seat, bodies: BodyLoop) -> None:
        until = self._clock.now() + _TURN
        news: list[Report] = []
        while (running := self._take(seat)) is not None:
            attempt = running.work.attempt
            # Together: the last end leaves before the next call starts, which may take long.
            self._reports([*news, Started(attempt)])
            end = bodies.run(running)
            # Gone: it was left behind, and its end has been told.
            news = [end] if self._running.pop(attempt, None) is not None else []
            if self._clock.now() >= until:
                break
        if news:
            self._reports(news)

    def _take(self, seat: _Seat) -> Running | None:
        with self._lock:
            # Calls of lower priority have to get in line among those of other kinds.
            work = seat.shape.line.pop(seat.priority)
            if work is None:
                return None
            running = self._running[work.attempt] = Running(work)
            return running
