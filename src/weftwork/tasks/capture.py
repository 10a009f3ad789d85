"""The arguments of a call as they were when it was made, with slots in the place of items."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import ClassVar, NoReturn

from weftwork.errors import UsageError
from weftwork.tasks.captured import Arguments, Captured, Rebuilt, Slot
from weftwork.tasks.constant import is_constant
from weftwork.tasks.filling import fill
from weftwork.tasks.hidden import hidden_item, without_items
from weftwork.tasks.item import Item, is_item
from weftwork.tasks.kinds import ATOMS, field_names
from weftwork.tasks.parts import Path, take
from weftwork.tasks.reference import Reference, is_reference
from weftwork.tasks.walk import Rebuilding, Verbatim

__all__ = ["Arguments", "Captured", "Rebuilt", "Slot", "capture", "fill", "take"]

_NO_KEYWORDS: Mapping[str, object] = {}


_WHOLE = tuple(Slot(index) for index in range(8))
"""Most calls need no others, so that most slots are shared."""


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


class _Capturing(Rebuilding):
    leaves: ClassVar[frozenset[type[object]]] = frozenset({Item, Reference})

    def __init__(self, name: str, inputs: dict[Item[object], int], *, tasks: bool) -> None:
        super().__init__()
        self._name = name
        self._inputs = inputs
        self._tasks = tasks
        self._clean: set[int] = set()
        """Objects in which no item is, however deep."""

    def leaf(self, value: object) -> object:
        if is_item(value):
            return self._slot_of(value, ())
        if is_reference(value):
            return self._slot_of(value._item, value._path)
        if is_constant(value):
            return value
        names = field_names(value)
        if names:
            return self._object(value, names)
        self._check(value)
        return value

    def key(self, key: object) -> None:
        if hidden_item((key,)) is not None:
            self._refuse_hidden(" (a key)")

    def _here(self) -> str:
        return f"{self._name}(): {self.where()}"

    def _slot_of(self, item: Item[object], path: Path) -> Slot:
        return _slot(self._inputs.setdefault(item, len(self._inputs)), path)

    def _object(self, value: object, names: tuple[str, ...]) -> object:
        """Rebuild a dataclass or model in which an item is; any other is one leaf."""
        key = id(value)
        if key not in self._clean:
            self._clean |= without_items(value)
            if key in self._clean:
                self._check(value)
        if key in self._clean:
            return value
        if key in self._open:
            raise UsageError(
                f"{self._here()} is {_described(type(value))} that holds itself "
                "and an item: pass the item as an argument of its own"
            )
        self._open.add(key)
        fresh = copy(value)
        for name in names:
            part = self.child(Verbatim(f".{name}"), getattr(value, name))
            # Past `frozen=True` and past validation: a slot is of no field's type.
            object.__setattr__(fresh, name, part)
        self._open.discard(key)
        rebuilt = Rebuilt(fresh, names)
        self.note(value, rebuilt)
        return rebuilt

    def _check(self, value: object) -> None:
        from weftwork.tasks.task import Task  # noqa: PLC0415  # which imports this

        kind = type(value)
        if isinstance(value, Task):
            if self._tasks:
                return
            raise UsageError(
                f"{self._here()} is the {value.kind} {value.name} itself: write its call, "
                f"{value.name}(...)"
            )
        if hasattr(kind, "__await__"):
            raise UsageError(
                f"{self._here()} is {_described(kind)}, which is no value: `await` it first and "
                "pass what it gives"
            )
        place = hidden_item(value)
        if place is not None:
            self._refuse_hidden(place)

    def _refuse_hidden(self, place: str) -> NoReturn:
        raise UsageError(
            f"{self._here()}{place} is an item where it is not looked for: pass it "
            "as an argument of its own, or in a list, tuple, set, dict value or dataclass"
        )


def _described(kind: type) -> str:
    name = kind.__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
