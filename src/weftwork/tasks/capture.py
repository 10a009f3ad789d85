"""The arguments of a call as they were when it was made, with slots in the place of items."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import ClassVar, NoReturn, Protocol, TypeGuard

from weftwork.errors import UsageError
from weftwork.tasks.constant import Constant
from weftwork.tasks.hidden import hidden_item
from weftwork.tasks.item import Item, is_item
from weftwork.tasks.parts import Path, take
from weftwork.tasks.reference import Reference, is_reference
from weftwork.tasks.stored import Stored
from weftwork.tasks.walk import ATOMS, Rebuilding, Verbatim

__all__ = ["Captured", "Rebuilt", "Slot", "capture", "fill", "take"]

_NO_KEYWORDS: Mapping[str, object] = {}


# Not frozen, which would make a call with a thousand items twice as slow. Nobody changes one.
@dataclass(slots=True, unsafe_hash=True)
class Slot:
    """The place of an input's value, or of the part of it that `path` leads to."""

    index: int
    path: Path = ()


_WHOLE = tuple(Slot(index) for index in range(8))
"""Most calls need no others, so that most slots are shared."""


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


def capture(
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    after: Sequence[Item[object]] = (),
    name: str = "task",
    *,
    tasks: bool = False,
) -> Captured:
    """Find the items in the arguments of a call and copy what could change later.

    Args:
        args: Positional arguments.
        kwargs: Keyword arguments.
        after: Items that only come before it.
        name: What is called, for messages.
        tasks: Whether tasks are fit to be arguments.

    Raises:
        UsageError: An item is where no value can be put, or an argument is no value at all.
    """
    if ATOMS.issuperset(map(type, args)) and (
        not kwargs or ATOMS.issuperset(map(type, kwargs.values()))
    ):
        return Captured(args, kwargs or _NO_KEYWORDS, tuple(after), plain=True)
    inputs: dict[Item[object], int] = {}
    new_args = _flat(args, inputs)
    new_kwargs = _flat(kwargs.values(), inputs)
    if new_args is None or new_kwargs is None:
        inputs.clear()
        work = _Capturing(name, inputs, tasks=tasks)
        new_args = [work.child(Verbatim(f"args[{at}]"), value) for at, value in enumerate(args)]
        new_kwargs = [
            work.child(Verbatim(f"kwargs[{key!r}]"), value) for key, value in kwargs.items()
        ]
    for item in after:
        inputs.setdefault(item, len(inputs))
    by_name = dict(zip(kwargs, new_kwargs, strict=True)) if kwargs else _NO_KEYWORDS
    return Captured(tuple(new_args), by_name, tuple(inputs))


def fill(
    captured: Captured, values: Sequence[object]
) -> tuple[tuple[object, ...], dict[str, object]]:
    """Return the arguments for one attempt, with `values` in the slots and fresh containers.

    Args:
        captured: The call.
        values: Those of the inputs in order; a `Stored` is loaded. Those of inputs that only come
            before it may be left out.

    Raises:
        UsageError: An input has no such part as the call refers to.
    """
    if captured.plain:
        return captured.args, dict(captured.kwargs)
    work = _Filling(captured.inputs, values)
    args = tuple([work.value(value) for value in captured.args])
    return args, {name: work.value(value) for name, value in captured.kwargs.items()}


def _flat(values: Iterable[object], inputs: dict[Item[object], int]) -> list[object] | None:
    """Capture atoms and items, which is what most calls have; None where there is more."""
    captured: list[object] = []
    for value in values:
        if type(value) in ATOMS:
            captured.append(value)
        elif is_item(value):
            captured.append(_slot(inputs.setdefault(value, len(inputs)), ()))
        else:
            return None
    return captured


def _slot(index: int, path: Path) -> Slot:
    return Slot(index, path) if path or index >= len(_WHOLE) else _WHOLE[index]


def _itself(value: object) -> object:
    return value


