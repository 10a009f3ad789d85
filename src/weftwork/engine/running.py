"""The asyncio tasks an engine runs on its own account: none is lost, none fails in silence."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import TypeVar

T = TypeVar("T")


class Running:
    """A set of asyncio tasks that outlives the call that starts them, as a TaskGroup cannot.

    Args:
        crashed: Told of an exception that a task let through, which is a bug.
    """

    def __init__(self, crashed: Callable[[BaseException], None]) -> None:
        self._crashed = crashed
        self._tasks: set[asyncio.Task[None]] = set()

    def start(
        self, effect: Coroutine[object, object, None], context: Context | None = None
    ) -> asyncio.Task[None]:
        """Run a coroutine as a task of its own."""
        task = asyncio.get_running_loop().create_task(effect, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def wait_ended(self) -> None:
        """Return when none is left."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._crashed(error)


async def outlast(future: "asyncio.Future[T]") -> T:
    """Wait for `future` to the end and return its result, however often this is cancelled.

    Raises:
        CancelledError: Somebody tried; only now.
    """
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError as error:
            cancelled = error
    value = future.result()
    if cancelled is not None:
        raise cancelled
    return value
