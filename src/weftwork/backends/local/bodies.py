"""The body of a function, run in this process: its arguments, its context, how it ended."""

from collections.abc import Coroutine, Generator, Mapping, Sequence
from contextvars import Context
from types import CoroutineType, coroutine
from typing import TypeGuard

from weftwork.core.model import Cause
from weftwork.engine.outcome import body_failed
from weftwork.engine.work import Failure, FunctionWork
from weftwork.errors import InternalError
from weftwork.tasks.capture import Captured, fill
from weftwork.tasks.scope import become_task

Body = Coroutine[object, object, object]


class _BadInputError(Exception):
    """The arguments cannot be had; the cause says why."""


def call(work: FunctionWork) -> object:
    """Call the function, in a context made for it. Returns a coroutine for an async one."""
    become_task(work.task.name)
    args, kwargs = _arguments(work)
    return work.task.fn(*args, **kwargs)


def _arguments(work: FunctionWork) -> tuple[Sequence[object], Mapping[str, object]]:
    arguments = work.arguments
    if not isinstance(arguments, Captured):
        raise InternalError(f"{work.label} was encoded for another process and runs in this one")
    try:
        return fill(arguments, work.inputs)
    except Exception as error:
        raise _BadInputError from error


def is_body(value: object) -> TypeGuard[Body]:
    """Whether a call gave a coroutine, which is still to be driven."""
    return type(value) is CoroutineType or isinstance(value, Coroutine)


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
    """Return the failure that an exception out of `call` or a body is."""
    if isinstance(error, _BadInputError) and error.__cause__ is not None:
        return body_failed(error.__cause__, Cause.BAD_INPUT)
    if isinstance(error, SystemExit):
        code = error.code
        number = code if isinstance(code, int) else int(code is not None)
        message = f"the function called sys.exit({'' if code is None else repr(code)})"
        return Failure(Cause.EXIT_CODE, message, exception=error, exit_code=number)
    return body_failed(error)
