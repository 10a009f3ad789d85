"""The clock of an event loop."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from weftwork.effects.points import CrashPoint, passing

if TYPE_CHECKING:
    import asyncio


class LoopClock:
    """Time as `loop` counts it, which is `time.monotonic`. To be used on that loop only."""

    def __init__(self, loop: "asyncio.AbstractEventLoop") -> None:
        self._loop = loop
        self.now = loop.time

    def call_at(self, at: float, callback: Callable[[], None]) -> "asyncio.TimerHandle":
        """Call `callback` on the loop at or after `at`, seconds of `now()`."""
        passing(CrashPoint.SET_TIMER)
        return self._loop.call_at(at, callback)
