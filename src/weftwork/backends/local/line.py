"""Calls that wait for their turn in this process."""

from collections import OrderedDict
from collections.abc import Iterator

from weftwork.core.model import Attempt
from weftwork.engine.work import FunctionWork


class Line:
    """Works by priority, equal ones in the order they came. Adding and taking are O(1)."""

    __slots__ = ("_order", "_queues")

    def __init__(self) -> None:
        self._queues: dict[int, OrderedDict[Attempt, FunctionWork]] = {}
        self._order: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._order)

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def __iter__(self) -> Iterator[FunctionWork]:
        for priority in self._order:
            yield from self._queues[priority].values()

    @property
    def priority(self) -> int:
        """The highest of those that wait, of whom there must be one."""
        return self._order[0]

    @property
    def first(self) -> FunctionWork | None:
        """Whose turn it is."""
        return next(iter(self._queues[self._order[0]].values())) if self._order else None

    def push(self, work: FunctionWork) -> None:
        """Get in line."""
        queue = self._queues.get(work.priority)
        if queue is None:
            queue = self._queues[work.priority] = OrderedDict()
            self._order.append(work.priority)
            self._order.sort(reverse=True)
        queue[work.attempt] = work

    def pop(self, least: int | None = None) -> FunctionWork | None:
        """Take whose turn it is; None if nobody waits, or nobody of priority `least` or higher."""
        if not self._order or (least is not None and self._order[0] < least):
            return None
        priority = self._order[0]
        queue = self._queues[priority]
        work = queue.popitem(last=False)[1]
        if not queue:
            self._forget(priority)
        return work

    def remove(self, attempt: Attempt) -> FunctionWork | None:
        """Leave the line; None if the attempt is not in it."""
        for priority, queue in self._queues.items():
            work = queue.pop(attempt, None)
            if work is not None:
                if not queue:
                    self._forget(priority)
                return work
        return None

    def _forget(self, priority: int) -> None:
        del self._queues[priority]
        self._order.remove(priority)
