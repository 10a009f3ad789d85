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
)
from weftwork.core.events import (
    Event,
    GroupLeft,
)
from weftwork.core.model import Attempt, ItemId, TaskState
from weftwork.core.scheduler import Scheduler
from weftwork.engine.announcer import Announcer
from weftwork.engine.dispatch import Dispatch
from weftwork.engine.inbox import Inbox
from weftwork.engine.intake import Intake, Recorded
from weftwork.engine.ledger import Ledger
from weftwork.engine.ports import (
    Answer,
    Clock,
    Store,
)
from weftwork.engine.timers import Timers
from weftwork.errors import InternalError
from weftwork.tasks.item import is_item

E = TypeVar("E")
_TURN_SECONDS = 0.005
_BATCH = 256
"""Entries of one kind that the core is told at once, so that a turn can look at the clock."""


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
        self._timers = Timers(clock, self.inbox.put)
        self._leaving: dict[ItemId, asyncio.Future[None]] = {}

    def connect(self, dispatch: Dispatch) -> None:
        """Say who takes attempts to the backends. Once, before the first item."""
        self._dispatch = dispatch
        self._takers = Intake(
            self._handle,
            takes=self.scheduler.takes,
            ledger=self.ledger,
            dispatch=dispatch,
            timers=self._timers,
            clock=self._clock,
            store=self._store,
            announcer=self._announcer,
            draw=self._draw,
        ).takers

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
        """Call off all timers. Items that come in from now on are cancelled at once."""
        self._timers.stop()
        self.inbox.close(self._refuse)

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
            self._refuse()
        self.inbox.end_turn()

    def _refuse(self) -> None:
        """End the items among the entries: nobody will ever run them."""
        entries = self.inbox.entries
        while entries:
            entry = entries.popleft()
            if not is_item(entry):
                continue
            if self._broken is None:
                self.ledger.refuse(entry, "its engine is closed")
            else:
                self.ledger.items[entry._id] = entry
                self.ledger.fail_all(self._broken)

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
                self._timers.start(attempt, at, purpose)
            case CloseGroup(group):
                self._close_group(group)

    def _close_group(self, group: ItemId) -> None:
        future = self._leaving.pop(group, None)
        if future is not None and not future.done():
            future.set_result(None)

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
