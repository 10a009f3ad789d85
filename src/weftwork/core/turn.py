"""What one call of `handle` comes to, collected in the order of the commands."""

from heapq import heappop, heappush

from weftwork.core.commands import (
    Cancel,
    CancelReason,
    CloseGroup,
    Command,
    LookUp,
    Settle,
    StartTimer,
    Submit,
)
from weftwork.core.model import Attempt, ItemId, Settlement, TaskState


class Turn:
    """The commands of one turn, and the items whose release rule became impossible in it."""

    __slots__ = (
        "_cancelled",
        "_cancels",
        "_doomed",
        "_excluded",
        "_why",
        "closed",
        "lookups",
        "settled",
        "submits",
        "timers",
    )

    def __init__(self) -> None:
        self.settled: list[Settlement] = []
        self.lookups: list[ItemId] = []
        self.submits: list[Attempt] = []
        self.timers: list[StartTimer] = []
        self.closed: list[CloseGroup] = []
        self._cancels: list[Attempt] = []
        self._why = CancelReason.REQUEST
        self._doomed: list[ItemId] = []
        self._excluded: dict[ItemId, Settlement] = {}
        self._cancelled: dict[ItemId, Settlement] = {}

    def cancel(self, attempt: Attempt, why: CancelReason) -> None:
        """Have the attempt ended. One turn knows only one reason: each event brings only one."""
        self._cancels.append(attempt)
        self._why = why

    def note_cancelled(self, item: ItemId, end: Settlement) -> None:
        """Remember the first input of the item that was cancelled in this turn."""
        self._cancelled.setdefault(item, end)

    def doom(self, item: ItemId, end: Settlement) -> None:
        """Remember the end of the first input that made the item's release rule impossible."""
        if item not in self._excluded:
            self._excluded[item] = end
            heappush(self._doomed, item)

    def is_doomed(self, item: ItemId) -> bool:
        """Tell whether the item's rule became impossible earlier in this turn."""
        return item in self._excluded

    def next_doomed(self) -> Settlement | None:
        """Take the smallest doomed item, with the end it comes to.

        Inputs have smaller numbers than their dependents, so that all inputs that end in this
        turn have done so when an item is taken: a cancelled one wins in whatever order they came.
        """
        if not self._doomed:
            return None
        item = heappop(self._doomed)
        if (end := self._cancelled.get(item)) is not None:
            state = TaskState.CANCELLED
        else:
            state, end = TaskState.SKIPPED, self._excluded[item]
        root = end.item if end.root is None else end.root
        return Settlement(item, state, None, root, end.reason)

    def finish(self) -> list[Command]:
        """Return the commands and begin the next turn."""
        commands: list[Command] = []
        if self.settled:
            commands.append(Settle(self.settled))
            self.settled = []
        if self.lookups:
            commands.append(LookUp(self.lookups))
            self.lookups = []
        if self.submits:
            commands.append(Submit(self.submits))
            self.submits = []
        if self._cancels:
            commands.append(Cancel(self._cancels, self._why))
            self._cancels = []
        if self.timers or self.closed:
            commands += [*self.timers, *self.closed]
            self.timers, self.closed = [], []
        if self._excluded or self._cancelled:
            self._excluded, self._cancelled = {}, {}
        return commands
