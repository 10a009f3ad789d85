"""The timers of attempts: limits that end with them, and pauses before the next try."""

from collections.abc import Callable

from weftwork.core.commands import TimerPurpose
from weftwork.core.events import TimerFired
from weftwork.core.model import Attempt
from weftwork.engine.ports import Clock, Timer


class Timers:
    """What the core asked to be woken for.

    Args:
        clock: Calls back.
        fired: Takes the events.
    """

    def __init__(self, clock: Clock, fired: Callable[[TimerFired], None]) -> None:
        self._clock, self._fired = clock, fired
        self._timers: dict[Attempt, list[Timer]] = {}

    def start(self, attempt: Attempt, at: float, purpose: TimerPurpose) -> None:
        """Have `TimerFired` told at or after `at`, seconds on the clock."""

        def fire() -> None:
            if purpose is TimerPurpose.RETRY:
                # It began when its attempt had ended, so that no end takes it away.
                self._timers.pop(attempt, None)
            self._fired(TimerFired(attempt, purpose))

        self._timers.setdefault(attempt, []).append(self._clock.call_at(at, fire))

    def end(self, attempt: Attempt) -> None:
        """Call off the limits of an attempt that has ended."""
        if self._timers:
            for timer in self._timers.pop(attempt, ()):
                timer.cancel()

    def stop(self) -> None:
        """Call off everything."""
        for timers in self._timers.values():
            for timer in timers:
                timer.cancel()
        self._timers.clear()
