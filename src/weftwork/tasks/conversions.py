"""What a parameter's annotation or default makes of an argument: paths become files."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from weftwork.errors import UsageError
from weftwork.tasks.annotations import annotations_of, bare
from weftwork.tasks.files import File, Out, is_path

Converter = Callable[[object, str], object]
"""Makes of an argument what the parameter of this name takes."""

_Parameter = inspect.Parameter


@dataclass(frozen=True, slots=True)
class Conversions:
    """The parameters whose arguments are converted.

    Attributes:
        by_name: The converter of each such parameter.
        positions: The names of the parameters that may be given by position.
        rest: Name of a converted `*args`, or None.
    """

    by_name: Mapping[str, Converter]
    positions: tuple[str, ...]
    rest: str | None

    def apply(
        self, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> tuple[tuple[object, ...], dict[str, object]]:
        """Return the arguments of a call, converted.

        Raises:
            UsageError: One cannot be.
        """
        count = len(self.positions)
        names = [*self.positions[: len(args)], *[self.rest] * (len(args) - count)]
        converted = tuple(
            [self._convert(name, each) for name, each in zip(names, args, strict=True)]
        )
        return converted, {name: self._convert(name, each) for name, each in kwargs.items()}

    def _convert(self, name: str | None, value: object) -> object:
        converter = None if name is None else self.by_name.get(name)
        return value if converter is None or name is None else converter(value, name)


def conversions_of(function: Callable[..., object]) -> Conversions | None:
    """Return what the parameters of `function` make of arguments; None: nothing, as of most."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):  # a builtin that does not tell
        return None
    hints = annotations_of(function)
    by_name: dict[str, Converter] = {}
    for each in parameters:
        if isinstance(each.default, Out):
            by_name[each.name] = to_out
        elif isinstance(each.default, File) or bare(hints.get(each.name)) is File:
            by_name[each.name] = to_file
    if not by_name:
        return None
    positional = (_Parameter.POSITIONAL_ONLY, _Parameter.POSITIONAL_OR_KEYWORD)
    rest = [each.name for each in parameters if each.kind is _Parameter.VAR_POSITIONAL]
    return Conversions(
        by_name=by_name,
        positions=tuple(each.name for each in parameters if each.kind in positional),
        rest=rest[0] if rest else None,
    )


def to_file(value: object, _: str) -> object:
    """Return a path as a `File`, anything else as it is: an item gives its file later."""
    if isinstance(value, File) or not (isinstance(value, str) or is_path(value)):
        return value
    return File(value)


def to_out(value: object, name: str) -> object:
    """Return an `Out` as it is.

    Raises:
        UsageError: It is something else.
    """
    if not isinstance(value, Out):
        raise UsageError(
            f"{name}={value!r}: {name} is an output, so it takes another name for it, such as "
            f"{name}=ww.Out('out.dat')"
        )
    return value
