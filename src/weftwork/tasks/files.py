"""Files as inputs and outputs of tasks, and the record that an executable leaves."""

import inspect
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Never, TypeGuard, get_args

from weftwork.errors import UsageError
from weftwork.tasks.nearest import did_you_mean, nearest

Check = Literal["content", "stat"]

_RENDERING: ContextVar[str | None] = ContextVar("weftwork_rendering", default=None)


@contextmanager
def rendering(label: str) -> Generator[None, None, None]:
    """Refuse new `File`s in this context: it is the body of the executable `label`."""
    token = _RENDERING.set(label)
    try:
        yield
    finally:
        _RENDERING.reset(token)


class File:
    """A file or directory that a task reads, by its path.

    Nothing is read before a task needs it. A relative path counts from the working directory
    at the time the `File` is made.

    Args:
        path: Where it is; it need not exist yet.
        check: How a change is seen: by "content", or by "stat" (size and time of change), for
            files too large to be read.

    Raises:
        UsageError: `path` is no path, or this is the body of an executable.
    """

    __slots__ = ("_path", "check", "written")

    def __init__(self, path: str | os.PathLike[str], check: Check = "content") -> None:
        label = _RENDERING.get()
        if label is not None:
            raise UsageError(_hidden_input(label, f"File({path!r})"))
        if check not in get_args(Check):
            raise UsageError(f"check={check!r}: {did_you_mean(str(check), get_args(Check))}")
        self.written = _path_text(path)
        """The path as it was given."""
        self.check: Check = check
        self._path = os.path.abspath(self.written)  # noqa: PTH100 - keeps symbolic links

    @property
    def path(self) -> Path:
        """The absolute path."""
        return Path(self._path)

    @property
    def name(self) -> str:
        """The last component of the path."""
        return os.path.basename(self._path)  # noqa: PTH119 - the text is at hand

    def read_bytes(self) -> bytes:
        """Return the content."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError as error:
            _explain_missing(error, self.path)
            raise

    def read_text(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """Return the content as text; what is not in the encoding becomes U+FFFD."""
        return self.read_bytes().decode(encoding, errors)

    def __fspath__(self) -> str:
        """Return the absolute path, for `open` and its kind."""
        return self._path

    def __str__(self) -> str:
        return self._path

    def __repr__(self) -> str:
        return f"File({self.written!r})"

    def __eq__(self, other: object) -> bool:
        return self._path == other._path if isinstance(other, File) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._path)


@dataclass(frozen=True, slots=True, init=False)
class Out:
    """A file or directory that an executable leaves in its workspace.

    Attributes:
        pattern: Its name, relative to the workspace; with `*`, `?` or `[` it names any number.
        optional: Whether it may be missing: then the record has None, or an empty list.
    """

    pattern: str
    optional: bool

    def __init__(
        self, pattern: str | os.PathLike[str], *, optional: bool = False, **unknown: Never
    ) -> None:
        """Declare the output.

        Raises:
            UsageError: The pattern leaves the workspace, is empty, or is no path.
        """
        for name in unknown:
            raise UsageError(f"Out has no {name!r}; {did_you_mean(name, ('pattern', 'optional'))}")
        object.__setattr__(self, "pattern", inside("Out", pattern))
        object.__setattr__(self, "optional", optional)

    @property
    def is_glob(self) -> bool:
        """Whether it is a pattern, which gives a list."""
        return not {"*", "?", "["}.isdisjoint(self.pattern)


def inside(kind: str, name: str | os.PathLike[str]) -> str:
    """Return `name` normalised, if it is the name of something inside a workspace.

    Raises:
        UsageError: It is absolute, empty, has a `..`, or ends in a slash.
    """
    text = _path_text(name)
    seen = f"{kind}({text!r})"
    if text.startswith("/"):
        raise UsageError(
            f"{seen} is absolute: name a file relative to the workspace, such as "
            f"{text.rstrip('/').rsplit('/', 1)[-1] or 'out.dat'!r}"
        )
    if ".." in text.split("/"):
        raise UsageError(f"{seen} leaves the workspace by '..': a task keeps to its own directory")
    if text.endswith("/"):
        raise UsageError(f"{seen} ends in a slash: {text.rstrip('/')!r} names the directory")
    normal = os.path.normpath(text)
    if normal == ".":
        raise UsageError(f"{seen} names the workspace itself: name a file or directory in it")
    return normal


def asset(name: str | os.PathLike[str], *, check: Check = "content") -> File:
    """Return the file `name` beside the module that calls this.

    Args:
        name: Relative to the folder of the module (in a notebook: to the working directory).
        check: As for `File`.

    Raises:
        UsageError: It is not there, `name` is absolute, or this is the body of an executable.
    """
    label = _RENDERING.get()
    if label is not None:
        raise UsageError(_hidden_input(label, f"asset({name!r})"))
    text = _path_text(name)
    if os.path.isabs(text):  # noqa: PTH117 - the text is at hand
        raise UsageError(f"asset({text!r}) is absolute: write File({text!r})")
    frame = inspect.currentframe()
    caller = None if frame is None or frame.f_back is None else frame.f_back.f_globals
    module = None if caller is None else caller.get("__file__")
    folder = Path(module).parent if isinstance(module, str) else Path()
    path = folder.absolute() / text
    if not path.exists():
        raise UsageError(_no_asset(text, path))
    return File(path, check=check)


def _no_asset(name: str, path: Path) -> str:
    siblings = sorted(each.name for each in path.parent.iterdir()) if path.parent.is_dir() else []
    near = nearest(path.name, siblings)
    if near is not None:
        return f"asset({name!r}): there is no {path}; did you mean {near!r}?"
    return f"asset({name!r}): there is no {path}; an asset lies beside the module that names it"


def _hidden_input(label: str, call: str) -> str:
    return (
        f"{call} in the body of the executable {label!r} is an input that its call does not name: "
        "make it a parameter, with ww.asset(...) or ww.File(...) as its default"
    )


def _explain_missing(error: FileNotFoundError, path: Path) -> None:
    if not path.parent.exists():
        error.add_note(
            f"{path.parent} is gone as well: without a store, outputs are kept until their engine "
            "closes; read or copy them before"
        )


def is_path(value: object) -> TypeGuard[os.PathLike[str]]:
    """Whether `os.fspath` takes it and it is not text."""
    return isinstance(value, os.PathLike)


def _path_text(path: str | os.PathLike[str]) -> str:
    if not isinstance(path, str | os.PathLike):  # pyright: ignore[reportUnnecessaryIsInstance]  # a mistake
        raise UsageError(f"{path!r} is not a path: give a str or a pathlib.Path")
    text = os.fsdecode(path)
    if not text:
        raise UsageError("an empty text is not a path: give the name of a file")
    if "\0" in text:
        raise UsageError(f"{text!r} is not a path: it has a NUL character")
    return text


Found = File | Sequence[File] | None
"""What one `Out` came to: a file, the files of a pattern, or None where an optional one is not."""


_OF_FILES = frozenset(name for name in dir(File) if not name.startswith("_"))


class Record:
    """What an executable left: one attribute for each `Out`, under its parameter's name.

    Attributes:
        stdout: What the program printed.
        stderr: What it printed to standard error.
        exit_code: Its exit code.
    """

    __slots__ = ("_outs", "exit_code", "stderr", "stdout")

    def __init__(
        self, outs: Mapping[str, Found], stdout: File, stderr: File, exit_code: int = 0
    ) -> None:
        self._outs = dict(outs)
        self.stdout = stdout
        self.stderr = stderr
        self.exit_code = exit_code

    def matches(self, name: str) -> list[File]:
        """Return the files of the `Out` called `name` as a list, whatever their number."""
        found = self._find(name)
        if found is None:
            return []
        return [found] if isinstance(found, File) else list(found)

    def __getattr__(self, name: str) -> File:
        """Return the file of an `Out`; for a pattern a list, for a missing optional one None."""
        return self._find(name)  # type: ignore[return-value]  # typed as what it nearly always is

    def _find(self, name: str) -> Found:
        # Copying and unpickling ask an object that is not filled yet for its special methods.
        if name.startswith("__") or name in self.__slots__:
            raise AttributeError(name)
        if name in _OF_FILES and name not in self._outs:
            files = ", ".join(f".{each}" for each in (*self._outs, "stdout"))
            raise AttributeError(
                f"a record of an executable has no {name!r}, its files have: take one of {files}"
            )
        if name not in self._outs:
            known = [*self._outs, "stdout", "stderr", "exit_code"]
            raise AttributeError(f"the record has no {name!r}; {did_you_mean(name, known)}")
        return self._outs[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._outs]

    def __eq__(self, other: object) -> bool:
        return self._parts() == other._parts() if isinstance(other, Record) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it holds lists

    def __repr__(self) -> str:
        outs = "".join(f", {name}={found!r}" for name, found in self._outs.items())
        return f"Record(exit_code={self.exit_code}{outs})"

    def _parts(self) -> tuple[object, ...]:
        return self._outs, self.stdout, self.stderr, self.exit_code
