"""Functions on the engine's own loop, the cheapest way there is for short or async ones.

One asyncio task, the runner, starts one body after the other and drives it itself. Most end at
once. When one waits, the runner becomes that body's own task and another one goes on with the
line. So a body that never waits costs no task, and inside any body `asyncio.current_task()` is the
task that `asyncio.timeout` and `asyncio.TaskGroup` have to cancel.
"""

import asyncio
import logging
from collections.abc import Generator, Sequence
from contextvars import Context
from types import coroutine
from typing import NamedTuple

from weftwork.backends.local.alive import Alive
from weftwork.backends.local.bodies import Body, Contexts, arguments_of, driven, failure_of, is_body
from weftwork.backends.local.bookings import Bookings
from weftwork.backends.local.bundles import bundle_of
from weftwork.backends.local.line import Line
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
from weftwork.errors import InternalError

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


def _this_task() -> "asyncio.Task[None]":
    task = asyncio.current_task()
    if task is None:
        raise InternalError("bodies are run outside of any task")
    return task


@coroutine
def _next_turn() -> Generator[None, None, None]:
    yield


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
        self._runner: asyncio.Task[None] | None = None
        self._runners: set[asyncio.Task[None]] = set()
        self._waiting: dict[Attempt, FunctionWork] = {}
        self._running: dict[Attempt, tuple[FunctionWork, asyncio.Task[None]]] = {}
        self._called: dict[Attempt, _Called] = {}
        self._cancelling: set[Attempt] = set()
        self._alive = Alive()

    def submit(self, works: Sequence[FunctionWork]) -> None:
        """Take calls on; they begin when the loop gets to them."""
        push = self._line.push
        for work in works:
            if work.resources is None:
                push(work)
            else:
                self._book(work, bundle_of(work.resources))
        if self._runner is None:
            self._run_at_once()
        self._wake()

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
            self._wake()

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

    def _run_at_once(self) -> None:
        """Run calls that need no task, here: a chain of them then needs no turns of the loop."""
        end_of_slice = self._clock.now() + _HEAD_START
        while (work := self._line.first) is not None and not work.task.is_async:
            self._line.pop()
            outcome = self._call(work)
            if isinstance(outcome, _Called):
                # A coroutine after all, which needs a task: the runner goes on with it.
                self._called[work.attempt] = outcome
                self._line.push(work)
                break
            self._end(work, outcome)
            if self._clock.now() >= end_of_slice:
                break
        self._tell()

    def _wake(self) -> None:
        if self._runner is None and self._line:
            runner = self._loop.create_task(self._run())
            self._runner = runner
            self._runners.add(runner)
            runner.add_done_callback(self._runners.discard)

    def _leave(self) -> None:
        """Tell the news; let another runner, from now on, serve the line."""
        self._runner = None
        self._tell()
        self._wake()

    def _tell(self) -> None:
        if self._news:
            news, self._news = self._news, []
            self._reports(news)

    async def _run(self) -> None:
        """Run bodies until the line is empty or one of them keeps this task."""
        now = self._clock.now
        end_of_slice = now() + _SLICE
        me = _this_task()
        while (work := self._line.pop()) is not None:
            outcome = self._start(work)
            if isinstance(outcome, _Waiting):
                self._running[work.attempt] = (work, me)
                self._news.append(Started(work.attempt))
                self._alive.add()
                self._leave()
                await self._finish(work, outcome)
                return
            self._end(work, outcome)
            # A body that asked to cancel its own task meant itself, not those that come next.
            if me.cancelling():
                break
            if now() >= end_of_slice:
                self._tell()
                await _next_turn()
                end_of_slice = now() + _SLICE
        self._leave()

    def _start(self, work: FunctionWork) -> End | _Waiting:
        """Run a body up to its end, or to where it waits."""
        called = self._called.pop(work.attempt, None) or self._call(work)
        if not isinstance(called, _Called):
            return called
        body, context = called
        try:
            return _Waiting(body, context, context.run(body.send, None))
        except StopIteration as end:
            return Succeeded(work.attempt, end.value)
        except BaseException as error:  # noqa: BLE001 - whatever a body raises is its own failure
            return Failed(work.attempt, failure_of(error))

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
