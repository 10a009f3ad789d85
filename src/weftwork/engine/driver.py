"""The loop of an engine: a turn drains what happened, feeds the core, carries out its commands.

Values pass by the core: a report's value waits in the ledger until the core settles its item.
Nothing here waits and nothing polls; an idle engine has no turn.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from weftwork.core.commands import (
    Cancel,
    CloseGroup,
    Command,
    LookUp,
    Settle,
    StartTimer,
    Submit,
    TimerPurpose,
)
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
from weftwork.core.model import Attempt, Cause, Final, ItemId, NodeSpec, TaskState
from weftwork.core.scheduler import Scheduler
from weftwork.engine.announcer import Announcer
from weftwork.engine.dispatch import Dispatch
from weftwork.engine.inbox import Inbox
from weftwork.engine.ledger import Ledger
from weftwork.engine.ports import (
    Accepted,
    Answer,
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
    Timer,
)
from weftwork.engine.work import Failure
from weftwork.errors import InternalError
from weftwork.tasks.item import Ending, Item

E = TypeVar("E")
_TURN_SECONDS = 0.005
_BATCH = 256
"""Entries of one kind that the core is told at once, so that a turn can look at the clock."""


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


class Driver:
    """Runs one scheduler on the engine's loop.

    Args:
        clock: The engine's time.
        store: Where ends are recorded before they count, or None.
        announcer: Tells whoever listens.
        draw: Gives a number in [0, 1) for the jitter of retries.
        crashed: Told of an exception in a turn, which is a bug; all items are final by then.
        beat: Called at the start of each turn.
    """

    def __init__(
        self,
        clock: Clock,
        store: Store | None,
        announcer: Announcer,
        draw: Callable[[], float],
        crashed: Callable[[BaseException], None],
        beat: Callable[[], None],
    ) -> None:
        self.ledger = Ledger()
        self.scheduler = Scheduler(store=store is not None)
        self.inbox = Inbox(asyncio.get_running_loop(), self._turn)
        self._clock, self._store, self._announcer, self._draw = clock, store, announcer, draw
        self._crashed, self._beat = crashed, beat
        self._broken: InternalError | None = None
        self._timers: dict[Attempt, list[Timer]] = {}
        self._unrecorded: dict[Attempt, Succeeded | Failed] = {}
        self._leaving: dict[ItemId, asyncio.Future[None]] = {}
        self._takers: dict[type, Callable[[list[object]], None]] = {
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

    def connect(self, dispatch: Dispatch) -> None:
        """Say who takes attempts to the backends. Once, before the first item."""
        self._dispatch = dispatch

    def leave(self, group: ItemId, *, clean: bool, reason: str = "") -> asyncio.Future[None]:
        """Say that a group's body has ended; the future is done when its members are.

        May be said again with `clean=False`, to wait no longer for what is left.
        """
        future = self._leaving.get(group)
        if future is None:
            future = self._leaving[group] = asyncio.get_running_loop().create_future()
        if self._broken is not None and not future.done():
            future.set_exception(self._broken)
        self.inbox.put(GroupLeft(group, clean, reason))
        return future

    def answers(self, answers: Sequence[Answer]) -> None:
        """Take the store's answers. Any thread."""
        self.inbox.put_all(answers)

    def recorded(self, attempts: Sequence[Attempt]) -> None:
        """Take the store's acknowledgements. Any thread."""
        self.inbox.put(Recorded(attempts))

    def statistics(self) -> dict[str, dict[TaskState, int]]:
        """Return per task name how many items are in each state."""
        return self.ledger.statistics(self.scheduler.state)

    def stop(self) -> None:
        """Call off all timers."""
        for timers in self._timers.values():
            for timer in timers:
                timer.cancel()
        self._timers.clear()

    def _turn(self) -> None:
        self._beat()
        entries = self.inbox.entries
        deadline = self._clock.now() + _TURN_SECONDS
        try:
            # More than once: what is submitted may report at once, and its dependents follow.
            while entries and self._broken is None:
                self._drain(entries, deadline)
                self._dispatch.flush()
                if self._clock.now() > deadline:
                    break
            self._announcer.flush()
        except Exception as error:  # noqa: BLE001 - a bug must not leave awaiters waiting for ever
            self.crash(error)
        if self._broken is not None:
            entries.clear()
        self.inbox.end_turn()

    def _drain(self, entries: deque[object], deadline: float) -> None:
        takers, now = self._takers, self._clock.now
        while entries:
            batch = [entries.popleft()]
            kind = type(batch[0])
            while entries and type(entries[0]) is kind and len(batch) < _BATCH:
                batch.append(entries.popleft())
            takers[kind](batch)
            if now() > deadline:
                return

    def _handle(self, event: Event) -> None:
        for command in self.scheduler.handle(event):
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        match command:
            case Settle(settlements):
                items = self.ledger.settle(settlements)
                if self._announcer.wanted:
                    self._announcer.settled(items)
            case Submit(attempts):
                self._dispatch.submit(attempts)
            case LookUp(numbers):
                self._dispatch.look_up(numbers)
            case Cancel(attempts, why):
                self._dispatch.cancel(attempts, why)
            case StartTimer(attempt, at, purpose):
                self._start_timer(attempt, at, purpose)
            case CloseGroup(group):
                self._close_group(group)

    def _close_group(self, group: ItemId) -> None:
        future = self._leaving.pop(group, None)
        if future is not None and not future.done():
            future.set_result(None)

    def _start_timer(self, attempt: Attempt, at: float, purpose: TimerPurpose) -> None:
        def fire() -> None:
            if purpose is TimerPurpose.RETRY:
                self._timers.pop(attempt, None)
            self.inbox.put(TimerFired(attempt, purpose))

        self._timers.setdefault(attempt, []).append(self._clock.call_at(at, fire))

    def _added(self, batch: list[object]) -> None:
        specs: list[NodeSpec] = []
        items = self.ledger.items
        for item in _items(batch):
            number = item._id
            items[number] = item
            inputs = item._inputs()
            if inputs:
                live = tuple([other._id for other in inputs if other._state is None])
                finals = tuple([_final(other) for other in inputs if other._state is not None])
                specs.append(NodeSpec(number, item._task.policy, item._group, live, finals))
            else:
                specs.append(NodeSpec(number, item._task.policy, item._group))
        if self._announcer.wanted:
            self._announcer.added(_items(batch))
        self._handle(ItemsAdded(specs))

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
        values = self.ledger.values
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
        self.ledger.failures[attempt.item] = failure
        self._handle(AttemptFailed(attempt, self._clock.now(), retryable, self._draw()))

    def _lost(self, batch: list[Lost]) -> None:
        for attempt, message in batch:
            if self._end(attempt):
                self._announcer.ended(attempt, "lost", message)
                self.ledger.failures[attempt.item] = Failure(Cause.LOST, message)
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
        if self._timers and (timers := self._timers.pop(attempt, None)):
            for timer in timers:
                timer.cancel()
        return True

    def _told(self, batch: Sequence[CancelRequested | GroupLeft | TimerFired]) -> None:
        for event in batch:
            self._handle(event)

    def _all_cancelled(self, batch: list[AllCancelled]) -> None:
        for event in batch:
            self._handle(CancelRequested(list(self.ledger.items), event.reason))

    def _hit(self, batch: list[Hit]) -> None:
        for item, value in batch:
            self.ledger.hits[item] = value
            self._handle(LookupHit(item))
            self.ledger.hits.pop(item, None)

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
        values = self.ledger.values
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

    def crash(self, error: BaseException) -> None:
        """Give up because of a bug: every item is final, every waiter is told, no turn follows."""
        if self._broken is not None:
            return
        self._broken = InternalError(f"the engine broke, please report it: {error!r}")
        self._broken.__cause__ = error
        self.ledger.fail_all(self._broken)
        for future in self._leaving.values():
            if not future.done():
                future.set_exception(self._broken)
        self._leaving.clear()
        self._crashed(error)


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
