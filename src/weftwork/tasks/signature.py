"""What a task may be called with, and what it gives."""

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from weftwork.errors import UsageError
from weftwork.tasks.nearest import did_you_mean

_Kind = inspect.Parameter
_ANY_NUMBER = sys.maxsize


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a function in the form that a check of every call needs.

    Attributes:
        least: Positional arguments that are enough when there are no others.
        most: Positional arguments that may be given.
        positions: Of the parameters that may be given by name; `most` for those that must.
        required: Name and position of the parameters without default.
        open_names: Whether any further names may be given (`**options`).
        text: As it is written, for messages.
    """

    least: int
    most: int
    positions: Mapping[str, int]
    required: tuple[tuple[str, int], ...]
    open_names: bool
    text: str

    def takes(self, count: int, kwargs: Mapping[str, object]) -> bool:
        """Return whether a call with `count` positional arguments and `kwargs` is right."""
        if count > self.most:
            return False
        for name in kwargs:
            position = self.positions.get(name)
            if (position < count) if position is not None else not self.open_names:
                return False
        for name, position in self.required:
            if position >= count and name not in kwargs:
                return False
        return True

    def mistake(self, label: str, count: int, kwargs: Mapping[str, object]) -> str:
        """Return the sentence that says what is wrong with such a call of `label`."""
        for name in kwargs:
            position = self.positions.get(name)
            if position is None and not self.open_names:
                hint = did_you_mean(name, self.positions)
                it_is = " It is" if hint.endswith("?") else "; it is"
                return f"{label}() has no parameter {name!r}: {hint}{it_is} {label}{self.text}"
            if position is not None and position < count:
                return f"{label}() got {name!r} twice, by position and by name: drop one"
        if count > self.most:
            arguments = f"{self.most} positional argument{'' if self.most == 1 else 's'}"
            return (
                f"{label}() takes at most {arguments}, but {count} were given: "
                f"it is {label}{self.text}"
            )
        missing = [n for n, at in self.required if at >= count and n not in kwargs]
        return f"{label}() needs {', '.join(missing)}: it is {label}{self.text}"

    def check(self, label: str, count: int, kwargs: Mapping[str, object]) -> None:
        """Do nothing if such a call of `label` is right.

        Raises:
            UsageError: It is not.
        """
        if not self.takes(count, kwargs):
            raise UsageError(self.mistake(label, count, kwargs))


def signature_of(function: Callable[..., object]) -> Signature:
    """Read the signature of `function`. One that does not tell takes anything."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return Signature(0, _ANY_NUMBER, {}, (), open_names=True, text="(...)")
    parameters = list(signature.parameters.values())
    kinds = [each.kind for each in parameters]
    by_position = [
        each
        for each in parameters
        if each.kind in (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD)
    ]
    most = _ANY_NUMBER if _Kind.VAR_POSITIONAL in kinds else len(by_position)
    places = {each.name: at for at, each in enumerate(by_position)}
    by_name = (_Kind.POSITIONAL_OR_KEYWORD, _Kind.KEYWORD_ONLY)
    required = tuple(
        (each.name, places.get(each.name, _ANY_NUMBER))
        for each in parameters
        if each.default is _Kind.empty
        and each.kind not in (_Kind.VAR_POSITIONAL, _Kind.VAR_KEYWORD)
    )
    return Signature(
        least=max((at + 1 for _, at in required), default=0),
        most=most,
        positions={p.name: places.get(p.name, most) for p in parameters if p.kind in by_name},
        required=required,
        open_names=_Kind.VAR_KEYWORD in kinds,
        text=_text(signature),
    )


def _text(signature: inspect.Signature) -> str:
    """Write the names and defaults, without annotations."""
    bare = [each.replace(annotation=_Kind.empty) for each in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))
