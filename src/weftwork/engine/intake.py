"""From the inbox to the core: entries become events, and each end of an attempt counts once.

A report's value waits in the ledger until the core has decided about it. With a store, an end is
recorded first, and only the acknowledgement becomes the event.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from weftwork.core.events import (
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptsStarted,
    AttemptsSucceeded,
    CancelRequested,
    Event,
    GroupLeft,
    ItemsAdded,
    LookupHit,
    LookupJoined,
    LookupMissed,
    TimerFired,
)
from weftwork.core.model import Attempt, Cause, Final, ItemId, NodeSpec
from weftwork.engine.announcer import Announcer
from weftwork.engine.dispatch import Dispatch
from weftwork.engine.ledger import Ledger
from weftwork.engine.ports import (
    Accepted,
    Cancelled,
    Clock,
    Failed,
    Hit,
    Join,
    Lost,
    Miss,
    Printed,
    Started,
    Store,
    Succeeded,
)
from weftwork.engine.timers import Timers
from weftwork.engine.work import Failure
from weftwork.tasks.item import Ending, Item

E = TypeVar("E")


class Recorded:
    """The store made these ends durable."""

    __slots__ = ("attempts",)

    def __init__(self, attempts: Sequence[Attempt]) -> None:
        self.attempts = attempts


class AllCancelled:
    """Somebody no longer wants any item that was added before this."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Intake:
    """Tells the core what happened.

    Args:
        tell: Gives the core an event and carries out what it answers.
        takes: Whether the core still takes members of a group.
        ledger: Keeps items and values.
        dispatch: Knows the attempts under way.
        timers: Those of attempts, called off at their ends.
        clock: Stamps events.
        store: Where ends are recorded before they count, or None.
        announcer: Tells whoever listens.
        draw: Gives a number in [0, 1) for the jitter of retries.
    """

    def __init__(  # noqa: PLR0913 - one junction of the engine's parts
        self,
        tell: Callable[[Event], None],
        *,
        takes: Callable[[ItemId], bool],
        ledger: Ledger,
        dispatch: Dispatch,
        timers: Timers,
        clock: Clock,
        store: Store | None,
        announcer: Announcer,
        draw: Callable[[], float],
    ) -> None:
        self._handle, self._ledger, self._dispatch = tell, ledger, dispatch
        self._takes = takes
        self._timers, self._clock, self._store = timers, clock, store
        self._announcer, self._draw = announcer, draw
        self._unrecorded: dict[Attempt, Succeeded | Failed] = {}
        self.takers: dict[type, Callable[[list[object]], None]] = {
            Item: self._added,
            Started: _only(Started, self._started),
            Succeeded: _only(Succeeded, self._succeeded),
            Failed: _only(Failed, self._failed),
            Lost: _only(Lost, self._lost),
            Cancelled: _only(Cancelled, self._cancelled),
            Accepted: _ignore,
            Printed: _only(Printed, announcer.printed),
            Hit: _only(Hit, self._hit),
            Miss: _only(Miss, self._missed),
            Join: _only(Join, self._joined),
            Recorded: _only(Recorded, self._recorded),
            AllCancelled: _only(AllCancelled, self._all_cancelled),
            CancelRequested: _only(CancelRequested, self._told),
            GroupLeft: _only(GroupLeft, self._told),
            TimerFired: _only(TimerFired, self._told),
        }
        """By the type of an entry, what takes a batch of such."""

    def _added(self, batch: list[object]) -> None:
        specs: list[NodeSpec] = []
        items = self._ledger.items
        group, is_open = None, False
        for item in _items(batch):
            number = item._id
            if item._group != group:
                group = item._group
                is_open = self._takes(group)
            if not is_open:
                self._came_late(item)
                continue
            items[number] = item
            inputs = item._inputs()
            if inputs:
                live = tuple([other._id for other in inputs if other._state is None])
                finals = tuple([_final(other) for other in inputs if other._state is not None])
                specs.append(NodeSpec(number, item._task.policy, item._group, live, finals))
            else:
                specs.append(NodeSpec(number, item._task.policy, item._group))
        if self._announcer.wanted:
            self._announcer.added([items[spec.item] for spec in specs])
        self._handle(ItemsAdded(specs))

    def _came_late(self, item: Item[object]) -> None:
        """End an item that was called, in another thread or task, while its owner was left."""
        wanted = self._announcer.wanted
        if wanted:
            self._announcer.added([item])
        self._ledger.refuse(item, "what it was called in had ended")
        if wanted:
            self._announcer.settled([item])

    def _started(self, batch: list[Started]) -> None:
        under_way = self._dispatch.under_way
        attempts = [report.attempt for report in batch if report.attempt in under_way]
        if attempts:
            self._handle(AttemptsStarted(attempts, self._clock.now()))
            if self._announcer.wanted:
                self._announcer.started(attempts)

    def _succeeded(self, batch: list[Succeeded]) -> None:
        ended = [report for report in batch if self._end(report.attempt)]
        if self._store is not None:
            self._record(ended)
            return
        values = self._ledger.values
        for attempt, value in ended:
            values[attempt] = value
        self._handle(AttemptsSucceeded([report.attempt for report in ended]))
        values.clear()

    def _failed(self, batch: list[Failed]) -> None:
        ended = [report for report in batch if self._end(report.attempt)]
        if self._store is not None:
            self._record(ended)
            return
        for attempt, failure in ended:
            self._fail(attempt, failure)

    def _fail(self, attempt: Attempt, failure: Failure) -> None:
        retryable = self._dispatch.is_retryable(attempt, failure)
        self._announcer.ended(attempt, failure.cause.value, failure.message)
        self._ledger.failures[attempt.item] = failure
        self._handle(AttemptFailed(attempt, self._clock.now(), retryable, self._draw()))

    def _lost(self, batch: list[Lost]) -> None:
        for attempt, message in batch:
            if self._end(attempt):
                self._announcer.ended(attempt, "lost", message)
                self._ledger.failures[attempt.item] = Failure(Cause.LOST, message)
                self._handle(AttemptLost(attempt, self._clock.now()))

    def _cancelled(self, batch: list[Cancelled]) -> None:
        for attempt, logs in batch:
            if self._end(attempt):
                self._announcer.ended(attempt, "cancelled", "")
                self._dispatch.note_logs(attempt, logs)
                self._handle(AttemptCancelled(attempt, self._clock.now(), self._draw()))

    def _end(self, attempt: Attempt) -> bool:
        """Note that an attempt has ended; False if it had already, or is nobody's."""
        if self._dispatch.under_way.pop(attempt, None) is None:
            return False
        self._timers.end(attempt)
        return True

    def _told(self, batch: Sequence[CancelRequested | GroupLeft | TimerFired]) -> None:
        for event in batch:
            self._handle(event)

    def _all_cancelled(self, batch: list[AllCancelled]) -> None:
        for event in batch:
            self._handle(CancelRequested(list(self._ledger.items), event.reason))

    def _hit(self, batch: list[Hit]) -> None:
        for item, value in batch:
            self._ledger.hits[item] = value
            self._handle(LookupHit(item))
            self._ledger.hits.pop(item, None)

    def _missed(self, batch: list[Miss]) -> None:
        for answer in batch:
            self._handle(LookupMissed(answer.item))

    def _joined(self, batch: list[Join]) -> None:
        for answer in batch:
            self._handle(LookupJoined(answer.item, answer.leader))

    def _record(self, ends: Sequence[Succeeded | Failed]) -> None:
        if ends and self._store is not None:
            self._unrecorded.update((end.attempt, end) for end in ends)
            self._store.record([(end.attempt.item, end) for end in ends])

    def _recorded(self, batch: list[Recorded]) -> None:
        values = self._ledger.values
        for acknowledgement in batch:
            succeeded: list[Attempt] = []
            for attempt in acknowledgement.attempts:
                end = self._unrecorded.pop(attempt)
                if isinstance(end, Succeeded):
                    values[attempt] = end.value
                    succeeded.append(attempt)
                else:
                    self._fail(attempt, end.failure)
            self._handle(AttemptsSucceeded(succeeded))
        values.clear()


def _final(item: Item[object]) -> Final:
    ending = item._value
    root = ending.root if isinstance(ending, Ending) else None
    return Final(item._id, item.state, item._id if root is None else root._id)


def _items(batch: list[object]) -> list[Item[object]]:
    return [entry for entry in batch if isinstance(entry, Item)]


def _only(kind: type[E], take: Callable[[list[E]], None]) -> Callable[[list[object]], None]:
    """Have `take` given the entries, which are all of this kind."""
    return lambda batch: take([entry for entry in batch if isinstance(entry, kind)])


def _ignore(_: list[object]) -> None:
    """Nobody asks by which name the place of execution knows an attempt, yet."""
