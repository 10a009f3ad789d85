"""Stand-ins for results in a dry run."""

from collections.abc import Callable, Mapping
from enum import Enum
from numbers import Number
from pathlib import Path, PurePath
from types import NoneType
from typing import Literal, NoReturn, get_args, get_origin, is_typeddict

from weftwork.errors import UsageError
from weftwork.tasks.annotations import MISSING, bare, fields_hints, is_class
from weftwork.tasks.files import File, Found, Out, Record
from weftwork.tasks.refusal import Refusing
from weftwork.tasks.shapes import field_names, is_a

_DRY = "/dry-run"


def placeholder(annotation: object, label: str = "the result") -> object:
    """Return something of the annotated type, for a dry run.

    Numbers are zero, texts empty, containers hold one element, the fields of dataclasses, named
    tuples and pydantic models are filled. Where the type is not known it is a `Placeholder`.

    Args:
        annotation: What the task says it returns.
        label: What a `Placeholder` calls itself, such as `melt[12]`.
    """
    try:
        return _make(annotation, label, ())
    except Exception:  # noqa: BLE001 - classes of the user's are made here, which may do anything
        return Placeholder(label)


def record_placeholder(label: str, outs: Mapping[str, Out]) -> Record:
    """Return a record whose files have the right names and do not exist."""
    folder = f"{_DRY}/{label}"
    found: dict[str, Found] = {}
    for name, out in outs.items():
        file = File(f"{folder}/{out.pattern}")
        found[name] = [file] if out.is_glob else file
    return Record(found, File(f"{folder}/stdout"), File(f"{folder}/stderr"), exit_code=0)


class Placeholder(Refusing):
    """A result of unknown type in a dry run. It can be passed on, but not used.

    Args:
        label: What it stands for, such as `fit[3]`.
        known: What is known of its type, such as "ndarray"; empty for nothing.
    """

    __slots__ = ("_known", "_label")

    def __init__(self, label: str, known: str = "") -> None:
        self._label = label
        self._known = known

    def __getattr__(self, name: str) -> "Placeholder":
        """Return a placeholder of the part: `fit(x).model` may be passed on as well."""
        if name.startswith("_"):
            raise AttributeError(f"{self!r} has no {name!r}")
        return Placeholder(f"{self._label}.{name}")

    def __getitem__(self, key: object) -> "Placeholder":
        return Placeholder(f"{self._label}[{key!r}]")

    def __call__(self, *_: object, **__: object) -> NoReturn:
        """Refuse: it has no code either."""
        self._refuse("as a function")

    def __format__(self, format_spec: str) -> str:
        return repr(self) if not format_spec else self._refuse(f"with the format {format_spec!r}")

    def __repr__(self) -> str:
        return f"<Placeholder of {self._label}>"

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:  # type: ignore[override]  # only an item cannot travel
        return Placeholder, (self._label, self._known)

    def _shown(self) -> str:
        return self._label

    def _refuse(self, how: str) -> NoReturn:
        known, advice = (
            "nothing",
            ("annotate what its task returns with a plain type, a dataclass or a NamedTuple"),
        )
        if self._known:
            known = f"only that it is of type {self._known}"
            advice = "do this in a task, which a dry run does not call"
        raise UsageError(
            f"{self._label} was used {how}, but a dry run has no value for it and knows {known}: "
            f"{advice}"
        )


def _make(annotation: object, label: str, outer: tuple[object, ...]) -> object:
    """Return the stand-in; `outer` are the classes whose fields are being filled."""
    kind = bare(annotation)
    origin = get_origin(kind)
    if origin is Literal:
        first: object = get_args(kind)[0]
        return first
    if is_class(origin):
        return _container(origin, get_args(kind), label, outer)
    if kind is None or kind is NoneType:
        return None
    if not is_class(kind) or kind is MISSING or kind is object or kind in outer:
        return Placeholder(label)
    return _instance(kind, label, outer)


def _container(
    origin: type[object], args: tuple[object, ...], label: str, outer: tuple[object, ...]
) -> object:
    """Return what stands for `origin[args]`: with one element, so that loops show in the plan."""
    if origin is tuple and args[-1:] != (...,):
        return tuple(_make(each, f"{label}[{at}]", outer) for at, each in enumerate(args))
    if is_a(origin, Mapping) and len(args) == len(("key", "value")):
        key, value = args
        return {_make(key, f"a key of {label}", outer): _make(value, f"{label}[...]", outer)}
    for base, made in _COLLECTIONS:
        if args and is_a(base, origin):
            return made([_make(args[0], f"{label}[0]", outer)])
    return _instance(origin, label, outer)


_COLLECTIONS: tuple[tuple[type[object], Callable[[list[object]], object]], ...] = (
    (list, list),
    (tuple, tuple),
    (set, set),
    (frozenset, frozenset),
)


def _instance(kind: type[object], label: str, outer: tuple[object, ...]) -> object:
    if issubclass(kind, Enum):
        return next(iter(kind), Placeholder(label, kind.__name__))
    if kind is File or is_a(kind, PurePath):
        return File(f"{_DRY}/{label}") if kind is File else Path(f"{_DRY}/{label}")
    names = kind.__annotations__ if is_typeddict(kind) else field_names(kind)
    if names is not None:
        hints = fields_hints(kind)
        inside = (*outer, kind)
        return _filled(
            kind, {n: _make(hints.get(n, MISSING), f"{label}.{n}", inside) for n in names}
        )
    if any(is_a(kind, base) for base in _EMPTY):
        return kind()
    return Placeholder(label, kind.__name__)


_EMPTY = (Number, str, bytes, list, dict, tuple, set, frozenset)
"""Classes whose subclasses, made of nothing, are zero or empty."""


def _filled(kind: type[object], values: dict[str, object]) -> object:
    """Return a `kind` with these fields. Its own checks are passed over: zeros need not pass."""
    construct = getattr(kind, "model_construct", None)
    if construct is not None:
        model: object = construct(**values)
        return model
    if is_typeddict(kind):
        return values
    if is_a(kind, tuple):
        made: object = getattr(kind, "_make")(values.values())  # noqa: B009 - of named tuples only
        return made
    instance = object.__new__(kind)
    for name, value in values.items():
        object.__setattr__(instance, name, value)
    return instance
