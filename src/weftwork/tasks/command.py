"""The command of an executable, as its body gives it and as it is launched."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import TypeGuard

from weftwork.errors import UsageError
from weftwork.tasks.files import File, Out, Record, inside, is_path
from weftwork.tasks.refusal import Refusing
from weftwork.tasks.task import Task

Text = str | bytes | File
"""Content that is given as such, or by a file."""

_OK = frozenset({0})
_LARGEST_EXIT_CODE = 255


@dataclass(frozen=True, slots=True)
class Launch:
    """A rendered command: what a backend starts, and what it must leave behind.

    Attributes:
        argv: The program and its arguments; none holds a NUL.
        env: Variables set on top of the engine's own.
        stdin: Its standard input: text, bytes, a file, or None for an empty one.
        files: Files to write into the workspace before the start, by their name in it.
        ok_codes: The exit codes that mean success.
        outs: The declared outputs by the name of their parameter.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    stdin: Text | None = None
    files: Mapping[str, Text] = field(default_factory=dict[str, Text])
    ok_codes: frozenset[int] = _OK
    outs: Mapping[str, Out] = field(default_factory=dict[str, Out])


@dataclass(frozen=True, slots=True)
class Command:
    """What the body of an executable returns when a list of arguments is not enough.

    Attributes:
        argv: The program and its arguments: text, numbers, paths, files and outputs (`Out`).
        stdin: Its standard input: text, bytes, or a path or `File` that is read.
        env: Variables set for it.
        files: Files to write into its workspace first: name to text, bytes, path or `File`.
        ok_codes: The exit codes that mean success.
    """

    argv: Sequence[object]
    stdin: Text | os.PathLike[str] | None = None
    env: Mapping[str, object] = field(default_factory=dict[str, object])
    files: Mapping[str, Text | os.PathLike[str]] = field(
        default_factory=dict[str, Text | os.PathLike[str]]
    )
    ok_codes: Iterable[int] = _OK


def launch_of(label: str, returned: object, outs: Mapping[str, Out]) -> Launch:
    """Render what the body of the executable `label` returned.

    Args:
        label: The executable, named in errors.
        returned: A list of arguments, or a `Command`.
        outs: The declared outputs of this call by the name of their parameter.

    Raises:
        UsageError: It is no command, or something in it cannot be rendered.
    """
    command = returned if isinstance(returned, Command) else Command(_argv(label, returned))
    words = _argv(label, command.argv)
    argv = tuple(render_argument(word, f"{label}: argv[{at}]") for at, word in enumerate(words))
    files = _files(label, command.files)
    _check_program(label, argv[0], files)
    return Launch(
        argv=argv,
        env=_env(label, command.env),
        stdin=None if command.stdin is None else _content(f"{label}: stdin", command.stdin),
        files=files,
        ok_codes=_codes(label, command.ok_codes),
        outs=outs,
    )


def _check_program(label: str, program: str, files: Mapping[str, Text]) -> None:
    """Refuse what cannot be found: the workspace is empty but for what the command brings."""
    if not program:
        raise UsageError(f"{label}: argv[0] is empty: it must name the program")
    if "/" in program and not program.startswith("/") and os.path.normpath(program) not in files:
        name = program.rpartition("/")[2]
        raise UsageError(
            f"{label}: argv[0] is {program!r}, which would be looked for in the workspace, "
            f"an empty directory: make it a parameter, such as program=ww.asset({name!r})"
        )


def render_argument(value: object, place: str) -> str:
    """Write one argument as the program gets it.

    Floats are written by `repr`, so that no digit is lost; a `File` and a path as a path; an `Out`
    by its name in the workspace.

    Args:
        value: What the body gave.
        place: Where it stands, such as `melt: argv[3]`, named in errors.

    Raises:
        UsageError: It has no text form that is sure to be meant.
    """
    text = _text_of(value, place)
    if text is None:
        raise UsageError(f"{place} is {value!r}: {_advice(value)}")
    if "\0" in text:
        raise UsageError(f"{place} is {text!r}: an argument cannot hold a NUL character")
    return text


