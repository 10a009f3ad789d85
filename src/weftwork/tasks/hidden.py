"""Items in places where no value could be put for them."""

from collections import deque
from collections.abc import Collection, Iterator, KeysView, ValuesView
from functools import partial
from types import FunctionType, ModuleType
from typing import TypeGuard

from weftwork.tasks.item import Item
from weftwork.tasks.kinds import ATOMS, field_names, is_atomic, is_dict
from weftwork.tasks.reference import Reference

# Made once: to make a union of types takes longer than to look something up in it.
_COLLECTIONS = (list, tuple, deque, set, frozenset, KeysView, ValuesView)
_OPAQUE = (type, ModuleType, FunctionType)
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


def without_items(value: object) -> set[int]:
    """Return the ids of `value` and all that is in it, or nothing if an item is among them.

    Containers and the fields of dataclasses and models are looked into, without limit.
    """
    seen: set[int] = set()
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, Item | Reference):
            return set()
        if type(each) not in ATOMS and id(each) not in seen:
            seen.add(id(each))
            members = _members(each)
            if not is_atomic(members):
                stack.extend(members)
    return seen


def _members(value: object) -> Collection[object]:
    if is_dict(value):
        return value.values()
    if _is_collection(value):
        return value
    return [getattr(value, name) for name in field_names(value)]


def _inside(place: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, _OPAQUE):
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
        names = field_names(value)
        yield from ((f"{place}.{name}", getattr(value, name)) for name in names)
        attributes: object = getattr(value, "__dict__", None)
        if is_dict(attributes):
            yield from ((f"{place}.{name}", each) for name, each in attributes.items())


def _is_collection(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, _COLLECTIONS)
