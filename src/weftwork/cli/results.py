"""Prints what a run returned, on standard output."""

import dataclasses
import json
import math
import os
import sys
from collections.abc import Mapping, Set
from enum import Enum
from typing import TypeGuard


def show_result(value: object, *, as_json: bool) -> None:
    """Print the value as `print` does, or as JSON; None is silence."""
    if as_json:
        sys.stdout.write(json.dumps(plain(value), indent=2, allow_nan=False) + "\n")
    elif value is not None:
        sys.stdout.write(f"{value}\n")


def plain(value: object) -> object:
    """Return the value made of what JSON knows.

    Not-a-numbers and infinities become null, sets sorted lists, paths and files text, arrays
    lists, records objects; what nothing is known of becomes its `repr`.
    """
    match value:
        case Enum():
            return plain(value.value)
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case _:
            return os.fsdecode(os.fspath(value)) if _is_path(value) else _compound(value)


def _compound(value: object) -> object:
    if _is_mapping(value):
        return {str(plain(key)): plain(inner) for key, inner in value.items()}
    if _is_sequence(value):
        return [plain(inner) for inner in value]
    if _is_set(value):
        return sorted((plain(inner) for inner in value), key=repr)
    return _record(value)


def _record(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: plain(getattr(value, name)) for name in names}
    # pydantic's and numpy's own ways, without importing either.
    for name in ("model_dump", "tolist"):
        method = getattr(value, name, None)
        if callable(method) and not isinstance(value, type):
            return plain(method())
    return repr(value)


def _is_path(value: object) -> TypeGuard[os.PathLike[str]]:
    return isinstance(value, os.PathLike)


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_sequence(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    return isinstance(value, list | tuple)


def _is_set(value: object) -> TypeGuard[Set[object]]:
    return isinstance(value, Set)
