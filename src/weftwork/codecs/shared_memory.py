"""The private directory of one engine in shared memory, removed even if the engine was killed."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # only private directories are made in it


class SharedDirectory:
    """A directory with mode 0700 in shared memory, and the lock that says its engine lives.

    Attributes:
        path: Where it is.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls, root: Path = SHARED_MEMORY) -> "SharedDirectory | None":
        """Make one; None where there is no shared memory.

        Directories of dead engines of the same user are removed first.
        """
        if not os.access(root, os.W_OK | os.X_OK):
            return None
        stem = f"weft-{os.getuid()}-"
        _remove_stale(root, stem)
        # Locked before it has the name that the line above looks for.
        new = Path(tempfile.mkdtemp(prefix="new-weft-", dir=root))
        lock = os.open(new, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return cls(new.rename(root / (stem + new.name.removeprefix("new-weft-"))), lock)

    def remove(self) -> None:
        """Remove it and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _remove_stale(root: Path, stem: str) -> None:
    for entry in os.scandir(root):
        if entry.name.startswith(stem) and entry.stat(follow_symlinks=False).st_uid == os.getuid():
            _remove_if_unlocked(entry.path)


def _remove_if_unlocked(path: str) -> None:
    try:
        lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(lock)
