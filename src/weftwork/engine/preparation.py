"""What an attempt needs to execute, put together from its item."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from weftwork.codecs.arguments import EncodedArguments
from weftwork.core.model import Attempt, ReleaseRule
from weftwork.engine.outcome import body_failed
from weftwork.engine.running import Running
from weftwork.engine.work import Failure, FunctionWork, ProgramWork, Work
from weftwork.errors import InternalError
from weftwork.tasks.capture import Arguments, Captured, fill
from weftwork.tasks.executable import ExecutableTask
from weftwork.tasks.item import Ending, Item
from weftwork.tasks.scope import InsideTask, entered
from weftwork.tasks.task import FunctionTask

Fakes = Mapping[str, FunctionTask[..., object]]


class Preparation:
    """Makes works. The body of an executable is called here, in the engine's process.

    Args:
        running: Runs the bodies of asynchronous executables.
        fakes: Functions that stand in for tasks, by task name.
    """

    def __init__(self, running: Running, fakes: Fakes) -> None:
        self._running = running
        self._fakes = fakes
        self._rendering: dict[Attempt, asyncio.Task[None]] = {}

    def prepare(
        self,
        attempt: Attempt,
        item: Item[object],
        ready: Callable[[Work], None],
        failed: Callable[[Failure | None], None],
    ) -> None:
        """Give the attempt's work to `ready`, now or when an asynchronous body has returned.

        `failed` is given what a body raised, or None if `stop` came first.
        """
        task = item._task
        fake = self._fakes.get(task.name) if self._fakes else None
        if fake is None and isinstance(task, ExecutableTask):
            self._prepare_program(attempt, item, task, ready, failed)
            return
        settings = task.settings
        ready(
            FunctionWork(
                attempt,
                fake or task,
                _arguments(item),
                values_of_inputs(item),
                settings.resources,
                settings.priority,
                settings.workspace,
            )
        )

    def takes_time(self, item: Item[object]) -> bool:
        """Whether `prepare` answers later, because a body is asynchronous."""
        task = item._task
        return task.kind == "executable" and task.is_async and task.name not in self._fakes

    def stop(self, attempt: Attempt) -> bool:
        """Stop the asynchronous body of this attempt; False if none runs."""
        rendering = self._rendering.get(attempt)
        return rendering is not None and rendering.cancel()

    def _prepare_program(
        self,
        attempt: Attempt,
        item: Item[object],
        task: ExecutableTask[...],
        ready: Callable[[Work], None],
        failed: Callable[[Failure | None], None],
    ) -> None:
        if task.is_async:
            body = self._render(attempt, item, task, ready, failed)
            rendering = self._rendering[attempt] = self._running.start(body)
            rendering.add_done_callback(partial(self._rendered, attempt, failed))
            return
        try:
            with entered(InsideTask(task.name)):
                launch = task.render(*filled(item))
        except BaseException as error:  # noqa: BLE001 - the body is the user's
            failed(body_failed(error))
            return
        settings = task.settings
        ready(ProgramWork(attempt, item.label, launch, settings.resources, settings.priority))

    async def _render(
        self,
        attempt: Attempt,
        item: Item[object],
        task: ExecutableTask[...],
        ready: Callable[[Work], None],
        failed: Callable[[Failure | None], None],
    ) -> None:
        try:
            with entered(InsideTask(task.name)):
                launch = await task.render_async(*filled(item))
        except asyncio.CancelledError:
            failed(None)
        except BaseException as error:  # noqa: BLE001 - the body is the user's
            failed(body_failed(error))
        else:
            settings = task.settings
            ready(ProgramWork(attempt, item.label, launch, settings.resources, settings.priority))
        finally:
            del self._rendering[attempt]

    def _rendered(
        self, attempt: Attempt, failed: Callable[[Failure | None], None], body: asyncio.Task[None]
    ) -> None:
        # Cancelled before its first step, nothing of `_render` was run.
        if body.cancelled() and self._rendering.pop(attempt, None) is not None:
            failed(None)


def _arguments(item: Item[object]) -> Captured | EncodedArguments:
    arguments = item._captured
    if isinstance(arguments, Captured | EncodedArguments):
        return arguments
    raise InternalError(f"{item.label} is final already")


def filled(item: Item[object]) -> tuple[tuple[object, ...], Mapping[str, object]]:
    """Return the arguments of an item with its inputs' values in their places."""
    return arguments_of(item.label, item._captured, values_of_inputs(item))


def arguments_of(
    label: str, captured: Arguments | None, values: Sequence[object]
) -> tuple[tuple[object, ...], Mapping[str, object]]:
    """Return the arguments of a call whose body runs in this process."""
    if not isinstance(captured, Captured):
        raise InternalError(f"{label} is called here, but its arguments are encoded")
    return fill(captured, values)


def values_of_inputs(item: Item[object]) -> Sequence[object]:
    """Return the values of an item's inputs; of one that did not succeed, its exception."""
    inputs = item._inputs()
    if not inputs:
        return ()
    values = [other._value for other in inputs]
    if item._task.policy.rule is not ReleaseRule.ALL_SUCCESS:
        values = [v.exception() if isinstance(v, Ending) else v for v in values]
    return values
