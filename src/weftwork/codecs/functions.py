"""How a task's function gets to a worker: by name where one can import it, else by value."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import TypeGuard

from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.importable import travels_by_value
from weftwork.codecs.payload import Payload, encode
from weftwork.errors import UsageError

Function = Callable[..., object]

_Name = tuple[str, str, list[str]]
"""Module, qualified name, and the `sys.path` to find them on."""


def encode_function(function: Function, shelf: BufferShelf) -> Payload:
    """Return what makes a worker have `function`. It lies in a file, so it may be named often.

    Raises:
        NotPicklableError: It must travel by value, and what it refers to cannot; names that.
        BackendError: No room for it.
    """
    name = _name(function)
    value = function if name is None else (*name, list(sys.path))
    return encode(value, shelf, root=f"function {_shown(function)}", limit=0)


def load_function(payload: Payload) -> Function:
    """Return the function, in a worker.

    Raises:
        UsageError: It cannot be had here, though the engine has it.
        Exception: Whatever unpickling raises.
    """
    value = payload.load()
    if _is_name(value):
        try:
            return _import(value)
        except (ImportError, AttributeError) as error:
            module, name, _ = value
            raise UsageError(
                f"a worker process cannot import {name} from {module} as the engine did: "
                f"{type(error).__name__}: {error}; it looks where the engine looks (sys.path), so "
                "see what the module does when it is imported for the first time"
            ) from error
    if not callable(value):
        raise TypeError(f"{value!r} was sent as a function")
    return value


def _name(function: Function) -> tuple[str, str] | None:
    """Return module and qualified name if they lead a fresh interpreter to `function`."""
    module: str | None = getattr(function, "__module__", None)
    name: str | None = getattr(function, "__qualname__", None)
    if module is None or name is None or travels_by_value(module):
        return None
    found: object = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part, None)
    return (module, name) if _plain(found) is function else None


def _import(value: _Name) -> Function:
    module, name, path = value
    # The engine's path may have grown since this worker was started.
    sys.path[:] = path
    found: object = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    plain = _plain(found)
    if not callable(plain):
        raise TypeError(f"{module}.{name} is a {type(plain).__name__}, not a function")
    return plain


def _plain(found: object) -> object:
    """Return the function below the declaration that `@task` left under its name."""
    # Known by its name, because a function that is nobody's task needs no import of `Task`.
    is_task = any(kind.__module__ == "weftwork.tasks.task" for kind in type(found).__mro__)
    return getattr(found, "fn", found) if is_task else found


def _is_name(value: object) -> TypeGuard[_Name]:
    return isinstance(value, tuple)


def _shown(function: Function) -> str:
    return str(getattr(function, "__qualname__", function))
