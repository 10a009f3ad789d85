"""What is known of a result before it exists: the names of its parts."""

import dataclasses
import warnings
from collections.abc import Iterable, Mapping
from functools import cached_property
from inspect import getattr_static
from types import NoneType
from typing import get_origin, is_typeddict

from weftwork.tasks.annotations import bare, is_class

RECORD_FIELDS = ("stdout", "stderr", "exit_code")
"""What every record has beside its outputs."""

_NUMBER = ("real", "imag")
_FIELDS_OF_BUILTINS: Mapping[object, tuple[str, ...]] = {
    **dict.fromkeys((int, float, complex), _NUMBER),
    **dict.fromkeys((bool, str, bytes, list, dict, tuple, set, frozenset, NoneType, None), ()),
}


def fields_of(annotation: object) -> tuple[str, ...] | None:
    """Return the names of the parts that `item.name` may refer to.

    Known for dataclasses, named tuples, pydantic models (with their properties) and Python's own
    plain types.

    Args:
        annotation: What a task says it returns.

    Returns:
        None where the annotation does not tell.
    """
    kind = bare(annotation)
    kind = get_origin(kind) or kind
    if kind in _FIELDS_OF_BUILTINS:
        return _FIELDS_OF_BUILTINS[kind]
    if not is_class(kind):
        return None
    if is_typeddict(kind):
        return ()
    names = field_names(kind)
    return None if names is None else tuple(dict.fromkeys((*names, *_properties(kind))))


def warn_of_hidden_fields(task: str, annotation: object, own_names: Iterable[str]) -> None:
    """Warn once of the fields of a result that an item's own members hide.

    Args:
        task: Name of the task, for the warning.
        annotation: What it says it returns. Text is not read: not everything in it exists yet.
        own_names: The public members of `Item`.
    """
    hidden = [name for name in fields_of(annotation) or () if name in set(own_names)]
    if hidden and not isinstance(annotation, str):
        warnings.warn(
            f"{task}: its result's field {hidden[0]!r} has the name of a member of Item, so "
            f"`item.{hidden[0]}` is not that field: write `item.part({hidden[0]!r})`",
            stacklevel=4,
        )


def field_names(kind: type[object]) -> tuple[str, ...] | None:
    """Return the fields of a dataclass, a named tuple or a pydantic model, else None."""
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    names: Iterable[str] | None = None
    if hasattr(kind, "model_construct"):
        names = getattr(kind, "model_fields", None)
    elif is_a(kind, tuple):
        names = getattr(kind, "_fields", None)
    return None if names is None else tuple(names)


def _properties(kind: type[object]) -> list[str]:
    """Return the public names that a class computes: properties, cached or not."""
    return [
        name
        for name in dir(kind)
        if not name.startswith("_")
        and isinstance(getattr_static(kind, name), property | cached_property)
    ]


def is_a(kind: type[object], base: type[object]) -> bool:
    """Return whether it is a subclass, without the type checkers narrowing `kind`."""
    return issubclass(kind, base)
