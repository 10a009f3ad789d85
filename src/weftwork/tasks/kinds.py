"""What a value of any type is, without its contents becoming unknown to the type checkers."""

from collections.abc import Iterable
from typing import TypeGuard


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
