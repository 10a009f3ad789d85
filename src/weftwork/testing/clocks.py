"""A clock that jumps."""

import asyncio
import heapq
import selectors
from collections.abc import Callable, Coroutine
from itertools import count
from typing import TypeVar

R = TypeVar("R")


class JumpTimer:
    """A callback that waits for a `JumpClock` to get there."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Do not call it any more."""
        self.callback = None


class JumpClock:
    """Time that passes only when somebody says so: an hour of waiting takes no time.

    `advance` and `jump` move it by hand. `run` moves it whenever the coroutine's loop would
    otherwise fall asleep; that includes waiting for threads and processes, so it is for flows
    whose backends are fakes.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._timers: list[tuple[float, int, JumpTimer]] = []
        self._numbers = count()

    def now(self) -> float:
        """Return the seconds that were jumped over since the clock was made."""
        return self._now

    def call_at(self, at: float, callback: Callable[[], None]) -> JumpTimer:
        """Call `callback` when the clock gets to `at`."""
        timer = JumpTimer(callback)
        heapq.heappush(self._timers, (at, next(self._numbers), timer))
        return timer

    @property
    def pending(self) -> list[float]:
        """When the timers that are still wanted fire, soonest first."""
        return sorted(at for at, _, timer in self._timers if timer.callback is not None)

    def advance(self, seconds: float) -> None:
        """Let `seconds` (>= 0) pass, calling on the way what becomes due, in order of time."""
        until = self._now + seconds
        while self._timers and self._timers[0][0] <= until:
            self._fire()
        self._now = until

    def jump(self) -> bool:
        """Go to the next timer and call it. Returns False if none is wanted."""
        while self._timers:
            if self._fire():
                return True
        return False

    def _fire(self) -> bool:
        at, _, timer = heapq.heappop(self._timers)
        callback, timer.callback = timer.callback, None
        if callback is None:
            return False
        self._now = max(self._now, at)
        callback()
        return True

    def run(self, main: Coroutine[object, object, R]) -> R:
        """Run `main` on a loop of its own, jumping whenever nothing else is left to do."""
        with asyncio.Runner(loop_factory=self._make_loop) as runner:
            return runner.run(main)

    def _make_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(_JumpingSelector(self))


class _JumpingSelector(selectors.DefaultSelector):
    """Jumps instead of waiting."""

    def __init__(self, clock: JumpClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; with nothing ready, and leave to wait, jump first."""
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        return [] if self._clock.jump() else super().select(timeout)
