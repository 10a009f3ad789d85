"""Functions on the engine's own loop, the cheapest way there is for short or async ones.

Bodies are begun one after the other, where they are submitted if the loop is free for it. Most end
at once. One that waits gets a task of its own, which has stood in for it so far.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextvars import Context
from functools import partial
from typing import NamedTuple

from weftwork.backends.local.alive import Alive
from weftwork.backends.local.bodies import Body, Contexts, arguments_of, driven, failure_of, is_body
from weftwork.backends.local.bookings import Bookings
from weftwork.backends.local.bundles import bundle_of
from weftwork.backends.local.line import Line
from weftwork.backends.local.stand_in import StandIn
from weftwork.backends.local.workspaces import Workspaces
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt
from weftwork.core.packing import Bundle, Grant
from weftwork.engine.ports import (
    Cancelled,
    Failed,
    Lost,
    Report,
    Reports,
    Started,
    Succeeded,
)
from weftwork.engine.site import Site
from weftwork.engine.work import FunctionWork

_SLICE = 0.005
"""Seconds of bodies between two chances for the rest of the loop."""

_HEAD_START = 0.001
"""Seconds of bodies that are run where they are handed over."""
_LEAST_GRACE = 0.1
"""Seconds: to end, a cancelled body needs a few turns of the loop even where there is no grace."""

_logger = logging.getLogger("weftwork")


End = Succeeded | Failed | Cancelled


class _Called(NamedTuple):
    """A body that is still to be begun, in `context`."""

    body: Body
    context: Context


class _Waiting(NamedTuple):
    """A body that runs in `context` and waits for the future `signal`, or for the next turn."""

    body: Body
    context: Context
    signal: object


class InlineLane:
    """Runs functions on the loop it is made on.

    Args:
        site: Of the engine.
        bookings: Asked for functions that name resources, and no others.
        reports: Takes the news.
    """

    def __init__(self, site: Site, bookings: Bookings, reports: Reports) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = site.clock
        self._bookings = bookings
        self._reports = reports
        self._line = Line()
        self._workspaces = Workspaces(site)
        self._contexts = Contexts(self._workspaces)
        self._news: list[Report] = []
        self._stand_in: StandIn | None = None
        self._is_due = False
        self._waiting: dict[Attempt, FunctionWork] = {}
        self._running: dict[Attempt, tuple[FunctionWork, asyncio.Task[None]]] = {}
        self._called: dict[Attempt, _Called] = {}
        self._cancelling: set[Attempt] = set()
        self._alive = Alive()

    def submit(self, works: Sequence[FunctionWork]) -> None:
        """Take calls on, and begin the first ones: a chain of them needs no turns of the loop."""
        push = self._line.push
        for work in works:
            if work.resources is None:
                push(work)
            else:
                self._book(work, bundle_of(work.resources))
        if not self._is_due:
            self._serve(_HEAD_START)

    def cancel(self, attempts: Sequence[Attempt], _why: CancelReason) -> None:
        """Take calls out of the line; cancel bodies that wait for something."""
        ended: list[Report] = []
        for attempt in attempts:
            if self._withdraw(attempt):
                ended.append(Cancelled(attempt))
            elif attempt in self._running and attempt not in self._cancelling:
                self._cancelling.add(attempt)
                self._running[attempt][1].cancel()
        if ended:
            self._reports(ended)

    def why(self, attempt: Attempt) -> str:
        """Say where the attempt is."""
        if attempt in self._waiting:
            return self._bookings.why(attempt)
        if attempt in self._running:
            return "runs on the engine's loop"
        return "waits for its turn on the engine's loop"

    async def close(self, grace: float) -> None:
        """Cancel everything; name what ignores it for `grace` seconds, and leave it."""
        self.cancel(
            [*self._waiting, *(work.attempt for work in self._line), *self._running],
            CancelReason.REQUEST,
        )
        if self._stand_in is not None:
            await self._stand_in.close()
        if await self._alive.wait_none(self._clock, max(grace, _LEAST_GRACE)):
            return
        ignored = "ignored that it was cancelled, and was left behind"
        for work, _ in self._running.values():
            _logger.warning("%s %s", work.label, ignored)
        lost = [Lost(attempt, ignored) for attempt in self._running]
        self._running.clear()
        self._reports(lost)

    def _book(self, work: FunctionWork, bundle: Bundle) -> None:
        attempt = work.attempt

        def begin(_: Grant) -> None:
            del self._waiting[attempt]
            self._line.push(work)
            self._serve_soon()

        self._waiting[attempt] = work
        self._bookings.request(attempt, bundle, work.priority, begin)

    def _withdraw(self, attempt: Attempt) -> bool:
        if self._waiting.pop(attempt, None) is not None:
            self._bookings.withdraw(attempt)
            return True
        work = self._line.remove(attempt)
        if work is None:
            return False
        if attempt in self._called:
            self._called.pop(attempt).body.close()
        if work.resources is not None:
            self._bookings.release(attempt)
        return True

    def _serve_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._serve, _SLICE)

    def _serve(self, seconds: float) -> None:
        """Run bodies for so long, or until there is no stand-in for the next one."""
        self._is_due = False
        now, line = self._clock.now, self._line
        end_of_slice = now() + seconds
        while (work := line.first) is not None:
            if work.task.is_async and self._free_stand_in() is None:
                break
            line.pop()
            self._run(work)
            if now() >= end_of_slice:
                break
        self._tell()
        if line:
            self._serve_soon()

    def _free_stand_in(self) -> StandIn | None:
        """Return who a coroutine may be begun with now; None: in the next turn there will be."""
        if self._stand_in is None or self._stand_in.is_spoilt:
            self._stand_in = StandIn(self._loop)
        return self._stand_in if self._stand_in.is_ready else None

    def _tell(self) -> None:
        if self._news:
            news, self._news = self._news, []
            self._reports(news)

    def _run(self, work: FunctionWork) -> None:
        """Run a body up to its end, or to where it waits."""
        called = self._called.pop(work.attempt, None) or self._call(work)
        end = self._begin(work, called) if isinstance(called, _Called) else called
        if end is not None:
            self._end(work, end)

    def _begin(self, work: FunctionWork, called: _Called) -> End | None:
        attempt, stand_in = work.attempt, self._free_stand_in()
        if stand_in is None:
            # The function did not look like a coroutine's; it waits in line again.
            self._called[attempt] = called
            self._line.push(work)
            return None
        try:
            signal = stand_in.begin(*called)
        except StopIteration as end:
            return Succeeded(attempt, end.value)
        except BaseException as error:  # noqa: BLE001 - whatever a body raises is its own failure
            return Failed(attempt, failure_of(error))
        self._stand_in = None
        self._running[attempt] = (work, stand_in.task)
        self._news.append(Started(attempt))
        self._alive.add()
        stand_in.go_on(partial(self._finish, work, _Waiting(*called, signal)))
        return None

    def _call(self, work: FunctionWork) -> End | _Called:
        """Call the function, which for an async one begins nothing yet."""
        try:
            context = self._contexts.make(work)
            args, kwargs = arguments_of(work)
            value = context.run(work.task.fn, *args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - whatever a body raises is its own failure
            return Failed(work.attempt, failure_of(error))
        return _Called(value, context) if is_body(value) else Succeeded(work.attempt, value)

    async def _finish(self, work: FunctionWork, waiting: _Waiting) -> None:
        """Drive the body to its end as the task of this one body."""
        attempt = work.attempt
        end: End
        try:
            end = Succeeded(attempt, await driven(*waiting))
        except BaseException as error:  # noqa: BLE001 - whatever a body raises is its own failure
            if isinstance(error, asyncio.CancelledError) and attempt in self._cancelling:
                end = Cancelled(attempt)
            else:
                end = Failed(attempt, failure_of(error))
        self._cancelling.discard(attempt)
        self._alive.remove()
        # If it is not there any more, it was left behind and its end has been told.
        if self._running.pop(attempt, None) is not None:
            self._end(work, end)
            self._tell()

    def _end(self, work: FunctionWork, end: End) -> None:
        if work.resources is not None:
            self._bookings.release(work.attempt)
        if work.workspace:
            self._workspaces.clear(work, end)
        self._news.append(end)
