"""Items one after the other as they end."""

from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import Iterable
from typing import Generic, Self, TypeVar

from weftwork.errors import UsageError
from weftwork.tasks.gathering import item_of
from weftwork.tasks.item import Item
from weftwork.tasks.reference import Reference
from weftwork.tasks.waiting import Alarm, Wakening

H = TypeVar("H", bound=Item[object] | Reference[object])


def as_completed(items: Iterable[H]) -> "Completed[H]":
    """Give items as they end.

    To be used as `async for item in as_completed(items): value = await item`. A plain `for` waits
    in its thread, where that is not the engine's loop. What is given twice comes once.

    Raises:
        UsageError: Something else than items was given.
    """
    return Completed(items)


class Completed(Generic[H]):
    """Items, or parts of their results, in the order of their ends. Coroutines may share one."""

    def __init__(self, items: Iterable[H]) -> None:
        handles = dict.fromkeys(items)
        self._parts: dict[Item[object], list[H]] = {}
        self._whole: dict[Item[object], H] = {}
        for handle in handles:
            item = item_of(handle, "as_completed(items)")
            if isinstance(handle, Reference):
                self._parts.setdefault(item, []).append(handle)
            else:
                self._whole[item] = handle
        self._left = len(handles)
        self._ended: deque[Item[object]] = deque()
        self._ready: deque[H] = deque()
        self._sleepers: set[Wakening | Alarm] = set()
        for item in [*self._whole, *(self._parts.keys() - self._whole.keys())]:
            if not item._add_waiter(self):
                self.notify(item)

    def notify(self, item: Item[object]) -> None:
        """Take note that `item` is final, in any thread."""
        self._ended.append(item)
        # All of them: there may be several parts to give, or this may have been the last.
        for sleeper in list(self._sleepers):
            sleeper.wake()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> H:
        while (handle := self._next()) is None:
            if not self._left:
                raise StopAsyncIteration
            future: Future[None] = get_running_loop().create_future()
            sleeper = Wakening(future)
            self._sleepers.add(sleeper)
            try:
                # One may have ended between the look and the note that we sleep.
                if not self._ended:
                    await future
            finally:
                self._sleepers.discard(sleeper)
        return handle

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> H:
        while (handle := self._next()) is None:
            if not self._left:
                raise StopIteration
            if any(map(_is_on_own_loop, (*self._whole, *self._parts))):
                raise UsageError(
                    "`for item in as_completed(...)` would block the engine's own loop, and the "
                    "items could never end: write `async for`"
                )
            sleeper = Alarm()
            self._sleepers.add(sleeper)
            if not self._ended:
                sleeper.wait(None)
            self._sleepers.discard(sleeper)
        return handle

    def _next(self) -> H | None:
        """Return one that ended and was not given yet; that counts as having seen it."""
        if not self._ready:
            if not self._ended:
                return None
            item = self._ended.popleft()
            item._see()
            if item in self._whole:
                self._ready.append(self._whole.pop(item))
            self._ready.extend(self._parts.pop(item, ()))
        self._left -= 1
        return self._ready.popleft()


def _is_on_own_loop(item: Item[object]) -> bool:
    return item._host is not None and item._host.on_loop()
