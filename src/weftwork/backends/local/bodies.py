"""The body of a function, run in this process: its arguments, its context, how it ended."""

from collections.abc import Coroutine, Generator, Mapping, Sequence
from contextvars import Context
from types import CoroutineType, coroutine
from typing import TypeGuard

from weftwork.backends.local.workspaces import Workspaces
from weftwork.core.model import Cause
from weftwork.engine.outcome import body_failed
from weftwork.engine.work import Failure, FunctionWork
from weftwork.errors import InternalError
from weftwork.tasks.capture import Captured, fill
from weftwork.tasks.scope import become_task
from weftwork.tasks.workspace import work_in

Body = Coroutine[object, object, object]


class _BadInputError(Exception):
    """The arguments cannot be had; the cause says why."""


class Contexts:
    """Contexts for bodies: empty but for the task they are in. Nothing of one gets into another.

    Args:
        workspaces: Where functions work that ask for a place.
    """

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self._of_tasks: dict[str, Context] = {}

    def make(self, work: FunctionWork) -> Context:
        """Return a context of its own for an attempt."""
        name = work.task.name
        context = self._of_tasks.get(name)
        if context is None:
            context = self._of_tasks[name] = Context()
            context.run(become_task, name)
        # A copy costs less than to set the same variable anew.
        context = context.copy()
        if work.workspace:
            context.run(work_in, self._workspaces.make(work))
        return context


def arguments_of(work: FunctionWork) -> tuple[Sequence[object], Mapping[str, object]]:
    """Return what to call the function with. What is raised goes to `failure_of`."""
    arguments = work.arguments
    if not isinstance(arguments, Captured):
        raise InternalError(f"{work.label} was encoded for another process and runs in this one")
    try:
        return fill(arguments, work.inputs)
    except Exception as error:
        raise _BadInputError from error


def is_body(value: object) -> TypeGuard[Body]:
    """Whether a call gave a coroutine, which is still to be driven."""
    return type(value) is CoroutineType


@coroutine
def driven(body: Body, context: Context, signal: object) -> Generator[object, object, object]:
    """Go on with a body that was started in `context` and yielded `signal`; give its result."""
    try:
        while True:
            try:
                answer = yield signal
            except GeneratorExit:
                context.run(body.close)
                raise
            except BaseException as error:  # noqa: BLE001 - it is the body's to answer
                signal = context.run(body.throw, error)
            else:
                signal = context.run(body.send, answer)
    except StopIteration as end:
        return end.value


def failure_of(error: BaseException) -> Failure:
    """Return the failure that an exception out of `arguments_of` or a body is."""
    if isinstance(error, _BadInputError) and error.__cause__ is not None:
        return body_failed(error.__cause__, Cause.BAD_INPUT)
    if isinstance(error, SystemExit):
        code = error.code
        number = code if isinstance(code, int) else int(code is not None)
        # Anything else may have a `__repr__` of the user's, which may do anything.
        shown = repr(code) if isinstance(code, int | str) else type(code).__name__
        message = f"the function called sys.exit({'' if code is None else shown})"
        return Failure(Cause.EXIT_CODE, message, exception=error, exit_code=number)
    return body_failed(error)
