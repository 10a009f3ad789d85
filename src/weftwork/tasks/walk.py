"""Rebuild containers with something else in the place of what they hold."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from copy import copy
from typing import ClassVar

from weftwork.errors import UsageError
from weftwork.tasks.kinds import ATOMS, is_atomic, is_dict, is_list, is_set, is_tuple

DEEPEST = 100
"""Containers within containers; deeper ones are refused before the interpreter's stack ends."""

Builder = Callable[["Rebuilding", object], object]


class Verbatim(str):
    """A step of a place that is shown as it is; all others are indices and keys."""

    __slots__ = ()


class Rebuilding(ABC):
    """Copies of lists, tuples, sets and dicts, at any depth, with their leaves replaced.

    What is in two places is copied once, also where a container holds itself.
    """

    leaves: ClassVar[frozenset[type[object]]] = frozenset()
    """Types known to be no containers, for speed."""

    def __init__(self) -> None:
        self.path: list[object] = []
        """Where we are: `args[0]`, 0, 'b'. Made into text only where something is wrong."""
        self._copies: dict[int, object] = {}
        self._open: set[int] = set()

    @abstractmethod
    def leaf(self, value: object) -> object:
        """Return what stands in the place of `value`, which is no container."""

    @abstractmethod
    def key(self, key: object) -> None:
        """Look at a key of the dict at hand, which stays as it is."""

    def where(self) -> str:
        """Return the place of the value at hand as Python text."""
        steps = [each if isinstance(each, Verbatim) else f"[{each!r}]" for each in self.path]
        return "".join(steps)

    def value(self, value: object) -> object:
        """Return a copy of `value`, or what stands in its place."""
        kind = type(value)
        if kind in ATOMS:
            return value
        if kind in self.leaves:
            return self.leaf(value)
        key = id(value)
        if key in self._copies:
            return self._copies[key]
        build = _BUILDERS.get(kind) or _builder_of_subclass(kind)
        return self.leaf(value) if build is None else self._built(build, value)

    def child(self, step: object, value: object) -> object:
        """Return what `value`, found at `step` from here, becomes."""
        self.path.append(step)
        child = self.value(value)
        # Not if that raises: then the place is wanted, and the work is over.
        self.path.pop()
        return child

    def note(self, original: object, replacement: object) -> None:
        """Put `replacement` wherever else `original` is met, also while it is being filled."""
        self._copies[id(original)] = replacement

    def _built(self, build: Builder, value: object) -> object:
        key = id(value)
        if key in self._open:
            raise UsageError(
                f"{self.where()} is a {type(value).__name__} that holds itself: pass what it "
                "stands for in another form"
            )
        if len(self.path) > DEEPEST:
            raise UsageError(
                f"{self.where()[:60]}... is nested more than {DEEPEST} containers deep: pass it "
                "in a flatter form, or pickled"
            )
        self._open.add(key)
        built = build(self, value)
        self._open.discard(key)
        self._copies[key] = built
        return built


def rebuild_list(work: Rebuilding, value: object) -> object:
    """Rebuild a list or a subclass of it."""
    if not is_list(value):
        return value
    if is_atomic(value):
        return copy(value)
    fresh = copy(value)
    work.note(value, fresh)
    fresh[:] = [work.child(at, each) for at, each in enumerate(value)]
    return fresh


def rebuild_dict(work: Rebuilding, value: object) -> object:
    """Rebuild a dict or a subclass of it. Keys stay."""
    if not is_dict(value):
        return value
    fresh = copy(value)
    work.note(value, fresh)
    for key, each in value.items():
        if type(key) not in ATOMS:
            work.key(key)
        if type(each) not in ATOMS:
            fresh[key] = work.child(key, each)
    return fresh


def rebuild_tuple(work: Rebuilding, value: object) -> object:
    """Rebuild a tuple. It is returned as it is where nothing in it is replaced."""
    if not is_tuple(value) or is_atomic(value):
        return value
    parts = [work.child(at, each) for at, each in enumerate(value)]
    if all(new is old for new, old in zip(parts, value, strict=True)):
        return value
    # A named tuple's constructor takes the fields one by one.
    make: Callable[[Iterable[object]], object] = getattr(value, "_make", type(value))
    return make(parts)


def rebuild_set(work: Rebuilding, value: object) -> object:
    """Rebuild a set or frozenset."""
    if not is_set(value) or is_atomic(value):
        return copy(value)
    parts = {work.child(each, each) for each in value}
    return type(value)(parts)


_BUILDERS: dict[type, Builder] = {
    list: rebuild_list,
    dict: rebuild_dict,
    tuple: rebuild_tuple,
    set: rebuild_set,
    frozenset: rebuild_set,
}


def _builder_of_subclass(kind: type) -> Builder | None:
    for base, build in _BUILDERS.items():
        if issubclass(kind, base):
            return build
    return None
