"""The files around one attempt at a program: its workspace, what it reads, prints and leaves."""

import os
import string
from pathlib import Path

from weftwork.backends.local.outputs import Names, files_of, find_outputs, keep_outputs
from weftwork.effects.files import copy_file, make_private_directory, remove_tree, write_file
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.work import ProgramWork
from weftwork.tasks.command import Launch, Text
from weftwork.tasks.files import File, Found, Record

_PLAIN = frozenset(string.ascii_letters + string.digits + "_-")
_SMALL = 1 << 16
"""Bytes that are written without a second thought."""
_FEW = 8


class Workspace:
    """A directory `NAME` of the session: `NAME/work` is the workspace, `NAME/files` what is kept.

    Args:
        session: Of the engine.
        work: The attempt.

    Attributes:
        logs: The directory `NAME` itself, which holds `stdout` and `stderr`.
        path: Where the program works.
    """

    def __init__(self, session: SessionDirectory, work: ProgramWork) -> None:
        task = "".join(c for c in work.label.partition("[")[0] if c in _PLAIN)
        attempt = work.attempt
        self.path = session.make(f"{task}-{attempt.item}.{attempt.number}", "work")
        self.logs = self.path.parent
        self.stdout = self.logs / "stdout"
        self.stderr = self.logs / "stderr"

    def prepare(self, launch: Launch) -> Path | None:
        """Write the files that the program is to find; return the one that is its stdin.

        Raises:
            OSError: One cannot be read or written.
        """
        for name, content in launch.files.items():
            target = self.path / name
            if "/" in name:
                make_private_directory(target.parent)
            _write(target, content)
        if launch.stdin is None or isinstance(launch.stdin, File):
            return None if launch.stdin is None else launch.stdin.path
        _write(self.logs / "stdin", launch.stdin)
        return self.logs / "stdin"

    def find(self, launch: Launch) -> dict[str, Names]:
        """Return where the outputs lie.

        Raises:
            MissingOutputError: One that is not optional is not there.
        """
        return find_outputs(self.path, launch.outs)

    def keep(self, found: dict[str, Names], *, whole: bool) -> dict[str, Found]:
        """Return the outputs where they live on; with `whole`, that is the workspace itself.

        Raises:
            OSError: They cannot be moved.
        """
        if whole:
            return files_of(self.path, found)
        return keep_outputs(self.path, found, self.logs / "files")

    def record(self, outs: dict[str, Found], exit_code: int) -> Record:
        """Return the result of the attempt."""
        return Record(outs, File(self.stdout), File(self.stderr), exit_code)

    def remove(self) -> bool:
        """Remove the workspace if that takes no time; return whether it is gone."""
        try:
            with os.scandir(self.path) as entries:
                inside = list(entries)
            if len(inside) > _FEW or any(each.is_dir(follow_symlinks=False) for each in inside):
                return False
        except OSError:
            return True
        remove_tree(self.path)
        return True

    def remove_slowly(self) -> None:
        """Remove the workspace, however long that takes."""
        remove_tree(self.path)


def is_quick(launch: Launch) -> bool:
    """Whether to prepare the files takes no time worth a thread."""
    contents = [*launch.files.values(), launch.stdin or ""]
    return (not launch.files and not launch.stdin) or (
        not any(isinstance(content, File) for content in launch.files.values())
        and sum(len(content) for content in contents if not isinstance(content, File)) < _SMALL
    )


def _write(path: Path, content: Text) -> None:
    if isinstance(content, File):
        copy_file(content.path, path)
    else:
        write_file(path, content.encode() if isinstance(content, str) else content)