def _text_of(value: object, place: str) -> str | None:
    """Return the text form, None where there is none."""
    if is_path(value):
        return os.fsdecode(value)
    match value:
        # The methods of the bases: what a subclass prints may be anything.
        case str():
            return str.__str__(value)
        case int():
            return None if isinstance(value, bool) else int.__repr__(value)
        case float():
            return float.__repr__(value)
        case Out():
            return _out_name(value, place)
        case _:
            return str(value) if _is_number_of_numpy(value) else None


def _out_name(out: Out, place: str) -> str:
    if out.is_glob:
        raise UsageError(
            f"{place} is {out!r}: a pattern names files only after the program has written them; "
            "give the program a plain name and keep the pattern in Out"
        )
    return out.pattern


def _is_number_of_numpy(value: object) -> bool:
    """Whether it is a NumPy integer or float; NumPy itself is not imported for that."""
    kind: object = getattr(getattr(value, "dtype", None), "kind", None)
    return kind in {"i", "u", "f"} and getattr(value, "ndim", None) == 0


_ADVICE: tuple[tuple[type[object] | tuple[type[object], ...], str], ...] = (
    (NoneType, "leave it out where there is no value"),
    (bool, "write the word the program expects, such as 'yes' or '1', or leave the flag out"),
    ((list, tuple, set, frozenset), "write its elements as arguments of their own, with *"),
    (bytes, "decode it to a str"),
    (Record, "give one of its files, such as record.out"),
    (
        (Refusing, Task),
        "pass items into the executable as arguments of the call; its body gets the values",
    ),
)


def _advice(value: object) -> str:
    """Say what to write instead of a value that cannot be an argument."""
    kind = type(value)
    for kinds, advice in _ADVICE:
        if isinstance(value, kinds):
            return advice
    return f"the type {kind.__name__} has no sure text form; write it as a str, a number or a path"


def _argv(label: str, returned: object) -> Sequence[object]:
    """Return the arguments, if it is a list or tuple of any."""
    if returned is None:
        raise UsageError(f"{label} returned nothing: forgot `return` before the list?")
    if isinstance(returned, str):
        raise UsageError(
            f"{label} returned the text {returned!r}: a command is a list of arguments and "
            f"never goes to a shell; write {_split(returned)}"
        )
    if not _is_list(returned):
        raise UsageError(
            f"{label} returned a value of type {type(returned).__name__}: expected a list "
            "of arguments, such as ['lmp', '-in', script], or a ww.Command"
        )
    if not returned:
        raise UsageError(f"{label} returned an empty list: it must name at least the program")
    return returned


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def _split(line: str) -> str:
    """Return the list that a command line means, as it is to be written."""
    import shlex  # noqa: PLC0415 - only for this mistake

    try:
        return repr(shlex.split(line))
    except ValueError:  # quotes that do not close
        return repr(line.split())


def _env(label: str, env: Mapping[str, object]) -> dict[str, str]:
    for name in env:
        if not isinstance(name, str) or not name or "=" in name or "\0" in name:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"{label}: env has {name!r}, which cannot be the name of a variable")
    return {name: render_argument(value, f"{label}: env[{name!r}]") for name, value in env.items()}


def _files(label: str, files: Mapping[str, Text | os.PathLike[str]]) -> dict[str, Text]:
    return {
        inside(f"{label}: files", name): _content(f"{label}: files[{name!r}]", content)
        for name, content in files.items()
    }


def _content(place: str, content: object) -> Text:
    match content:
        case str() | bytes() | File():
            return content
        case Out():
            raise UsageError(f"{place} is {content!r}: an output does not exist before the program")
        case _ if is_path(content):
            return File(content)
        case _:
            raise UsageError(
                f"{place} is of type {type(content).__name__}: "
                "expected text, bytes, a path or a ww.File"
            )


def _codes(label: str, codes: Iterable[int]) -> frozenset[int]:
    if isinstance(codes, int):
        raise UsageError(f"{label}: ok_codes={codes!r}: write a set, {{{codes!r}}}")
    found = frozenset(codes)
    for code in found:
        if type(code) is not int or not 0 <= code <= _LARGEST_EXIT_CODE:
            raise UsageError(
                f"{label}: ok_codes has {code!r}: an exit code is a whole number from 0 to 255"
            )
    if not found:
        raise UsageError(f"{label}: ok_codes is empty: no exit code would mean success")
    return found
