"""Values that are given to many calls and travel once."""

from itertools import count
from typing import Generic, TypeGuard, TypeVar

T = TypeVar("T")

_KEYS = count(1)


class Constant(Generic[T]):
    """A value that must not change any more, encoded once for all calls it is given to.

    Attributes:
        key: Tells constants of this process apart.
        value: The value.
    """

    __slots__ = ("__weakref__", "key", "value")

    def __init__(self, value: T) -> None:
        self.key = next(_KEYS)
        self.value = value

    def __repr__(self) -> str:
        return f"constant({type(self.value).__name__} {self.key})"


def constant(value: T) -> T:
    """Make `value` cheap to give to any number of calls: it is encoded once, when first used.

    For type checkers what you get has the type of `value`, so that it fits where `value` fits. It
    is only good as an argument of tasks and blocks, whose bodies get `value` itself.
    """
    return Constant(value)  # type: ignore[return-value]  # what the docstring says


def is_constant(value: object) -> TypeGuard[Constant[object]]:
    """Return whether it is a constant."""
    return isinstance(value, Constant)
