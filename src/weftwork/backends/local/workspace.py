"""The files around one attempt at a program: its workspace, what it reads, prints and leaves.

In the session directory, NAME being such as `melt-12.1`: `work/NAME` is the workspace,
`logs/NAME.stdout` and `logs/NAME.stderr` what the program prints, `files/NAME` what is kept.
"""

import os
import stat
import string
from contextlib import suppress
from pathlib import Path

from weftwork.backends.local.outputs import Names, files_of, find_outputs, keep_outputs
from weftwork.effects.files import (
    copy_file,
    make_private_directory,
    remove_file,
    remove_tree,
    rename,
    write_file,
)
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.work import ProgramWork
from weftwork.tasks.command import Launch, Text
from weftwork.tasks.files import File, Found, Record

_PLAIN = frozenset(string.ascii_letters + string.digits + "_-")
_SMALL = 1 << 16
"""Bytes that are written without a second thought."""
_FEW = 8
"""Files that are removed without a second thought."""
_SPARE = 64


class Workspace:
    """The files of one attempt.

    Attributes:
        path: Where the program works; it exists and is empty.
        stdout: What it prints. None of the others exists before it is needed.
        stderr: Likewise.
    """

    def __init__(self, session: Path, path: Path) -> None:
        self._session = session
        self.path = path
        self.stdout = session / "logs" / f"{path.name}.stdout"
        self.stderr = session / "logs" / f"{path.name}.stderr"

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
        stdin = self.stdout.with_suffix(".stdin")
        _write(stdin, launch.stdin)
        return stdin

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
        return keep_outputs(self.path, found, self._session / "files" / self.path.name)

    def record(self, outs: dict[str, Found], exit_code: int) -> Record:
        """Return the result of the attempt."""
        return Record(outs, File(self.stdout), File(self.stderr), exit_code)

    def keep_logs(self) -> Path:
        """Give what was printed a directory of its own, and return that."""
        logs = self._session / "logs" / self.path.name
        make_private_directory(logs)
        for name in ("stdout", "stderr"):
            # A program that never started has printed nothing.
            with suppress(FileNotFoundError):
                rename(logs.with_name(f"{logs.name}.{name}"), logs / name)
        self.stdout, self.stderr = logs / "stdout", logs / "stderr"
        return logs


class Workspaces:
    """Gives each attempt an empty workspace, and uses those again that come back empty.

    To make and remove a directory takes some file systems longer than to run a short program.

    Args:
        session: Of the engine.
    """

    def __init__(self, session: SessionDirectory) -> None:
        self._session = session
        self._work: Path | None = None
        self._spare: list[Path] = []

    def open(self, work: ProgramWork) -> Workspace:
        """Return the files of an attempt, with an empty directory to work in.

        Raises:
            OSError: There is no room, or no permission.
        """
        if self._work is None:
            self._work = self._session.make("work")
            self._session.make("logs")
        task = "".join(c for c in work.label.partition("[")[0] if c in _PLAIN)
        path = self._work / f"{task}-{work.attempt.item}.{work.attempt.number}"
        if self._spare:
            rename(self._spare.pop(), path)
        else:
            make_private_directory(path)
        return Workspace(self._work.parent, path)

    def empty(self, space: Workspace) -> bool:
        """Empty a workspace that nobody works in, to use it again.

        Returns:
            False: That would take long, or it is not what it was; somebody has to `remove` it.
        """
        if len(self._spare) == _SPARE or not _is_private_directory(space.path):
            return False
        try:
            with os.scandir(space.path) as entries:
                inside = list(entries)
        except OSError:
            return False  # There is no descriptor left for it just now.
        if len(inside) > _FEW or any(each.is_dir(follow_symlinks=False) for each in inside):
            return False
        for each in inside:
            remove_file(Path(each.path))
        self._spare.append(space.path)
        return True

    def remove(self, space: Workspace) -> None:
        """Remove a workspace, however long that takes. May run on a thread."""
        remove_tree(space.path)


def is_quick(launch: Launch) -> bool:
    """Whether to prepare the files takes no time worth a thread."""
    if any(isinstance(content, File) for content in launch.files.values()):
        return False
    contents = [*launch.files.values(), launch.stdin or ""]
    return sum(len(each) for each in contents if not isinstance(each, File)) < _SMALL


def _write(path: Path, content: Text) -> None:
    if isinstance(content, File):
        copy_file(content.path, path)
    else:
        write_file(path, content.encode() if isinstance(content, str) else content)


def _is_private_directory(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISDIR(mode) and stat.S_IMODE(mode) == stat.S_IRWXU
