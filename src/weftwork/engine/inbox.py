"""What happened since the last turn, put in by any thread; one wake-up of the loop per turn."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context


class Inbox:
    """A queue with one reader, the driver's turn, which is scheduled by the first entry.

    Args:
        loop: The engine's loop, the one this is made on.
        turn: Called on the loop, soon after the first entry, in an empty context.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, turn: Callable[[], None]) -> None:
        self.entries: deque[object] = deque()
        self._loop = loop
        self._turn = turn
        self._thread = threading.get_ident()
        self._context = Context()
        self._awake = False
        self._refuse: Callable[[], None] | None = None

    def put(self, entry: object) -> None:
        """Add one entry. Any thread."""
        self.entries.append(entry)
        if not self._awake:
            self.wake()

    def put_all(self, entries: Iterable[object]) -> None:
        """Add entries in order. Any thread."""
        self.entries.extend(entries)
        if not self._awake:
            self.wake()

    def wake(self) -> None:
        """Schedule a turn."""
        self._awake = True
        if self._refuse is not None:
            self._awake = False
            self._refuse()
        elif threading.get_ident() == self._thread:
            self._loop.call_soon(self._turn, context=self._context)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._turn, context=self._context)

    def end_turn(self) -> None:
        """Say that a turn is over; another one is scheduled if there are entries."""
        # Cleared before the look: an entry that comes in between schedules a turn itself.
        self._awake = False
        if self.entries:
            self.wake()

    def close(self, refuse: Callable[[], None]) -> None:
        """Schedule no more turns; have `refuse` take the entries, also those that still come.

        Args:
            refuse: Called in the thread that puts an entry in, and once now.
        """
        self._refuse = refuse
        # After that: who does not wake us because of an earlier turn has put its entry in by now.
        self._awake = False
        refuse()

    def on_loop_thread(self) -> bool:
        """Whether the caller is on the loop's thread."""
        return threading.get_ident() == self._thread
