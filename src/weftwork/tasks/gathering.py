"""The values of many items: one waiter for all of them, however many they are."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Literal, TypeVar, overload

from weftwork.core.model import TaskState
from weftwork.errors import UsageError
from weftwork.tasks.item import Item, is_item
from weftwork.tasks.reference import Reference
from weftwork.tasks.waiting import call_on, running_loop

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
R = TypeVar("R")

Handle = Item[R] | Reference[R]


# As of `asyncio.gather`: up to six items keep their types, though what comes back is a list. Which
# overload is meant is told by the number of items, which mypy does not see.
@overload
async def gather(  # type: ignore[overload-overlap]
    a: Handle[A], /, *, return_exceptions: Literal[False] = False
) -> tuple[A]: ...
@overload
async def gather(  # type: ignore[overload-overlap]
    a: Handle[A], b: Handle[B], /, *, return_exceptions: Literal[False] = False
) -> tuple[A, B]: ...
@overload
async def gather(  # type: ignore[overload-overlap]
    a: Handle[A], b: Handle[B], c: Handle[C], /, *, return_exceptions: Literal[False] = False
) -> tuple[A, B, C]: ...
@overload
async def gather(  # type: ignore[overload-overlap]
    a: Handle[A],
    b: Handle[B],
    c: Handle[C],
    d: Handle[D],
    /,
    *,
    return_exceptions: Literal[False] = False,
) -> tuple[A, B, C, D]: ...
@overload
async def gather(  # type: ignore[overload-overlap]
    a: Handle[A],
    b: Handle[B],
    c: Handle[C],
    d: Handle[D],
    e: Handle[E],
    /,
    *,
    return_exceptions: Literal[False] = False,
) -> tuple[A, B, C, D, E]: ...
@overload
async def gather(  # type: ignore[overload-overlap]
    a: Handle[A],
    b: Handle[B],
    c: Handle[C],
    d: Handle[D],
    e: Handle[E],
    f: Handle[F],
    /,
    *,
    return_exceptions: Literal[False] = False,
) -> tuple[A, B, C, D, E, F]: ...
@overload
async def gather(*items: Handle[R], return_exceptions: Literal[False] = False) -> list[R]: ...
@overload
async def gather(*items: Handle[R], return_exceptions: bool) -> list[R | BaseException]: ...
async def gather(*items: Handle[object], return_exceptions: bool = False) -> Sequence[object]:
    """Return the values of all items, in the order given, as a list.

    The first failure is raised at once; the other items go on, and count as seen.

    Args:
        *items: Items, or parts of their results.
        return_exceptions: Wait for all, and put the exception in the place of a missing value.

    Raises:
        TaskError: An item did not succeed.
        UsageError: Something else than items was given.
    """
    roots = [item_of(each, "gather(*items)") for each in items]
    waiter = Gathering(asyncio.get_running_loop(), fail_fast=not return_exceptions)
    await waiter.wait(roots)
    if waiter.failed is not None:
        for root in roots:
            root._see()
        waiter.failed._take()
    return [_outcome(each, return_exceptions=return_exceptions) for each in items]


def item_of(handle: Handle[object], call: str) -> Item[object]:
    """Return the item of what a user gave, which joins the engine in scope if it has none.

    Raises:
        UsageError: It is no item.
    """
    item = handle._item if isinstance(handle, Reference) else handle
    if not is_item(item):
        advice = ": write a * before it" if isinstance(item, list | tuple) else ""
        raise UsageError(f"{call} takes items, but was given {item!r:.60}{advice}")
    if item._host is None:
        item._hosted("awaited")
    return item


def _outcome(handle: Handle[object], *, return_exceptions: bool) -> object:
    item = handle._item if isinstance(handle, Reference) else handle
    if return_exceptions and item._state is not TaskState.SUCCEEDED:
        return item._exception()
    value = item._take()
    return handle._of(value) if isinstance(handle, Reference) else value


class Gathering:
    """The one waiter of a gather: it counts.

    Args:
        loop: Where the gathering coroutine runs.
        fail_fast: Whether the first failure ends the wait.
    """

    __slots__ = ("_arrived", "_fail_fast", "_future", "_loop", "_pending", "_woken", "failed")

    def __init__(self, loop: asyncio.AbstractEventLoop, *, fail_fast: bool) -> None:
        self._loop = loop
        self._fail_fast = fail_fast
        self._future: asyncio.Future[None] = loop.create_future()
        self._pending = 0
        self._arrived: deque[Item[object]] = deque()
        self._woken = False
        self.failed: Item[object] | None = None
        """The first that did not succeed, if that matters."""

    async def wait(self, items: Sequence[Item[object]]) -> None:
        """Wait for all of them, or for the first failure."""
        for item in items:
            if item._add_waiter(self):
                self._pending += 1
            else:
                self._look(item)
        try:
            if self._pending and self.failed is None:
                await self._future
        finally:
            if self._pending:
                for item in items:
                    item._remove_waiter(self)

    def notify(self, item: Item[object]) -> None:
        """Count one more. From elsewhere, one wake-up serves all that come before it is heard."""
        if running_loop() is self._loop:
            self._count(item)
            return
        self._arrived.append(item)
        if not self._woken:
            self._woken = True
            call_on(self._loop, self._drain)

    def _drain(self) -> None:
        # First, so that whatever arrives from now on wakes us again.
        self._woken = False
        while self._arrived:
            self._count(self._arrived.popleft())

    def _count(self, item: Item[object]) -> None:
        self._pending -= 1
        if item._state is not TaskState.SUCCEEDED:
            self._look(item)
        if (self._pending == 0 or self.failed is not None) and not self._future.done():
            self._future.set_result(None)

    def _look(self, item: Item[object]) -> None:
        if self._fail_fast and self.failed is None and item.done():
            self.failed = None if item._state is TaskState.SUCCEEDED else item
