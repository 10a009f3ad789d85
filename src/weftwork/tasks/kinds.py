"""What a value of any type is, without its contents becoming unknown to the type checkers."""

from collections.abc import Iterable
from types import NoneType
from typing import TypeGuard

ATOMS = frozenset({NoneType, bool, int, float, complex, str, bytes})
"""Types of immutable values that hold nothing. Subclasses do not count."""


def is_atomic(values: Iterable[object]) -> bool:
    """Return whether all values are atoms."""
    return ATOMS.issuperset(map(type, values))


def is_list(value: object) -> TypeGuard[list[object]]:
    """Return whether it is a list."""
    return isinstance(value, list)


def is_tuple(value: object) -> TypeGuard[tuple[object, ...]]:
    """Return whether it is a tuple."""
    return isinstance(value, tuple)


def is_dict(value: object) -> TypeGuard[dict[object, object]]:
    """Return whether it is a dict."""
    return isinstance(value, dict)


def is_set(value: object) -> TypeGuard[set[object] | frozenset[object]]:
    """Return whether it is a set or a frozenset."""
    return isinstance(value, set | frozenset)


def is_iterable(value: object) -> TypeGuard[Iterable[object]]:
    """Return whether it can be iterated over."""
    return isinstance(value, Iterable)


def field_names(value: object) -> tuple[str, ...]:
    """Return the fields that a dataclass or pydantic model has a value in; () of all else."""
    kind = type(value)
    names: Iterable[str] = getattr(kind, "__dataclass_fields__", ())
    if not names:
        # As of pydantic 2, which is not imported for those who do not use it.
        names = getattr(kind, "__pydantic_fields__", ())
    return tuple([name for name in names if hasattr(value, name)])
