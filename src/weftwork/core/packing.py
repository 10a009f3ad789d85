"""Who gets which cores, GPUs, memory and named limits, and in which order.

Requests are served by priority, equal ones in the order they came, each as a whole or not at all.
A request that does not fit yet holds back all it needs: those behind it are granted only what
is left beside that. Hence back-fill without starvation, and without knowing how long
anything runs: *no request ever waits for one that comes after it*; it waits for at most what was
granted before it came, and for those in front of it.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from weftwork.core.pool import MEMORY, Bundle, Pool, amount, overlap
from weftwork.errors import InternalError

__all__ = ["Bundle", "Grant", "Packing"]

_SHAPES = 256
"""Queues that are kept while nobody stands in them."""


class Grant(NamedTuple):
    """A bundle that was granted.

    Attributes:
        key: Of the request.
        bundle: What was asked for.
        cores: Ids of the cores; nobody else has them until `release`.
        gpus: Ids of the devices; likewise.
    """

    key: Hashable
    bundle: Bundle
    cores: tuple[int, ...]
    gpus: tuple[int, ...]


class _Queue:
    """Those who wait for one bundle at one priority: if the first does not fit, none does."""

    __slots__ = ("arrivals", "bundle", "is_listed", "priority")

    def __init__(self, priority: int, bundle: Bundle) -> None:
        self.priority = priority
        self.bundle = bundle
        self.arrivals: OrderedDict[Hashable, int] = OrderedDict()
        self.is_listed = False

    def first_arrival(self) -> int | None:
        for arrival in self.arrivals.values():
            return arrival
        return None


_Head = tuple[int, int, _Queue]
"""A queue by falling priority and by the arrival of its first, who may have gone since."""


class Packing:
    """One machine's resources and the line of those who want them.

    Args:
        cores: Ids of the cores that may be used.
        gpus: Ids of the GPU devices.
        memory: Bytes that may be booked; 0 where memory is not booked.
        limits: Units of each of the user's named limits.
    """

    def __init__(
        self,
        cores: Sequence[int],
        gpus: Sequence[int] = (),
        memory: int = 0,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self._pool = Pool(cores, gpus, memory, limits or {})
        self._arrivals = 0
        self._waiting: dict[Hashable, _Queue] = {}
        self._holders: dict[Hashable, tuple[Grant, int]] = {}
        self._queues: dict[tuple[int, Bundle], _Queue] = {}
        self._heads: list[_Head] = []
        self._coreless = 0
        self._has_changed = False

    def refuse(self, bundle: Bundle) -> str | None:
        """Return why the bundle can never be granted, else None.

        Returns:
            A sentence without its subject: "needs 1000 cores, this machine has 2 cores".
        """
        return self._pool.refuse(bundle)

    def request(self, key: Hashable, bundle: Bundle, priority: int = 0) -> None:
        """Get in line for a bundle that `refuse` did not refuse.

        Args:
            key: Names the request from now on, and the grant until its release.
            bundle: All that is wanted.
            priority: Higher first; equal ones in the order of arrival.

        Raises:
            InternalError: The key is in use, or the bundle can never be granted.
        """
        if key in self._waiting or key in self._holders:
            raise InternalError(f"{key!r} asked for resources twice")
        queue = self._queues.get((priority, bundle)) or self._open_queue(key, bundle, priority)
        self._arrivals = arrival = self._arrivals + 1
        if not queue.is_listed:
            queue.is_listed = True
            heappush(self._heads, (-priority, arrival, queue))
        queue.arrivals[key] = arrival
        self._waiting[key] = queue
        self._coreless += not bundle.cores
        self._has_changed = True

    def _open_queue(self, key: Hashable, bundle: Bundle, priority: int) -> _Queue:
        if (refusal := self._pool.refuse(bundle)) is not None:
            raise InternalError(f"{key!r} cannot wait for what it {refusal}")
        queue = self._queues[priority, bundle] = _Queue(priority, bundle)
        return queue

    def withdraw(self, key: Hashable) -> None:
        """Leave the line. Keys that do not wait are ignored."""
        queue = self._waiting.get(key)
        if queue is not None:
            self._leave_line(key, queue)

    def _leave_line(self, key: Hashable, queue: _Queue) -> None:
        del self._waiting[key]
        del queue.arrivals[key]
        self._coreless -= not queue.bundle.cores
        self._has_changed = True

    def release(self, key: Hashable) -> None:
        """Give a granted bundle back.

        Raises:
            InternalError: Nothing was granted to the key.
        """
        grant, _ = self._holder(key)
        del self._holders[key]
        self._pool.give(grant.bundle, grant.cores, grant.gpus)
        self._has_changed = True

    def grants(self) -> list[Grant]:
        """Grant what can be granted now; return only what is new, in order."""
        granted: list[Grant] = []
        if not self._has_changed:
            return granted
        blocked: list[_Head] = []
        heads, pool = self._heads, self._pool
        while heads and (self._coreless or pool.has_free_core()):
            head = heappop(heads)
            queue = head[2]
            if queue.first_arrival() != head[1]:
                self._list_again(queue)
            elif pool.fits(queue.bundle):
                granted.append(self._grant(queue))
                self._list_again(queue)
            else:
                pool.hold(queue.bundle)
                blocked.append(head)
        for head in blocked:
            heappush(heads, head)
        pool.let_go()
        self._has_changed = False
        return granted

    def _list_again(self, queue: _Queue) -> None:
        """Put a queue whose first has changed back in its place, if anybody stands in it."""
        arrival = queue.first_arrival()
        if arrival is not None:
            heappush(self._heads, (-queue.priority, arrival, queue))
            return
        queue.is_listed = False
        if len(self._queues) > _SHAPES:
            del self._queues[queue.priority, queue.bundle]

    def _grant(self, queue: _Queue) -> Grant:
        key = next(iter(queue.arrivals))
        self._leave_line(key, queue)
        grant = Grant(key, queue.bundle, *self._pool.take(queue.bundle))
        self._holders[key] = (grant, queue.priority)
        return grant

    def contended(self, key: Hashable) -> bool:
        """Tell whether somebody of equal or higher priority waits for a kind the holder has.

        Raises:
            InternalError: Nothing was granted to the key.
        """
        grant, priority = self._holder(key)
        return bool(self._waiting) and any(
            queue.priority >= priority and queue.arrivals and overlap(queue.bundle, grant.bundle)
            for _, _, queue in self._heads
        )

    def why(self, key: Hashable) -> str:
        """Return what the key waits for, or what it was granted, as a sentence without subject."""
        if key in self._holders:
            return _describe(self._holders[key][0])
        queue = self._waiting.get(key)
        if queue is None:
            return "has asked for no resources"
        if (shortage := self._pool.shortage(queue.bundle)) is not None:
            return f"waits for {shortage}"
        ahead = self._ahead(-queue.priority, queue.arrivals[key])
        return f"waits for its turn behind {ahead} other{'s' * (ahead != 1)}"

    def _ahead(self, priority: int, arrival: int) -> int:
        return sum(
            (-queue.priority, other) < (priority, arrival)
            for queue in self._queues.values()
            for other in queue.arrivals.values()
        )

    def _holder(self, key: Hashable) -> tuple[Grant, int]:
        try:
            return self._holders[key]
        except KeyError:
            raise InternalError(f"{key!r} was granted nothing") from None


def _describe(grant: Grant) -> str:
    parts = [f"core{'s' * (len(grant.cores) > 1)} {_ids(grant.cores)}"] if grant.cores else []
    if grant.gpus:
        parts.append(f"GPU{'s' * (len(grant.gpus) > 1)} {_ids(grant.gpus)}")
    if grant.bundle.memory:
        parts.append(amount(grant.bundle.memory, MEMORY))
    parts += [amount(units, name) for name, units in grant.bundle.limits]
    return f"has {', '.join(parts)}" if parts else "has its turn and takes no core"


def _ids(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))
