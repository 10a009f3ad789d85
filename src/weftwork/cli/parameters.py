"""Makes a command line of a function's typed parameters. The one door to cyclopts."""

import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Group, Parameter, UnknownOptionError
from cyclopts.exceptions import MissingArgumentError

from weftwork.cli.flags import Flag
from weftwork.errors import UsageError
from weftwork.tasks.files import File

_PLAIN = (bool, int, float, str, Path)
_BARE = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a command line says.

    Attributes:
        args: For the function, by position.
        kwargs: For the function, by name.
        flags: Of ours, by name; only those that were given.
    """

    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    flags: Mapping[str, object]


class ScriptParameters:
    """The command line of one function.

    Args:
        function: Whose typed parameters become flags.
        command: What is typed before them, such as `weft run melt.py`.
        flags: Ours, which are understood beside them.

    Raises:
        UsageError: A parameter has the name of a flag of ours, or an annotation cannot be read.
    """

    def __init__(
        self, function: Callable[..., object], command: str, flags: Sequence[Flag]
    ) -> None:
        self._command = command
        self._ours = {flag.name for flag in flags}
        parameters = _parameters(function)
        self._refuse_collisions(function, parameters, flags)
        group = Group(f"Flags of {' '.join(command.split()[:2])}", sort_key=2)
        ours = [_own(flag, group) for flag in flags]
        rest = [one for one in parameters if one.kind is inspect.Parameter.VAR_KEYWORD]
        named = [one for one in parameters if one.kind is not inspect.Parameter.VAR_KEYWORD]
        self._app = App(
            name=command,
            help=inspect.getdoc(function) or "",
            help_flags=[],
            # Markdown would take a parser and 0.2 s to show the same words.
            help_format="plaintext",
            version_flags=[],
            default_parameter=Parameter(negative_iterable=()),
        )
        self._app.default(_callable(function, [*named, *ours, *rest]))

    def show_help(self) -> None:
        """Print the help page on standard output."""
        self._app.help_print([])

    def parse(self, tokens: Sequence[str]) -> Parsed:
        """Read what was typed.

        Raises:
            UsageError: Names the flag, what was seen and what was expected.
        """
        try:
            _, bound, _ = self._app.parse_args(
                list(tokens), exit_on_error=False, print_error=False, verbose=False
            )
        except CycloptsError as error:
            raise UsageError(self._sentence(error)) from error
        given: dict[str, object] = dict(bound.kwargs)
        ours = {name: given.pop(name) for name in list(given) if name in self._ours}
        return Parsed(tuple(bound.args), given, ours)

    def _sentence(self, error: CycloptsError) -> str:
        error.verbose = False
        name = error.argument.name if error.argument is not None else ""
        see = f"(see `{self._command} --help`)"
        if isinstance(error, MissingArgumentError) and not error.unused_tokens:
            return f"{name} was not given: type `{self._command} {name} ...` {see}"
        details = _pydantic_details(error.__cause__)
        text = f"{name}: {details}" if details else " ".join(str(error).split()).removesuffix(".")
        text = text.replace(". Did", "; did").replace(". Choose", "; choose")
        if isinstance(error, UnknownOptionError):
            text = text.replace("Unknown option:", "unknown flag")
        return f"{text[:1].lower()}{text[1:]} {see}"

    def _refuse_collisions(
        self,
        function: Callable[..., object],
        parameters: Sequence[inspect.Parameter],
        flags: Sequence[Flag],
    ) -> None:
        ours = {flag.name: flag.option for flag in flags} | {"help": "--help"}
        for parameter in parameters:
            option = ours.get(parameter.name)
            if option is not None:
                raise UsageError(
                    f"the parameter {parameter.name!r} of {function.__name__} has the name of the "
                    f"flag {option} of `{' '.join(self._command.split()[:2])}`: "
                    "rename the parameter"
                )


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    """The parameters that can be typed, annotated as they are to be read."""
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError) as error:
        raise UsageError(
            f"the annotations of {function.__name__} cannot be read: {error}; "
            "import what they name at the top of the script"
        ) from error
    found: list[inspect.Parameter] = []
    for parameter in inspect.signature(function).parameters.values():
        annotation = _readable(parameter, hints.get(parameter.name, _BARE))
        if annotation is not None:
            found.append(parameter.replace(annotation=annotation))
    return found


def _readable(parameter: inspect.Parameter, annotation: object) -> object | None:
    """How to read it from text; None: it cannot be typed and keeps its default."""
    if annotation is not _BARE:
        return _without_files(annotation)
    if parameter.default is _BARE:
        return str
    return type(parameter.default) if isinstance(parameter.default, _PLAIN) else None


def _without_files(annotation: object) -> object:
    """A `File` is typed as a path; the task makes the `File` of it."""
    if annotation is File:
        return Path
    inner = typing.get_args(annotation)
    if File not in inner:
        return annotation
    arguments = tuple(Path if one is File else one for one in inner)
    origin = typing.get_origin(annotation)
    if origin is types.UnionType or origin is typing.Union:
        union: object = typing.Union[arguments]  # noqa: UP007 - of any number of members
        return union
    return types.GenericAlias(origin, arguments) if isinstance(origin, type) else annotation


def _own(flag: Flag, group: Group) -> inspect.Parameter:
    described = Parameter(
        name=flag.option, group=group, help=flag.help, negative=(), show_default=False
    )
    annotation: object = Annotated[bool, described]
    if flag.type is not None:
        annotation = Annotated[flag.type | None, described]
    return inspect.Parameter(
        flag.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None if flag.type is not None else False,
        annotation=annotation,
    )


def _callable(
    function: Callable[..., object], parameters: Sequence[inspect.Parameter]
) -> Callable[..., None]:
    def command(*args: object, **kwargs: object) -> None:
        """Stand for the function where cyclopts wants one."""

    signature = inspect.Signature(parameters)
    command.__name__ = function.__name__
    command.__doc__ = function.__doc__
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    command.__dict__["__signature__"] = signature
    return command


def _pydantic_details(cause: BaseException | None) -> str:
    # Imported only where the script's own parameters have brought it.
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or cause is None:
        return ""
    from pydantic import ValidationError  # noqa: PLC0415

    if not isinstance(cause, ValidationError):
        return ""
    first = cause.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}, not {first['input']!r}"
