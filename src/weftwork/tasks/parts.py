"""Parts of results: the steps of `item.field[3]`, and how they are taken of the value."""

from dataclasses import dataclass

from weftwork.errors import UsageError
from weftwork.tasks.kinds import is_dict, is_list, is_tuple
from weftwork.tasks.nearest import nearest


@dataclass(frozen=True, slots=True)
class Field:
    """The attribute `name`."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"


@dataclass(frozen=True, slots=True)
class Index:
    """The element at `key`."""

    key: object

    def __str__(self) -> str:
        return f"[{self.key!r}]"


Path = tuple[Field | Index, ...]
"""From the whole result to a part, outermost step first."""


def path_text(path: Path) -> str:
    """Write a path as it is written in Python."""
    return "".join(map(str, path))


def take(value: object, path: Path, label: str = "the result") -> object:
    """Return the part of `value` that `path` leads to.

    Args:
        value: The whole result.
        path: The steps.
        label: What the result is called in messages.

    Raises:
        UsageError: There is no such part.
    """
    for at, step in enumerate(path):
        try:
            value = _step(value, step)
        except (AttributeError, LookupError, TypeError) as error:
            before = label + path_text(path[:at])
            raise UsageError(
                f"{label}{path_text(path)}: {before} is {_described(value)} and has no "
                f"{path_text((step,))}{_advice(value, step)}"
            ) from error
    return value


def _step(value: object, step: Field | Index) -> object:
    if isinstance(step, Field):
        part: object = getattr(value, step.name)
        return part
    return value[step.key]  # type: ignore[index]  # whether it can be indexed is what is tried


def _described(value: object) -> str:
    kind = type(value).__name__
    return "None" if value is None else f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def _advice(value: object, step: Field | Index) -> str:
    if is_dict(value):
        keys = [repr(key) for key in value]
        if isinstance(step, Field) and step.name in value:
            return f"; its keys are taken with brackets: [{step.name!r}]"
        return f"; it has {', '.join(keys[:10]) or 'nothing in it'}"
    if isinstance(step, Index):
        return f"; it has {len(value)} elements" if is_list(value) or is_tuple(value) else ""
    names = [name for name in dir(value) if not name.startswith("_")]
    near = nearest(step.name, names)
    return "" if near is None else f"; did you mean .{near}?"
