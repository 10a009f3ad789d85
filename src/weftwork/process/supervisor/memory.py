"""Whether the kernel killed something of ours for want of memory."""

import os
from collections.abc import Callable

_COUNTERS = (
    "/sys/fs/cgroup{path}/memory.events",
    "/sys/fs/cgroup/memory{path}/memory.oom_control",
    "/sys/fs/cgroup/memory/memory.oom_control",
    "/proc/vmstat",
)
"""Where kernels count: control groups 2 and 1, in a container; last the whole machine."""
_WORD = b"oom_kill "

Read = Callable[[str], bytes]
"""Returns what a file holds; nothing if it cannot be read."""


class OomKills:
    """The kernel's count of such kills, of our control group where there is one.

    Args:
        read: How to read a file; None: from the file system.
    """

    def __init__(self, read: Read | None = None) -> None:
        self._read = read or _read
        self._file = self._find()
        self._seen = self._count(self._file) or 0
        self._credit = 0

    def explain_one(self) -> bool:
        """Whether a death by SIGKILL that we did not cause is one that the kernel has counted."""
        count = self._count(self._file) or 0
        self._credit += count - self._seen
        self._seen = count
        if self._credit <= 0:
            return False
        self._credit -= 1
        return True

    def _find(self) -> str:
        """Return the file that counts most closely what happens to us."""
        paths = _own_groups(self._read("/proc/self/cgroup"))
        for pattern in _COUNTERS:
            for path in paths:
                file = pattern.format(path=path)
                if self._count(file) is not None:
                    return file
        return ""

    def _count(self, file: str) -> int | None:
        for line in self._read(file).splitlines():
            if line.startswith(_WORD):
                return int(line[len(_WORD) :])
        return None


def _own_groups(listing: bytes) -> list[str]:
    """Return the paths of our control groups, from lines such as `4:memory:/job/12`."""
    paths: list[str] = []
    for line in listing.decode(errors="surrogateescape").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers or "memory" in controllers.split(","):
            paths.append("" if path == "/" else path)
    return paths or [""]


def _read(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(fd, 65536)
    except OSError:
        return b""
    finally:
        os.close(fd)
