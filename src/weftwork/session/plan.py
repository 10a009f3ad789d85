"""What a dry run found: one line per kind of task."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from weftwork.core.model import TaskState
from weftwork.engine.stream import StreamEvent, TaskAdded, TaskSettled


@dataclass(slots=True)
class PlannedTask:
    """One kind of task in a plan.

    Attributes:
        name: The task.
        kind: function, executable or block.
        items: How many would run.
        needs: Names of the tasks whose results it takes.
        trouble: What already the dry run could not do, or empty.
    """

    name: str
    kind: str
    items: int = 0
    needs: dict[str, None] = field(default_factory=dict[str, None])
    trouble: str = ""

    def line(self) -> str:
        """Return the kind of task as one line."""
        after = f", after {', '.join(self.needs)}" if self.needs else ""
        what = "items" if self.items != 1 else "item"
        why = f" ! {self.trouble}" if self.trouble else " - runs: no store holds earlier results"
        return f"{self.name:<24} {self.kind:<10} {self.items:>7} {what}{after}{why}"


MOST_ROUNDS = 5_000
"""Calls one after the other from which on a loop is taken to have no end on placeholders."""

ENDLESS = (
    f"stopped after {MOST_ROUNDS:,} calls one after the other: a loop that waits for a result has "
    "no end on placeholders"
)


class Plan:
    """Kinds of task in the order of their first call.

    Args:
        stop: Cancels everything, for the reason it is given.

    Attributes:
        tasks: By name.
        is_endless: Whether the dry run was stopped, because it went round and round.
    """

    def __init__(self, stop: Callable[[str], None]) -> None:
        self.tasks: dict[str, PlannedTask] = {}
        self.is_endless = False
        self._stop = stop
        self._rounds = 0
        self._names: dict[int, str] = {}

    def take(self, events: Sequence[StreamEvent]) -> None:
        """Fold events of a dry run in."""
        self._rounds += any(isinstance(event, TaskAdded) for event in events)
        if self._rounds >= MOST_ROUNDS and not self.is_endless:
            self.is_endless = True
            self._stop(ENDLESS)
        for event in events:
            if isinstance(event, TaskAdded):
                self._add(event)
            elif isinstance(event, TaskSettled) and event.state is TaskState.FAILED:
                task = self.tasks[event.task]
                task.trouble = task.trouble or event.message

    def lines(self) -> list[str]:
        """Return one line per kind of task."""
        lines = [task.line() for task in self.tasks.values()]
        return [*lines, ENDLESS] if self.is_endless else lines

    def show(self) -> None:
        """Print the plan on standard output."""
        total = sum(task.items for task in self.tasks.values())
        sys.stdout.write("\n".join([f"plan: {total} items, nothing was run", *self.lines()]) + "\n")

    def _add(self, event: TaskAdded) -> None:
        self._names[event.item] = event.task
        task = self.tasks.get(event.task)
        if task is None:
            task = self.tasks[event.task] = PlannedTask(event.task, event.kind)
        task.items += 1
        for number in event.inputs:
            task.needs.setdefault(self._names[number])
