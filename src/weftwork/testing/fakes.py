"""A backend that does as it was told, and a store in memory."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause, ItemId
from weftwork.engine.ports import (
    Answers,
    Cancelled,
    Capacity,
    Failed,
    Hit,
    Join,
    Lost,
    Miss,
    Recorded,
    Report,
    Reports,
    Started,
    Succeeded,
)
from weftwork.engine.work import Failure, Work

if TYPE_CHECKING:
    from weftwork.tasks.resources import Resources

__all__ = ["MemoryStore", "ScriptedBackend"]


def _ignore(_: Sequence[object]) -> None:
    """Stand for whoever listens before `open`."""


class ScriptedBackend:
    """Starts and ends attempts as the test says, and remembers what was asked.

    Args:
        value: Gives the result of an attempt that nothing else was said about.
        fail: Attempts that fail.
        lose: Attempts that are lost.
        hold: Attempts that start and then wait for `succeed`, `fail`, `lose` or `cancel`.
        manual: Do nothing at all by itself: the test calls `start`, `succeed`, ...
        refusal: What `refuse` answers.
    """

    def __init__(
        self,
        *,
        value: Callable[[Work], object] = lambda _: None,
        fail: Iterable[Attempt] = (),
        lose: Iterable[Attempt] = (),
        hold: Iterable[Attempt] = (),
        manual: bool = False,
        refusal: str | None = None,
    ) -> None:
        self.works: list[Work] = []
        self._asked: list[Attempt | tuple[Attempt, CancelReason]] = []
        self._value = value
        self._fail = frozenset(fail)
        self._lose = frozenset(lose)
        self._hold = frozenset(hold)
        self._manual = manual
        self._refusal = refusal
        self._live: set[Attempt] = set()
        self._reports: Reports = _ignore
        self.closed = False

    @property
    def name(self) -> str:
        """`scripted`."""
        return "scripted"

    @property
    def capacity(self) -> Capacity:
        """One core."""
        return Capacity(cores=1)

    @property
    def by_value(self) -> bool:
        """Objects stay in this process."""
        return False

    async def open(self, reports: Reports) -> None:
        """Take the place where reports go."""
        self._reports = reports

    def submit(self, works: Sequence[Work]) -> None:
        """Remember the attempts and do with each what the script says."""
        news: list[Report] = []
        for work in works:
            self.works.append(work)
            self._asked.append(work.attempt)
            self._live.add(work.attempt)
            if not self._manual:
                news += self._play(work)
        if news:
            self._reports(news)

    def _play(self, work: Work) -> list[Report]:
        attempt = work.attempt
        started = Started(attempt)
        if attempt in self._hold:
            return [started]
        self._live.discard(attempt)
        if attempt in self._fail:
            return [started, Failed(attempt, Failure(Cause.EXCEPTION, "as the script says"))]
        if attempt in self._lose:
            return [started, Lost(attempt, "as the script says")]
        return [started, Succeeded(attempt, self._value(work))]

    def cancel(self, attempts: Sequence[Attempt], why: CancelReason) -> None:
        """Remember the request; end at once what is alive, unless the test does all by hand."""
        self._asked += [(attempt, why) for attempt in attempts]
        if not self._manual:
            self._end([Cancelled(attempt) for attempt in attempts if attempt in self._live])

    def refuse(self, resources: "Resources") -> str | None:  # noqa: ARG002  # the script's answer
        """Answer what the script says."""
        return self._refusal

    def why(self, attempt: Attempt) -> str:
        """Say whether the script has ended the attempt."""
        return "waits for the script" if attempt in self._live else "has ended"

    async def close(self, grace: float) -> None:  # noqa: ARG002  # nothing takes time here
        """End all that is alive as cancelled."""
        self.closed = True
        self._end([Cancelled(attempt) for attempt in sorted(self._live)])

    def start(self, attempt: Attempt) -> None:
        """Say that the attempt began."""
        self._reports([Started(attempt)])

    def succeed(self, attempt: Attempt, value: object = None) -> None:
        """Say that the attempt returned `value`."""
        self._end([Succeeded(attempt, value)])

    def fail(self, attempt: Attempt, failure: Failure | None = None) -> None:
        """Say that the attempt failed."""
        self._end([Failed(attempt, failure or Failure(Cause.EXCEPTION, "as the test says"))])

    def lose(self, attempt: Attempt) -> None:
        """Say that the attempt vanished with its worker."""
        self._end([Lost(attempt, "as the test says")])

    def confirm_cancel(self, attempt: Attempt) -> None:
        """Say that the attempt no longer executes."""
        self._end([Cancelled(attempt)])

    def report(self, reports: Sequence[Report]) -> None:
        """Say anything at all: twice, too late, about what was never submitted."""
        self._reports(reports)

    def _end(self, ends: Sequence[Succeeded | Failed | Lost | Cancelled]) -> None:
        self._live -= {end.attempt for end in ends}
        if ends:
            self._reports(ends)

    def take_asked(self) -> list[Attempt | tuple[Attempt, CancelReason]]:
        """Return what was asked since the last call: attempts to run, and (attempt, why) to end."""
        asked, self._asked = self._asked, []
        return asked

    def assert_nothing_else_was_asked(self) -> None:
        """Check that the test has taken every request it provoked."""
        assert not self._asked, f"the backend was also asked: {self._asked}"


class MemoryStore:
    """The store port over a dict: enough to prove the order of record, acknowledge, release.

    Args:
        key: Names the work; equal names are equal work. None: it has no name and always runs.
        known: Results that are there from the start, by key.
        hold: Keep acknowledgements back until `acknowledge` is called.
    """

    def __init__(
        self,
        key: Callable[[Work], str | None],
        known: dict[str, object] | None = None,
        *,
        hold: bool = False,
    ) -> None:
        self.values: dict[str, object] = dict(known or {})
        self.looked_up: list[ItemId] = []
        self.ends: list[Succeeded | Failed] = []
        self.held: list[Attempt] = []
        self.opened = False
        self.closed = False
        self._key = key
        self._hold = hold
        self._keys: dict[ItemId, str] = {}
        self._leaders: dict[str, ItemId] = {}
        self._answers: Answers = _ignore
        self._recorded: Recorded = _ignore

    async def open(self, answers: Answers, recorded: Recorded) -> None:
        """Take the places where answers and acknowledgements go."""
        self._answers, self._recorded = answers, recorded
        self.opened = True

    def look_up(self, items: Sequence[tuple[ItemId, Work]]) -> None:
        """Answer at once: a hit, a join to the same key that is under way, or a miss."""
        self.looked_up += [item for item, _ in items]
        self._answers([self._answer(item, self._key(work)) for item, work in items])

    def _answer(self, item: ItemId, key: str | None) -> Hit | Miss | Join:
        if key is None:
            return Miss(item)
        if key in self.values:
            return Hit(item, self.values[key])
        self._keys[item] = key
        leader = self._leaders.setdefault(key, item)
        return Miss(item) if leader == item else Join(item, leader)

    def record(self, ends: Sequence[tuple[ItemId, Succeeded | Failed]]) -> None:
        """Keep the ends; acknowledge them now, or when the test says so."""
        for item, end in ends:
            self.ends.append(end)
            key = self._keys.pop(item, None)
            if key is not None:
                self._leaders.pop(key, None)
                if isinstance(end, Succeeded):
                    self.values[key] = end.value
        self.held += [end.attempt for _, end in ends]
        if not self._hold:
            self.acknowledge()

    def acknowledge(self, count: int | None = None) -> list[Attempt]:
        """Acknowledge the first `count` ends that are held back (None: all); return them."""
        count = len(self.held) if count is None else count
        done, self.held = self.held[:count], self.held[count:]
        if done:
            self._recorded(done)
        return done

    async def close(self) -> None:
        """Acknowledge what is held and let go."""
        self.acknowledge()
        self.closed = True
