"""What a program left in its workspace: find it, and put it where it lives on."""

import glob
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from weftwork.effects.files import keep_file
from weftwork.tasks.files import File, Found, Out

Names = list[str] | str | None
"""Where in the workspace one `Out` was found: a list for a pattern, None if it may be missing."""


class MissingOutputError(Exception):
    """A declared output is not there.

    Attributes:
        parameter: Its name in the task.
        out: Its declaration.
    """

    def __init__(self, parameter: str, out: Out) -> None:
        super().__init__(parameter)
        self.parameter = parameter
        self.out = out


def find_outputs(workspace: Path, outs: Mapping[str, Out]) -> dict[str, Names]:
    """Return where each output lies, relative to the workspace.

    Raises:
        MissingOutputError: One that is not optional is not there.
    """
    return {parameter: _find(workspace, parameter, out) for parameter, out in outs.items()}


def keep_outputs(workspace: Path, found: Mapping[str, Names], to: Path) -> dict[str, Found]:
    """Move what was found to the directory `to`, under the same names, and return the files.

    Raises:
        OSError: There is no room, or no permission.
    """
    every = {name for names in found.values() for name in _listed(names)}
    for name in sorted(every):
        if not _is_within(name, every):
            keep_file(workspace / name, to / name)
    return files_of(to, found)


def files_of(directory: Path, found: Mapping[str, Names]) -> dict[str, Found]:
    """Return the outputs as files of this directory."""
    return {parameter: _files(directory, names) for parameter, names in found.items()}


def listing(workspace: Path, most: int = 8) -> str:
    """Say what is in the workspace, in a few words."""
    try:
        names = sorted(os.listdir(workspace))  # noqa: PTH208
    except OSError:
        return "nothing"
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "nothing"


def _find(workspace: Path, parameter: str, out: Out) -> Names:
    if out.is_glob:
        names = sorted(glob.glob(out.pattern, root_dir=workspace, recursive=True))  # noqa: PTH207
        if names or out.optional:
            return names
    elif os.path.exists(workspace / out.pattern):  # noqa: PTH110
        return out.pattern
    elif out.optional:
        return None
    raise MissingOutputError(parameter, out)


def _files(directory: Path, names: Names) -> Found:
    if isinstance(names, list):
        return [File(directory / name) for name in names]
    return None if names is None else File(directory / names)


def _listed(names: Names) -> Iterable[str]:
    if isinstance(names, list):
        return names
    return () if names is None else (names,)


def _is_within(name: str, every: set[str]) -> bool:
    """Whether the name lies in a directory that is kept as a whole."""
    parts = name.split("/")
    return any("/".join(parts[:length]) in every for length in range(1, len(parts)))
