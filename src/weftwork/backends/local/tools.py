"""What the crews of one engine share."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from weftwork.backends.local.bookings import Bookings
from weftwork.backends.local.calls import Call, CallWriter
from weftwork.backends.local.news import News
from weftwork.backends.local.worker import Worker
from weftwork.core.packing import Grant
from weftwork.engine.ports import Clock
from weftwork.process.client import End


class Processes(Protocol):
    """Who starts and ends worker processes."""

    def hire(
        self,
        grant: Grant,
        on_answer: Callable[[Worker], None],
        on_end: Callable[[Worker, End], None],
    ) -> Worker:
        """Start a worker. `on_end` is called once, when it is dead."""
        ...

    def end(self, worker: Worker, call: Call, grace: float) -> None:
        """End the running call: an async body on its loop, any other with its worker."""
        ...

    def logs(self, worker: Worker, place: str) -> Path | None:
        """Return the directory of what a dead worker's last call printed; None if nothing."""
        ...

    def printed_so_far(self, worker: Worker, shown: int) -> bytes:
        """Return the whole lines that follow `shown` bytes in the output of the running call."""
        ...

    def last_words(self, worker: Worker) -> str:
        """Return the last line that a dead worker printed, or ""."""
        ...


class Tools(NamedTuple):
    """What the crews of one engine share.

    Attributes:
        processes: Starts and ends workers.
        bookings: Grants what they run on.
        writer: Packs calls.
        news: Reports on calls.
        clock: The engine's.
        grace: Seconds between TERM and KILL.
        make_room: Called before a worker is started.
    """

    processes: Processes
    bookings: Bookings
    writer: CallWriter
    news: News
    clock: Clock
    grace: float
    make_room: Callable[[], None]
