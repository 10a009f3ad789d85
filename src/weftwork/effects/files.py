"""Durable changes to the file system. Directories are 0700 and files 0600 from creation."""

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


def remove_tree(path: Path) -> None:
    """Remove `path` and all below it; what cannot be removed is left."""
    passing(CrashPoint.REMOVE_TREE)
    shutil.rmtree(path, ignore_errors=True)
