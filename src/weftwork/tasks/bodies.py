"""What there is to know of a function that is to be the body of a task."""

import inspect
from collections.abc import Callable
from functools import partial
from types import FunctionType

Body = Callable[..., object]


def name_of(body: Body) -> str:
    """Return its name: of a lambda with its place, of a partial that of its function."""
    body = _below_partials(body)
    name: str = getattr(body, "__name__", type(body).__name__)
    if name == "<lambda>" and isinstance(body, FunctionType):
        code = body.__code__
        return f"lambda@{code.co_filename.rpartition('/')[2]}:{code.co_firstlineno}"
    return name


def is_async(body: Body) -> bool:
    """Return whether a call of it gives a coroutine."""
    body = _below_partials(body)
    return inspect.iscoroutinefunction(body) or inspect.iscoroutinefunction(type(body).__call__)


def is_generator(body: Body) -> bool:
    """Return whether a call of it gives a generator, sync or async."""
    body = _below_partials(body)
    return inspect.isgeneratorfunction(body) or inspect.isasyncgenfunction(body)


def _below_partials(body: Body) -> Body:
    while isinstance(body, partial):
        body = body.func
    return body
