"""The arguments of one attempt: a captured call with the values of its inputs."""

from collections.abc import Sequence
from copy import copy
from typing import ClassVar

from weftwork.tasks.captured import Captured, Rebuilt, Slot
from weftwork.tasks.constant import Constant, is_constant
from weftwork.tasks.item import Item
from weftwork.tasks.kinds import ATOMS
from weftwork.tasks.parts import take
from weftwork.tasks.stored import Stored
from weftwork.tasks.walk import Rebuilding


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


class _Filling(Rebuilding):
    leaves: ClassVar[frozenset[type[object]]] = frozenset({Slot, Constant})

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
    if not is_constant(value):
        return value
    return value.value
