"""One thread's loop for asynchronous bodies, which lives as long as the thread does."""

import asyncio
import threading
from contextvars import Context

from weftwork.backends.local.bodies import Body, Contexts, arguments_of, failure_of, is_body
from weftwork.backends.local.workspaces import Workspaces
from weftwork.core.model import Attempt
from weftwork.engine.ports import Cancelled, Failed, Succeeded
from weftwork.engine.work import FunctionWork

End = Succeeded | Failed | Cancelled


class Running:
    """A call that a thread has taken up. `cancel` may be called from any other thread."""

    def __init__(self, work: FunctionWork) -> None:
        self.work = work
        self.is_cancelled = False
        self._lock = threading.Lock()
        self._task: asyncio.Task[object] | None = None

    @property
    def attempt(self) -> Attempt:
        """Which attempt it is."""
        return self.work.attempt

    def cancel(self) -> None:
        """Cancel its body if that is asynchronous; a function that runs goes on."""
        with self._lock:
            self.is_cancelled = True
            task = self._task
            if task is not None:
                task.get_loop().call_soon_threadsafe(task.cancel)

    def attach(self, task: asyncio.Task[object]) -> None:
        """From now on, cancel this."""
        with self._lock:
            self._task = task
            if self.is_cancelled:
                task.cancel()

    def detach(self) -> None:
        """The body ended: its loop may be closed from now on."""
        with self._lock:
            self._task = None


class BodyLoop:
    """Runs bodies on the thread it is used by.

    Args:
        workspaces: Prepared, if any of the functions asks for one.
    """

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self._contexts = Contexts(workspaces)
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, running: Running) -> End:
        """Run the function to its end."""
        end = self._run(running)
        if running.work.workspace:
            self._workspaces.clear(running.work, end)
        return end

    def _run(self, running: Running) -> End:
        attempt = running.attempt
        try:
            context = self._contexts.make(running.work)
            args, kwargs = arguments_of(running.work)
            value = context.run(running.work.task.fn, *args, **kwargs)
            if is_body(value):
                value = self._drive(running, value, context)
        except BaseException as error:  # noqa: BLE001 - whatever a body raises is its own failure
            if isinstance(error, asyncio.CancelledError) and running.is_cancelled:
                return Cancelled(attempt)
            return Failed(attempt, failure_of(error))
        return Succeeded(attempt, value)

    def _drive(self, running: Running, body: Body, context: Context) -> object:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        task = self._loop.create_task(body, context=context)
        running.attach(task)
        try:
            return self._loop.run_until_complete(task)
        finally:
            running.detach()
            if not task.done():
                # One of its own tasks raised SystemExit or the like, which stops a loop at once.
                self.close()

    def close(self) -> None:
        """Cancel what bodies left behind, and let go of the loop."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        try:
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.wait(left, timeout=_PATIENCE))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()


_PATIENCE = 1.0
"""Seconds for tasks that a body left behind to see that they are cancelled."""
