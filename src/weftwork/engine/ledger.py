"""What the engine knows of its items beyond the core: values, failures, who saw them, counts."""

from collections.abc import Callable, Sequence

from weftwork.core.model import FINAL, ROOT, Attempt, Cause, ItemId, Settlement, TaskState
from weftwork.engine.endings import CancelledEnding, FailedEnding, SkippedEnding
from weftwork.engine.work import Failure
from weftwork.errors import InternalError
from weftwork.tasks.item import Ending, Item

_FEW = 128
"""Failures a group keeps before those that were seen meanwhile are dropped from its list."""


class Ledger:
    """Items by number until they are final, and how their attempts ended.

    Attributes:
        items: The unfinished ones.
        values: Results that were reported in this turn and may still be refused by the core.
        hits: Results the store had, until their items are settled.
        failures: The last failure of each unfinished item, by the item its attempts are named by.
        ended: Per task name, how many items ended in each final state.
    """

    def __init__(self) -> None:
        self.items: dict[ItemId, Item[object]] = {}
        self.values: dict[Attempt, object] = {}
        self.hits: dict[ItemId, object] = {}
        self.failures: dict[ItemId, Failure] = {}
        self.ended: dict[str, dict[TaskState, int]] = {}
        self._failed: dict[ItemId, list[Item[object]]] = {ROOT: []}

    def settle(self, settlements: Sequence[Settlement]) -> list[Item[object]]:
        """Give each item its outcome, which wakes whoever awaits it; return the items."""
        settled: list[Item[object]] = []
        items, values, ended = self.items, self.values, self.ended
        for settlement in settlements:
            item = items.pop(settlement.item)
            state = settlement.state
            name = item._task.name
            counts = ended.get(name)
            if counts is None:
                counts = ended[name] = dict.fromkeys(FINAL, 0)
            counts[state] += 1
            if state is TaskState.SUCCEEDED:
                attempt = settlement.attempt
                value = self.hits.pop(settlement.item) if attempt is None else values[attempt]
                if self.failures:
                    self.failures.pop(settlement.item, None)
            else:
                value = self._ending(item, settlement)
            item._settle(state, value)
            settled.append(item)
        if self.failures:
            # Not before: what joined another's attempts is settled with it, by its failure.
            self._forget_failures(settlements)
        return settled

    def refuse(self, item: Item[object], reason: str) -> None:
        """Make an item final as cancelled that the core never heard of."""
        counts = self.ended.setdefault(item._task.name, dict.fromkeys(FINAL, 0))
        counts[TaskState.CANCELLED] += 1
        item._settle(TaskState.CANCELLED, CancelledEnding(item.label, reason, None))

    def _ending(self, item: Item[object], settlement: Settlement) -> Ending:
        attempt = settlement.attempt
        if settlement.state is TaskState.FAILED and attempt is not None:
            failure = self.failures.get(attempt.item) or Failure(
                Cause.LOST, "its end was not reported"
            )
            self._note(item)
            return FailedEnding(item.label, attempt, failure)
        self.failures.pop(settlement.item, None)
        root = None if settlement.root is None else _root_among_inputs(item, settlement.root)
        if settlement.state is TaskState.SKIPPED:
            if root is None and settlement.root != item._id:
                raise InternalError(f"{item.label} was skipped, but by no input of its own")
            rule = item._task.policy.rule.value
            return SkippedEnding(item.label, root, _unsuccessful(item), rule)
        reason = settlement.reason
        return CancelledEnding(item.label, reason, root)

    def _forget_failures(self, settled: Sequence[Settlement]) -> None:
        for settlement in settled:
            if settlement.attempt is not None and settlement.state is TaskState.FAILED:
                self.failures.pop(settlement.attempt.item, None)

    def fail_all(self, error: Exception) -> None:
        """Make every item final with a bug of ours as the reason, so that nobody waits for ever."""
        failure = Failure(Cause.LOST, str(error), exception=error)
        items = list(self.items.values())
        self.items.clear()
        for item in items:
            item._settle(TaskState.FAILED, FailedEnding(item.label, Attempt(item._id, 1), failure))

    def statistics(
        self, state: Callable[[ItemId], TaskState | None]
    ) -> dict[str, dict[TaskState, int]]:
        """Return per task name how many items are in each state; `state` knows the unfinished."""
        counts = {name: dict(ended) for name, ended in self.ended.items()}
        for number, item in self.items.items():
            mine = counts.setdefault(item._task.name, {})
            now = state(number) or TaskState.WAITING
            mine[now] = mine.get(now, 0) + 1
        return counts

    def open_group(self, group: ItemId) -> None:
        """Collect the failures of a block run's items from now on."""
        self._failed[group] = []

    def close_group(self, group: ItemId) -> list[Item[object]]:
        """Return the failed items of the group that nobody saw, and stop collecting."""
        failed = self._failed.pop(group, [])
        if group == ROOT:
            self._failed[ROOT] = []
        return [item for item in failed if not item._seen]

    def _note(self, item: Item[object]) -> None:
        # What outlived the block run it was called in belongs to the engine by now.
        group = item._group if item._group in self._failed else ROOT
        failed = self._failed[group]
        failed.append(item)
        if len(failed) % _FEW == 0:
            self._failed[group] = [other for other in failed if not other._seen]


def _root_among_inputs(item: Item[object], root: ItemId) -> Item[object] | None:
    for other in item._inputs():
        if other._id == root:
            return other
        ending = other._value
        if isinstance(ending, Ending) and ending.root is not None and ending.root._id == root:
            return ending.root
    return None


def _unsuccessful(item: Item[object]) -> tuple[str, ...]:
    return tuple(other.label for other in item._inputs() if isinstance(other._value, Ending))
