"""Items in places where no value could be put for them."""

from collections import deque
from collections.abc import Iterable, Iterator, KeysView, ValuesView
from functools import partial
from types import FunctionType, ModuleType
from typing import TypeGuard

from weftwork.tasks.item import Item
from weftwork.tasks.kinds import is_dict
from weftwork.tasks.reference import Reference
from weftwork.tasks.walk import ATOMS

_MOST = 1000
"""Objects looked at in one argument: enough to find a mistake, and never slow."""


def hidden_item(value: object) -> str | None:
    """Return where in a plain object an item is, such as `.start[0]`, or None.

    Attributes, functions' preset arguments and views of dicts are looked into, and containers in
    them; at most a thousand objects.
    """
    queue: deque[tuple[str, object]] = deque(_inside("", value))
    seen = {id(value)}
    for _ in range(_MOST):
        if not queue:
            return None
        place, each = queue.popleft()
        if isinstance(each, Item | Reference):
            return place
        if type(each) not in ATOMS and id(each) not in seen:
            seen.add(id(each))
            queue.extend(_inside(place, each))
    return None


def _inside(place: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, type | ModuleType | FunctionType):
        return
    if is_dict(value):
        yield from ((f"{place} (a key)", key) for key in value)
        yield from ((f"{place}[{key!r}]", each) for key, each in value.items())
    elif _is_collection(value):
        yield from ((f"{place}[{at}]", each) for at, each in enumerate(value))
    elif isinstance(value, partial):
        yield from _inside(f"{place}.args", value.args)
        yield from _inside(f"{place}.keywords", value.keywords)
    else:
        attributes: object = getattr(value, "__dict__", None)
        if is_dict(attributes):
            yield from ((f"{place}.{name}", each) for name, each in attributes.items())


def _is_collection(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, list | tuple | deque | set | frozenset | KeysView | ValuesView)
