"""What a function's annotations mean, read when first needed and never fatal."""

import functools
import inspect
import sys
from collections.abc import Callable, Hashable, Mapping
from types import NoneType, SimpleNamespace, UnionType
from typing import (
    Annotated,
    NewType,
    TypeGuard,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

MISSING = inspect.Signature.empty
"""Stands for no annotation, and for one that cannot be read."""


def annotations_of(function: Callable[..., object]) -> dict[str, object]:
    """Return the annotations of `function`; one that cannot be read is `MISSING`.

    The name "return" is what it gives. Text, as under `from __future__ import annotations`, is
    evaluated where the function was written.
    """
    plain = _plain(function)
    raw: Mapping[str, object] = getattr(plain, "__annotations__", {})
    space: dict[str, object] = getattr(plain, "__globals__", {})
    return {name: _read(annotation, space) for name, annotation in raw.items()}


def return_annotation(function: Callable[..., object]) -> object:
    """Return what `function` says it gives, or `MISSING`."""
    return annotations_of(function).get("return", MISSING)


def bare(annotation: object) -> object:
    """Return the annotation without what says nothing about the value's shape.

    `Annotated`, `NewType` and `type X = ...` are taken off, a `TypeVar` is its bound, and of a
    union the first member that is not None is taken.
    """
    while True:
        inner = _inner(annotation)
        if inner is annotation:
            return annotation if isinstance(annotation, Hashable) else MISSING
        annotation = inner


def is_class(annotation: object) -> TypeGuard[type[object]]:
    """Whether it is a class, not a generic alias of one."""
    return isinstance(annotation, type) and get_origin(annotation) is None


def fields_hints(cls: type[object]) -> dict[str, object]:
    """Return the annotations in the body of a class and its bases, as `annotations_of` does."""
    hints: dict[str, object] = {}
    for base in reversed(cls.__mro__):
        module = sys.modules.get(base.__module__)
        space: dict[str, object] = {} if module is None else {**vars(module)}
        space[base.__name__] = base
        raw = inspect.get_annotations(base)
        hints |= {name: _read(annotation, space) for name, annotation in raw.items()}
    return hints


def _plain(function: Callable[..., object]) -> Callable[..., object]:
    """Return the function that was written: below partials, wrappers, methods and instances."""
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if not inspect.isroutine(function) and not isinstance(function, type):
        return type(function).__call__
    return function


def _read(annotation: object, space: dict[str, object]) -> object:
    if is_class(annotation):
        return annotation
    # Whatever has annotations may be asked; one at a time, because one that cannot be read would
    # hide the others.
    holder = SimpleNamespace(__annotations__={"it": annotation})
    try:
        found: object = get_type_hints(holder, globalns=space)["it"]
    except Exception:  # noqa: BLE001 - evaluating foreign text may raise anything
        return MISSING
    return found


def _inner(annotation: object) -> object:
    origin = get_origin(annotation)
    if origin is Annotated:
        return get_args(annotation)[0]
    if origin is Union or origin is UnionType:
        return next((each for each in get_args(annotation) if each is not NoneType), NoneType)
    if isinstance(annotation, NewType):
        return annotation.__supertype__
    if isinstance(annotation, TypeVar):
        return MISSING if annotation.__bound__ is None else annotation.__bound__
    # `type X = ...` makes an object of a class that Python 3.11 does not have.
    return getattr(annotation, "__value__", annotation) if not is_class(annotation) else annotation
