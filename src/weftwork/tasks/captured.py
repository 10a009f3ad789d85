"""The arguments of a call, with slots in the place of items."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from weftwork.tasks.item import Item
from weftwork.tasks.parts import Path


# Not frozen, which would make a call with a thousand items twice as slow. Nobody changes one.
@dataclass(slots=True, unsafe_hash=True)
class Slot:
    """The place of an input's value, or of the part of it that `path` leads to."""

    index: int
    path: Path = ()


@dataclass(slots=True)
class Captured:
    """The arguments of one call.

    Attributes:
        args: Positional ones; containers are copies, items are slots.
        kwargs: Keyword ones.
        inputs: Items it depends on, each once: those of the slots by index, then those that only
            come before it.
        plain: Whether there is nothing to fill in or copy: all arguments are atoms.
    """

    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    inputs: tuple[Item[object], ...] = ()
    plain: bool = False


class Arguments(Protocol):
    """The arguments of one call in whatever form: captured, or encoded for another process."""

    @property
    def inputs(self) -> tuple[Item[object], ...]:
        """Items the call depends on, each once."""
        ...


class Rebuilt:
    """A copy of a dataclass or model with slots in some fields, to be filled in."""

    __slots__ = ("names", "value")

    def __init__(self, value: object, names: tuple[str, ...]) -> None:
        self.value = value
        self.names = names

    def __reduce__(self) -> tuple[object, ...]:
        # Whoever pickles it puts values in the place of slots, and then it is complete.
        return _itself, (self.value,)


def _itself(value: object) -> object:
    return value