class _Capturing(Rebuilding):
    leaves: ClassVar[frozenset[type[object]]] = frozenset({Item, Reference})

    def __init__(self, name: str, inputs: dict[Item[object], int], *, tasks: bool) -> None:
        super().__init__()
        self._name = name
        self._inputs = inputs
        self._tasks = tasks
        self._found = 0

    def leaf(self, value: object) -> object:
        if is_item(value):
            return self._slot_of(value, ())
        if is_reference(value):
            return self._slot_of(value._item, value._path)
        if _is_constant(value):
            return value
        kind = type(value)
        fields: Iterable[str] | None = getattr(kind, "__dataclass_fields__", None)
        if fields is None:
            fields = getattr(kind, "__pydantic_fields__", None)
        if fields is not None and not isinstance(value, type):
            return self._fields(value, fields)
        self._check(value)
        return value

    def key(self, key: object) -> None:
        if hidden_item((key,)) is not None:
            self._refuse_hidden(" (a key)")

    def _slot_of(self, item: Item[object], path: Path) -> Slot:
        self._found += 1
        return _slot(self._inputs.setdefault(item, len(self._inputs)), path)

    def _fields(self, value: object, fields: Iterable[str]) -> object:
        found = self._found
        # A parent that a child points back to is met again while it is being looked at.
        self.note(value, value)
        parts = {
            name: self.child(Verbatim(f".{name}"), getattr(value, name))
            for name in fields
            if hasattr(value, name)
        }
        if self._found == found:
            return value
        fresh = copy(value)
        for name, part in parts.items():
            # Past `frozen=True` and past validation: a slot is of no field's type.
            object.__setattr__(fresh, name, part)
        rebuilt = Rebuilt(fresh, tuple(parts))
        self.note(value, rebuilt)
        return rebuilt

    def _check(self, value: object) -> None:
        from weftwork.tasks.task import Task  # noqa: PLC0415  # which imports this

        kind = type(value)
        here = f"{self._name}(): {self.where()}"
        if isinstance(value, Task):
            if self._tasks:
                return
            raise UsageError(
                f"{here} is the {value.kind} {value.name} itself: write its call, {value.name}(...)"
            )
        if hasattr(kind, "__await__"):
            raise UsageError(
                f"{here} is {_described(kind)}, which is no value: `await` it first and pass what "
                "it gives"
            )
        place = hidden_item(value)
        if place is not None:
            self._refuse_hidden(place)

    def _refuse_hidden(self, place: str) -> NoReturn:
        raise UsageError(
            f"{self._name}(): {self.where()}{place} is an item where it is not looked for: pass it "
            "as an argument of its own, or in a list, tuple, set, dict value or dataclass"
        )


class _Filling(Rebuilding):
    leaves: ClassVar[frozenset[type[object]]] = frozenset({Slot, Rebuilt, Constant})

    def __init__(self, inputs: Sequence[Item[object]], values: Sequence[object]) -> None:
        super().__init__()
        self._inputs = inputs
        self._values = values
        self._loaded: dict[int, object] = {}

    def leaf(self, value: object) -> object:
        if isinstance(value, Slot):
            whole = self._whole(value.index)
            if not value.path:
                return whole
            return take(whole, value.path, self._inputs[value.index].label)
        if isinstance(value, Rebuilt):
            return self._rebuilt(value)
        return _value_of_constant(value)

    def key(self, key: object) -> None:
        """Leave it: no item is in a key."""

    def _whole(self, index: int) -> object:
        value = self._values[index]
        if type(value) in ATOMS or not isinstance(value, Stored):
            return value
        if index not in self._loaded:
            self._loaded[index] = value.load()
        return self._loaded[index]

    def _rebuilt(self, plan: Rebuilt) -> object:
        fresh = copy(plan.value)
        self.note(plan, fresh)
        for name in plan.names:
            object.__setattr__(fresh, name, self.value(getattr(fresh, name)))
        return fresh


def _value_of_constant(value: object) -> object:
    if not _is_constant(value):
        return value
    return value.value


def _is_constant(value: object) -> TypeGuard[Constant[object]]:
    return isinstance(value, Constant)


def _described(kind: type) -> str:
    name = kind.__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
