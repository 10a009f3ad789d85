"""Durable changes to the file system. Directories are 0700 and files 0600 from creation."""

import errno
import shutil
import tempfile
from pathlib import Path

from weftwork.effects.points import CrashPoint, passing


def make_session_directory(parent: Path | None) -> Path:
    """Make and return a new private directory below `parent` (None: the temporary directory)."""
    passing(CrashPoint.MAKE_DIRECTORY)
    return Path(tempfile.mkdtemp(prefix="weft-", dir=parent))


def make_private_directory(path: Path) -> None:
    """Make `path` and the missing ones above it, each with mode 0700."""
    missing = [path]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for directory in reversed(missing):
        passing(CrashPoint.MAKE_DIRECTORY)
        directory.mkdir(mode=0o700, exist_ok=True)


def write_file(path: Path, content: bytes) -> None:
    """Make a file of mode 0600 that holds `content`. It must not exist."""
    passing(CrashPoint.WRITE_FILE)
    path.touch(0o600, exist_ok=False)
    path.write_bytes(content)


def copy_file(source: Path, target: Path) -> None:
    """Make a copy of a file or directory, with its modes. `target` must not exist."""
    passing(CrashPoint.WRITE_FILE)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def keep_file(source: Path, target: Path) -> None:
    """Move a file or directory; of a symbolic link, make a copy of what it stands for."""
    make_private_directory(target.parent)
    if source.is_symlink():
        copy_file(source.resolve(), target)
        return
    passing(CrashPoint.KEEP_FILE)
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.move(source, target)


def rename(source: Path, target: Path) -> None:
    """Give a file or directory another name on the same file system."""
    passing(CrashPoint.KEEP_FILE)
    source.rename(target)


def remove_file(path: Path) -> None:
    """Remove a file."""
    passing(CrashPoint.REMOVE_TREE)
    path.unlink()


def remove_tree(path: Path) -> None:
    """Remove `path` and all below it; what cannot be removed is left."""
    passing(CrashPoint.REMOVE_TREE)
    shutil.rmtree(path, ignore_errors=True)
