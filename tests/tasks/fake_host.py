"""A host that keeps its items and does what the test says, and a loop in a thread of its own."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread, get_ident
from typing import TypeVar

from weftwork.core.model import ROOT, ItemId, TaskState
from weftwork.errors import TaskCancelled, TaskFailed
from weftwork.tasks.capture import Captured, fill
from weftwork.tasks.item import Ending, Item
from weftwork.tasks.scope import Scope, entered
from weftwork.tasks.stored import Stored

T = TypeVar("T")


class FakeEnding(Ending):
    """An end with a given exception and root."""

    def __init__(self, exception: BaseException, root: Item[object] | None = None) -> None:
        self._exception = exception
        self._root = root

    @property
    def root(self) -> Item[object] | None:
        return self._root

    def exception(self) -> BaseException:
        return self._exception


class Boxed(Stored):
    """A value that is a new list each time it is loaded."""

    def __init__(self, *values: object) -> None:
        self.values = values
        self.loads = 0

    def load(self) -> object:
        self.loads += 1
        return list(self.values)


class FakeHost:
    """Takes items on and settles them when told to, in the thread that tells it."""

    def __init__(self) -> None:
        self.items: list[Item[object]] = []
        self.cancels: list[tuple[str, str]] = []
        self.loop_thread: int | None = None

    def add(self, item: Item[object], group: ItemId) -> None:
        for each in item._inputs():
            if each._host is None:
                self.add(each, group)
        self.items.append(item)
        item._join(self, ItemId(len(self.items)), group)

    def adopt(self, item: Item[object], group: ItemId) -> None:
        self.add(item, group)

    def cancel(self, item: Item[object], reason: str) -> None:
        self.cancels.append((item.label, reason))

    def state(self, item: Item[object]) -> TaskState:
        return TaskState.WAITING if item._inputs() else TaskState.QUEUED

    def explain(self, item: Item[object]) -> str:
        return f"{item.label} is explained"

    def on_loop(self) -> bool:
        return self.loop_thread == get_ident()

    def succeed(self, item: Item[object], value: object = None) -> None:
        item._settle(TaskState.SUCCEEDED, value)

    def fail(self, item: Item[object], message: str = "it broke") -> None:
        item._settle(TaskState.FAILED, FakeEnding(TaskFailed(item.label, message)))

    def stop(self, item: Item[object], reason: str = "") -> None:
        ending = FakeEnding(TaskCancelled(item.label, "stopped", reason=reason))
        item._settle(TaskState.CANCELLED, ending)

    def run(self) -> None:
        """Call the functions of all unfinished items, in order, with their inputs' values."""
        for item in self.items:
            captured = item._captured
            if isinstance(captured, Captured):
                args, kwargs = fill(captured, [each._value for each in captured.inputs])
                self.succeed(item, item._task.fn(*args, **kwargs))


@contextmanager
def hosting() -> Generator[FakeHost, None, None]:
    """Have a fake host in scope."""
    host = FakeHost()
    with entered(Scope(host, ROOT)):
        yield host


class LoopThread:
    """An event loop that runs in another thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = Thread(target=self.loop.run_forever)

    def __enter__(self) -> "LoopThread":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def start(self, work: Coroutine[object, object, T]) -> "Future[T]":
        """Begin a coroutine there."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def call(self, function: Callable[[], T]) -> T:
        """Call a function there and return what it returns."""

        async def body() -> T:
            return function()

        return self.start(body()).result()


async def turns(count: int = 3) -> None:
    """Let whatever is ready on this loop run."""
    loop = asyncio.get_running_loop()
    for _ in range(count):
        future: asyncio.Future[None] = loop.create_future()
        loop.call_soon(future.set_result, None)
        await future
