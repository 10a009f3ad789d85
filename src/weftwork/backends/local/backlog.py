"""Calls of one shape that no worker has yet."""

from collections import deque
from collections.abc import Sequence

from weftwork.backends.local.calls import Call


class Backlog:
    """Calls by priority, equal ones in the order they came. Adding and taking are O(1)."""

    def __init__(self) -> None:
        self._queues: dict[int, deque[Call]] = {}
        self._count = 0
        self.priority = 0
        """The highest of those that wait; 0 if none does."""

    def __len__(self) -> int:
        return self._count

    def append(self, call: Call) -> None:
        """Add a call behind its equals."""
        self._queue(call.work.priority).append(call)
        call.is_waiting = True
        self._count += 1

    def put_back(self, calls: Sequence[Call]) -> None:
        """Add calls that were taken before, oldest first, in front of their equals."""
        for call in reversed(calls):
            self._queue(call.work.priority).appendleft(call)
            call.is_waiting = True
        self._count += len(calls)

    def first(self) -> Call:
        """Return the call whose turn it is. There must be one."""
        while True:
            queue = self._queues[self.priority]
            while queue:
                if queue[0].is_waiting:
                    return queue[0]
                queue.popleft()  # It was taken out.
            del self._queues[self.priority]
            self.priority = max(self._queues, default=0)

    def pop(self) -> Call:
        """Take the call whose turn it is. There must be one."""
        call = self.first()
        self._queues[self.priority].popleft()
        call.is_waiting = False
        self._count -= 1
        if not self._count:
            self._reset()
        return call

    def remove(self, call: Call) -> bool:
        """Take this call out; false if it is not here."""
        if not call.is_waiting:
            return False
        call.is_waiting = False
        self._count -= 1
        if not self._count:
            self._reset()
        return True

    def clear(self) -> list[Call]:
        """Take all."""
        return [self.pop() for _ in range(self._count)]

    def _queue(self, priority: int) -> deque[Call]:
        queue = self._queues.get(priority)
        if queue is None:
            queue = self._queues[priority] = deque()
            self.priority = max(self._queues)
        return queue

    def _reset(self) -> None:
        self._queues.clear()
        self.priority = 0
