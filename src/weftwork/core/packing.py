"""Who gets which cores, GPUs, memory and named limits, and in which order.

Requests are served by priority, equal ones in the order they came, each as a whole or not at all.
A request that does not fit yet holds back all it needs: those behind it are granted only what
is left beside that. Hence back-fill without starvation, and without knowing how long
anything runs: *no request ever waits for one that comes after it*; it waits for at most what was
granted before it came, and for those in front of it.
"""

from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from weftwork.core.pool import Bundle, Pool, amount, overlap
from weftwork.errors import InternalError

__all__ = ["Bundle", "Grant", "Packing"]


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


class _Request:
    """A request that waits. `order` sorts by priority, then by arrival."""

    __slots__ = ("bundle", "is_withdrawn", "key", "order")

    def __init__(self, key: Hashable, bundle: Bundle, order: tuple[int, int]) -> None:
        self.key = key
        self.bundle = bundle
        self.order = order
        self.is_withdrawn = False


class _Queue:
    """Requests of one bundle and priority: if the first does not fit, none does."""

    __slots__ = ("_requests", "bundle")

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._requests: deque[_Request] = deque()

    def append(self, request: _Request) -> None:
        self._requests.append(request)

    def first(self) -> _Request | None:
        requests = self._requests
        while requests and requests[0].is_withdrawn:
            requests.popleft()
        return requests[0] if requests else None

    def drop_first(self) -> None:
        self._requests.popleft()


class _Head(NamedTuple):
    """A queue in the order of its first request, which may have been withdrawn since."""

    order: tuple[int, int]
    queue: _Queue


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
        self._waiting: dict[Hashable, _Request] = {}
        self._holders: dict[Hashable, tuple[int, Grant]] = {}
        self._queues: dict[tuple[int, Bundle], _Queue] = {}
        self._heads: list[_Head] = []
        self._coreless = 0
        self._has_changed = False

    def refuse(self, bundle: Bundle) -> str | None:
        """Return why the bundle can never be granted, else None.

        Returns:
            A sentence without its subject: "needs 1000 cores, this machine has 2".
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
        shape = (priority, bundle)
        queue = self._queues.get(shape)
        self._arrivals += 1
        request = _Request(key, bundle, (-priority, self._arrivals))
        if queue is None:
            if (refusal := self._pool.refuse(bundle)) is not None:
                raise InternalError(f"{key!r} cannot wait for what it {refusal}")
            self._queues[shape] = queue = _Queue(bundle)
            heappush(self._heads, _Head(request.order, queue))
        queue.append(request)
        self._waiting[key] = request
        self._coreless += not bundle.cores
        self._has_changed = True

    def withdraw(self, key: Hashable) -> None:
        """Leave the line. Keys that do not wait are ignored."""
        request = self._waiting.pop(key, None)
        if request is not None:
            request.is_withdrawn = True
            self._coreless -= not request.bundle.cores
            self._has_changed = True

    def release(self, key: Hashable) -> None:
        """Give a granted bundle back.

        Raises:
            InternalError: Nothing was granted to the key.
        """
        _, grant = self._holder(key)
        del self._holders[key]
        self._pool.give(grant.bundle, grant.cores, grant.gpus)
        self._has_changed = True

    def grants(self) -> list[Grant]:
        """Grant what can be granted now; return only what is new, in order."""
        granted: list[Grant] = []
        blocked: list[_Head] = []
        while self._has_changed and self._heads and (self._pool.has_free_core or self._coreless):
            head = heappop(self._heads)
            request = head.queue.first()
            if request is None:
                del self._queues[-head.order[0], head.queue.bundle]
            elif request.order != head.order:
                heappush(self._heads, _Head(request.order, head.queue))
            elif self._pool.fits(request.bundle):
                granted.append(self._grant(head.queue, request))
                heappush(self._heads, head)
            else:
                self._pool.hold(request.bundle)
                blocked.append(head)
        for head in blocked:
            heappush(self._heads, head)
        self._pool.let_go()
        self._has_changed = False
        return granted

    def _grant(self, queue: _Queue, request: _Request) -> Grant:
        key, bundle = request.key, request.bundle
        queue.drop_first()
        del self._waiting[key]
        self._coreless -= not bundle.cores
        grant = Grant(key, bundle, *self._pool.take(bundle))
        self._holders[key] = (-request.order[0], grant)
        return grant

    def contended(self, key: Hashable) -> bool:
        """Tell whether somebody of equal or higher priority waits for a kind the holder has.

        Raises:
            InternalError: Nothing was granted to the key.
        """
        priority, grant = self._holder(key)
        if not self._waiting:
            return False
        return any(
            -head.order[0] >= priority
            and overlap(head.queue.bundle, grant.bundle)
            and head.queue.first() is not None
            for head in self._heads
        )

    def why(self, key: Hashable) -> str:
        """Return what the key waits for, or what it was granted, as a sentence without subject."""
        if key in self._holders:
            return _describe(self._holders[key][1])
        request = self._waiting.get(key)
        if request is None:
            return "has asked for no resources"
        if (shortage := self._pool.shortage(request.bundle)) is not None:
            return f"waits for {shortage}"
        ahead = sum(other.order < request.order for other in self._waiting.values())
        return f"waits for its turn behind {ahead} other{'s' * (ahead != 1)}"

    def _holder(self, key: Hashable) -> tuple[int, Grant]:
        try:
            return self._holders[key]
        except KeyError:
            raise InternalError(f"{key!r} was granted nothing") from None


def _describe(grant: Grant) -> str:
    parts = [f"core{'s' * (len(grant.cores) > 1)} {_ids(grant.cores)}"] if grant.cores else []
    if grant.gpus:
        parts.append(f"GPU{'s' * (len(grant.gpus) > 1)} {_ids(grant.gpus)}")
    if grant.bundle.memory:
        parts.append(f"{amount(grant.bundle.memory, 'B')} of memory")
    parts += [amount(units, name) for name, units in grant.bundle.limits]
    return f"has {', '.join(parts)}" if parts else "needs nothing and has its turn"


def _ids(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))
