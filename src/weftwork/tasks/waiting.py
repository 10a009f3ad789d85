"""Who waits for items: coroutines on any loop, threads, callbacks. Imported when one does."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable, Generator
from contextvars import Context, copy_context
from threading import Event
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from weftwork.tasks.item import Item

R_co = TypeVar("R_co", covariant=True)


def running_loop() -> AbstractEventLoop | None:
    """Return the loop that runs in this thread, or None."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def call_on(loop: AbstractEventLoop, callback: Callable[[], object]) -> None:
    """Have `callback` called on `loop`, from any thread. A closed loop waits for nothing."""
    if running_loop() is loop:
        callback()
        return
    try:
        loop.call_soon_threadsafe(callback)
    except RuntimeError:
        if not loop.is_closed():
            raise


class Wakening:
    """One coroutine that waits: a future of its own loop."""

    __slots__ = ("_future",)

    def __init__(self, future: "asyncio.Future[None]") -> None:
        self._future = future

    def notify(self, item: "Item[object]") -> None:  # noqa: ARG002  # it knows what it waits for
        """Let the coroutine go on."""
        self.wake()

    def wake(self) -> None:
        """Let the coroutine go on, from any thread."""
        call_on(self._future.get_loop(), self._wake)

    def _wake(self) -> None:
        if not self._future.done():
            self._future.set_result(None)


def until_final(item: "Item[object]") -> Generator["asyncio.Future[None]", None, None]:
    """Suspend the awaiting coroutine until `item` is final. Its cancellation is its own affair."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiter = Wakening(future)
    if not item._add_waiter(waiter):
        return
    try:
        yield from future
    finally:
        item._remove_waiter(waiter)


class Alarm:
    """A thread that waits."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = Event()

    def notify(self, item: "Item[object]") -> None:  # noqa: ARG002  # it knows what it waits for
        """Let the thread go on."""
        self.wake()

    def wake(self) -> None:
        """Let the thread go on."""
        self._event.set()

    def wait(self, timeout: float | None) -> bool:
        """Wait at most `timeout` seconds; return whether it went off."""
        return self._event.wait(timeout)


def block_until_final(item: "Item[object]", timeout: float | None) -> None:
    """Block this thread until `item` is final.

    Raises:
        TimeoutError: It was not within `timeout` seconds.
    """
    alarm = Alarm()
    if not item._add_waiter(alarm):
        return
    try:
        if not alarm.wait(timeout):
            raise TimeoutError(f"{item.label} did not end within {timeout:g} s; it goes on")
    finally:
        item._remove_waiter(alarm)


class Callback(Generic[R_co]):
    """A function to call on the loop that registered it, else on the engine's."""

    __slots__ = ("_context", "_item", "_loop", "function")

    def __init__(
        self,
        item: "Item[R_co]",
        function: Callable[["Item[R_co]"], object],
        context: Context | None,
    ) -> None:
        self.function = function
        self._item = item
        self._loop = running_loop()
        self._context = context or copy_context()

    def notify(self, item: "Item[object]") -> None:  # noqa: ARG002  # the typed one is `_item`
        """Have it called, never from within: what it raises is its loop's affair."""
        loop = self._loop or running_loop()
        if loop is None:
            self._call()
        else:
            call_on(loop, lambda: loop.call_soon(self._call, context=self._context))

    def _call(self) -> None:
        self._item._see()
        self.function(self._item)
