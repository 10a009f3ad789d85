"""A task that becomes the task of a body, should the body wait for something.

Most bodies end without having waited and need no task, which would cost more than they do. But
`asyncio.current_task()` has to be, from their first step on, the task that `asyncio.timeout` and
`asyncio.TaskGroup` may cancel. So a body is begun in the name of a parked task, which goes on with
it if it waits and else stands in for the next one.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context

from weftwork.backends.local.bodies import Body


class StandIn:
    """A parked task.

    Args:
        loop: The running one.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._wanted = loop.create_future()
        self._rest: Callable[[], Coroutine[object, object, None]] | None = None
        self._is_parked = False
        # An empty context: what the engine's user has set must not reach the bodies.
        self.task = loop.create_task(self._stand_by(), name="weftwork-inline", context=Context())

    @property
    def is_ready(self) -> bool:
        """Whether a body may be begun now, which asyncio allows outside of any task only."""
        return self._is_parked and asyncio.current_task(self._loop) is None

    @property
    def is_spoilt(self) -> bool:
        """Whether its task was cancelled: a body may do so to itself, and means no other."""
        return self.task.cancelling() > 0

    def begin(self, body: Body, context: Context) -> object:
        """Run a body to where it waits and return the future it waits for; or raise its end."""
        # What the asyncio manual tells other implementations of tasks to do, under "Extending".
        asyncio._enter_task(self._loop, self.task)  # noqa: SLF001
        try:
            return context.run(body.send, None)
        finally:
            asyncio._leave_task(self._loop, self.task)  # noqa: SLF001

    def go_on(self, rest: Callable[[], Coroutine[object, object, None]]) -> None:
        """Have the task run `rest`, which drives the body that was begun last. Once."""
        self._rest = rest
        if not self._wanted.done():
            self._wanted.set_result(None)

    async def close(self) -> None:
        """End a task that nobody needed."""
        self.task.cancel()
        await asyncio.wait([self.task])

    async def _stand_by(self) -> None:
        self._is_parked = True
        try:
            await self._wanted
        except asyncio.CancelledError as error:
            if self._rest is None:
                raise
            # It is the body that was cancelled, by itself, before it waited: once, not twice.
            self.task.uncancel()
            self.task.cancel(*error.args)
        if self._rest is not None:
            await self._rest()
