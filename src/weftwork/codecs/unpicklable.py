"""Finds what in a value cannot be pickled, and says it with the path to it."""

import io
import pickle
from collections.abc import Iterator, Mapping, Sequence, Set
from types import FunctionType, MethodType
from typing import TypeGuard

import cloudpickle

DEEPEST = 50
"""Steps into a value after which the search ends where it is."""


def explain(value: object, root: str, error: Exception) -> str:
    """Return one sentence: the path to what cannot be pickled, why, and what to do.

    Args:
        value: What could not be pickled.
        root: What it is called, such as `result`; "" for a `Call`, whose fields say enough.
        error: What pickle raised for the whole.
    """
    path, culprit = root, value
    seen: set[int] = set()
    for _ in range(DEEPEST):
        seen.add(id(culprit))
        step = next(
            (
                (path + tail, part)
                for tail, part in _parts(culprit)
                if id(part) not in seen and not _is_picklable(part)
            ),
            None,
        )
        if step is None:
            break
        path, culprit = step
    kind = type(culprit)
    why = _first_line(_why(culprit) or error)
    return (
        f"{path.removeprefix('.')}: a {kind.__module__}.{kind.__qualname__} cannot be pickled, "
        f"so it cannot go to another process ({why}); pass what it is made from, "
        'or run the task with backend="threads"'
    )


def _parts(value: object) -> Iterator[tuple[str, object]]:
    """Yield the ways one step into `value`."""
    if _is_mapping(value):
        yield from ((f"[{key!r}]", part) for key, part in value.items())
        yield from ((f" (the key {key!r})", key) for key in value)
    elif _fields(value):
        yield from ((f".{name}", getattr(value, name)) for name in _fields(value))
    elif _is_sequence(value):
        yield from ((f"[{index}]", part) for index, part in enumerate(value))
    elif _is_set(value):
        yield from ((f" (the member {part!r})", part) for part in value)
    elif isinstance(value, MethodType):
        yield ".__self__", value.__self__
    elif isinstance(value, FunctionType):
        yield from _function_parts(value)
    else:
        yield from _state(value)


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, (list, tuple))


def _fields(value: object) -> tuple[str, ...]:
    names: tuple[str, ...] = getattr(value, "_fields", ())
    return names


def _is_set(value: object) -> TypeGuard[Set[object]]:
    return isinstance(value, (set, frozenset))


def _function_parts(function: FunctionType) -> Iterator[tuple[str, object]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f", the closure variable {name!r}", cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield f", the global {name!r}", function.__globals__[name]
    for index, default in enumerate(function.__defaults__ or ()):
        yield f", default [{index}]", default


def _state(value: object) -> Iterator[tuple[str, object]]:
    names: dict[str, object] = getattr(value, "__dict__", {})
    yield from ((f".{name}", part) for name, part in names.items())
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name):
                yield f".{name}", getattr(value, name)


class _Nowhere(io.RawIOBase):
    def write(self, data: object, /) -> int:
        del data
        return 0


def _why(value: object) -> Exception | None:
    try:
        cloudpickle.Pickler(
            _Nowhere(), pickle.HIGHEST_PROTOCOL, buffer_callback=lambda _: False
        ).dump(value)
    except Exception as error:  # noqa: BLE001  # whatever a __reduce__ raises
        return error
    return None


def _is_picklable(value: object) -> bool:
    return _why(value) is None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
