"""Whether the kernel killed something of ours for want of memory."""

import os

_COUNTERS = (
    ("/sys/fs/cgroup{path}/memory.events", b"oom_kill"),
    ("/sys/fs/cgroup/memory{path}/memory.oom_control", b"oom_kill"),
    ("/sys/fs/cgroup/memory/memory.oom_control", b"oom_kill"),
    ("/proc/vmstat", b"oom_kill"),
)
"""Where kernels count such kills: control groups 2 and 1, in a container, the whole machine."""


class OomKills:
    """The kernel's count of such kills, of our control group where there is one."""

    def __init__(self) -> None:
        paths = _own_groups()
        self._counters = [
            (file, word)
            for pattern, word in _COUNTERS
            for file in {pattern.format(path=path) for path in paths}
            if _count(file, word) is not None
        ]
        self._seen = self._counts()
        self._credit = 0

    def explain_one(self) -> bool:
        """Whether a death by SIGKILL that we did not cause is one that the kernel has counted."""
        counts = self._counts()
        risen = [now - before for now, before in zip(counts, self._seen, strict=True)]
        self._seen = counts
        self._credit += max(risen, default=0)
        if self._credit == 0:
            return False
        self._credit -= 1
        return True

    def _counts(self) -> list[int]:
        return [_count(file, word) or 0 for file, word in self._counters]


def _own_groups() -> list[str]:
    """Return the paths of our control groups, from lines such as `4:memory:/job/12`."""
    paths: list[str] = []
    for line in _read("/proc/self/cgroup").decode(errors="surrogateescape").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "" or "memory" in controllers.split(","):
            paths.append("" if path == "/" else path)
    return paths or [""]


def _count(file: str, word: bytes) -> int | None:
    for line in _read(file).splitlines():
        if line.startswith(word + b" "):
            return int(line[len(word) + 1 :])
    return None


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
