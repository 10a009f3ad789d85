"""What the engine needs of the world. Backends, stores and clocks implement these.

Everything here is batched, and nothing here raises for what happens to one attempt: that is
reported.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, ItemId

if TYPE_CHECKING:
    from weftwork.engine.work import Failure, Work
    from weftwork.tasks.resources import Resources


class Accepted(NamedTuple):
    """The place where it executes knows the attempt as `native` (a pid, a job id)."""

    attempt: Attempt
    native: str


class Started(NamedTuple):
    """The attempt began to execute at `at`, seconds of `time.monotonic`; None means just now.

    It may be left out where the end is reported at once.
    """

    attempt: Attempt
    at: float | None = None


class Succeeded(NamedTuple):
    """The attempt returned `value`: an object, or a `weftwork.tasks.item.Stored` holding one."""

    attempt: Attempt
    value: object


class Failed(NamedTuple):
    """The attempt failed."""

    attempt: Attempt
    failure: "Failure"


class Lost(NamedTuple):
    """The attempt vanished with its worker through no doing of its own; `message` says how."""

    attempt: Attempt
    message: str


class Cancelled(NamedTuple):
    """The attempt no longer executes, as was asked. `logs`: the directory of what it printed."""

    attempt: Attempt
    logs: Path | None = None


class Printed(NamedTuple):
    """The attempt printed text (whole lines, decoded with replacement)."""

    attempt: Attempt
    text: str


Report = Accepted | Started | Succeeded | Failed | Lost | Cancelled | Printed

Reports = Callable[[Sequence[Report]], None]
"""Where a backend puts its news, in order. May be called from any thread; returns at once."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a backend can give at once.

    Attributes:
        cores: Cores that attempts may use.
        gpus: GPU devices.
        memory: Bytes; 0 where it is not booked.
        workers: Python functions that may run at the same time; None is unbounded.
    """

    cores: int
    gpus: int = 0
    memory: int = 0
    workers: int | None = None


class Backend(Protocol):
    """Somewhere attempts execute. One object per engine, called on the engine's loop."""

    @property
    def name(self) -> str:
        """The name it was opened by."""
        ...

    @property
    def capacity(self) -> Capacity:
        """What it can give at once."""
        ...

    @property
    def by_value(self) -> bool:
        """True where arguments leave this process, so that a call must encode them."""
        ...

    async def open(self, reports: Reports) -> None:
        """Get ready; everything slow may wait for the first `submit`.

        Raises:
            BackendError: It cannot be had.
        """
        ...

    def submit(self, works: Sequence["Work"]) -> None:
        """Accept the attempts. Each ends by exactly one Succeeded, Failed, Lost or Cancelled."""
        ...

    def cancel(self, attempts: Sequence[Attempt], why: CancelReason) -> None:
        """Ask attempts to end: TERM, grace, KILL where that applies. Ended ones are ignored.

        The end is reported (Cancelled, or what came first) only after the death was seen.
        """
        ...

    def refuse(self, resources: "Resources") -> str | None:
        """Return the sentence that says why such a request can never be met, else None."""
        ...

    def why(self, attempt: Attempt) -> str:
        """Return one sentence: why the attempt has not started, or where it runs."""
        ...

    async def close(self, grace: float) -> None:
        """End what still executes within `grace` seconds, then kill; leave nothing behind."""
        ...


class Hit(NamedTuple):
    """The store holds the result of the item."""

    item: ItemId
    value: object


class Miss(NamedTuple):
    """The store holds nothing for the item: run it."""

    item: ItemId


class Join(NamedTuple):
    """Equal work is under way as the work of `leader`."""

    item: ItemId
    leader: ItemId


Answer = Hit | Miss | Join
Answers = Callable[[Sequence[Answer]], None]
Recorded = Callable[[Sequence[Attempt]], None]


class Store(Protocol):
    """Where results are kept. The engine without one hashes nothing and waits for nothing."""

    async def open(self, answers: Answers, recorded: Recorded) -> None:
        """Get ready. Both callables may be called from any thread."""
        ...

    def look_up(self, items: Sequence[tuple[ItemId, "Work"]]) -> None:
        """Find the results of these items; answer each exactly once through `answers`."""
        ...

    def record(self, ends: Sequence[tuple[ItemId, "Succeeded | Failed"]]) -> None:
        """Keep these ends; name each attempt once to `recorded` when it is durable."""
        ...

    async def close(self) -> None:
        """Finish what is queued and let go."""
        ...


class Timer(Protocol):
    """A callback that was asked for and may be called off."""

    def cancel(self) -> None:
        """Do not call it any more."""
        ...


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> float:
        """Return seconds of a clock that never goes back (`time.monotonic` in real life)."""
        ...

    def call_at(self, at: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` on the engine's loop at or after `at`."""
        ...


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """What an engine tells the backends it opens.

    Attributes:
        workers: Functions at once; None: as many as affinity and cgroup allow.
        limits: The user's named limits.
        grace: Seconds between TERM and KILL.
        keep: Keep workspaces after success.
        quiet: Do not report what functions print.
    """

    workers: int | None = None
    limits: Mapping[str, int] | None = None
    grace: float = 2.0
    keep: bool = False
    quiet: bool = False
