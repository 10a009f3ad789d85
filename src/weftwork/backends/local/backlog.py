"""Calls of one shape that no worker has yet."""

from collections import OrderedDict
from collections.abc import Sequence

from weftwork.backends.local.calls import Call
from weftwork.core.model import Attempt


class Backlog:
    """Calls by priority, equal ones in the order they came. Adding and taking are O(1)."""

    def __init__(self) -> None:
        self._queues: dict[int, OrderedDict[Attempt, Call]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def priority(self) -> int:
        """The highest of those that wait; 0 if none does."""
        return max(self._queues, default=0)

    def append(self, call: Call) -> None:
        """Add a call behind its equals."""
        priority = call.work.priority
        queue = self._queues.get(priority)
        if queue is None:
            queue = self._queues[priority] = OrderedDict()
        queue[call.work.attempt] = call
        self._count += 1

    def put_back(self, calls: Sequence[Call]) -> None:
        """Add calls that were taken before, oldest first, in front of their equals."""
        for call in reversed(calls):
            self.append(call)
            self._queues[call.work.priority].move_to_end(call.work.attempt, last=False)

    def first(self) -> Call:
        """Return the call whose turn it is. There must be one."""
        return next(iter(self._queues[self.priority].values()))

    def pop(self) -> Call:
        """Take the call whose turn it is. There must be one."""
        priority = self.priority
        queue = self._queues[priority]
        _, call = queue.popitem(last=False)
        self._count -= 1
        if not queue:
            del self._queues[priority]
        return call

    def remove(self, call: Call) -> bool:
        """Take this call out; false if it is not here."""
        priority = call.work.priority
        queue = self._queues.get(priority)
        if queue is None or queue.pop(call.work.attempt, None) is None:
            return False
        self._count -= 1
        if not queue:
            del self._queues[priority]
        return True

    def clear(self) -> list[Call]:
        """Take all."""
        return [self.pop() for _ in range(self._count)]
