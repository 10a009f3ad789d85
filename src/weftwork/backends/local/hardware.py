"""What this process may use of the machine: affinity, control groups, GPUs, memory.

`Read` gives the text of a file, or None if it cannot be had, so that all of this can be told
of any machine.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

Read = Callable[[str], str | None]

_GROUPS = "/sys/fs/cgroup"
_NO_LIMIT = 1 << 60
"""Bytes from which a limit of control groups version 1 means none."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """What may be used.

    Attributes:
        present: Cores the machine has.
        affinity: Ids of the cores this process may run on.
        quota: Cores' worth of time its control group may use; None is no limit.
        gpus: Names of the devices as CUDA_VISIBLE_DEVICES takes them: numbers or UUIDs.
        memory: Bytes: the machine's, or the control group's limit where that is less.
    """

    present: int
    affinity: tuple[int, ...]
    quota: float | None
    gpus: tuple[str, ...]
    memory: int

    @property
    def gpu_ids(self) -> tuple[int, ...]:
        """The devices by number; by place in `gpus` where those are no numbers."""
        if all(name.isdigit() for name in self.gpus):
            return tuple(map(int, self.gpus))
        return tuple(range(len(self.gpus)))

    @property
    def gpu_names(self) -> tuple[str, ...]:
        """The name of each id, by id."""
        if all(name.isdigit() for name in self.gpus):
            return tuple(map(str, range(max(self.gpu_ids, default=-1) + 1)))
        return self.gpus

    @property
    def cores(self) -> tuple[int, ...]:
        """Ids of the cores to give out: no more than the quota keeps busy, at least one."""
        if self.quota is None:
            return self.affinity
        return self.affinity[: max(1, int(self.quota))]


def survey() -> Hardware:
    """Look at this machine."""
    try:
        affinity = tuple(sorted(os.sched_getaffinity(0)))
    except AttributeError:  # not on macOS
        affinity = tuple(range(os.cpu_count() or 1))
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Hardware(
        present=os.cpu_count() or 1,
        affinity=affinity,
        quota=cpu_quota(read_text),
        gpus=gpu_names(os.environ, len(list_directory("/proc/driver/nvidia/gpus"))),
        memory=min(total, memory_limit(read_text) or total),
    )


def read_text(path: str) -> str | None:
    """Return what the file holds, or None if it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def list_directory(path: str) -> list[str]:
    """Return the names in a directory; none if it cannot be read."""
    try:
        return sorted(entry.name for entry in Path(path).iterdir())
    except OSError:
        return []


def gpu_names(environment: Mapping[str, str], present: int) -> tuple[str, ...]:
    """Return the devices that may be used: those named in the environment, else all present.

    As in CUDA, -1 ends the list of names, and an empty list hides all devices.
    """
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(map(str, range(present)))
    names: list[str] = []
    for name in visible.split(","):
        if not name.strip() or name.strip() == "-1":
            break
        names.append(name.strip())
    return tuple(names)


def cpu_quota(read: Read) -> float | None:
    """Return the least quota of this process's control group and those above it, in cores."""
    quotas = [_quota_2(read(f"{group}/cpu.max")) for group in _groups(read, "")]
    quotas += [
        _quota_1(read(f"{group}/cpu.cfs_quota_us"), read(f"{group}/cpu.cfs_period_us"))
        for group in _groups(read, "cpu")
    ]
    return min((quota for quota in quotas if quota is not None), default=None)


def memory_limit(read: Read) -> int | None:
    """Return the least memory limit of this process's control group and those above it, bytes."""
    texts = [read(f"{group}/memory.max") for group in _groups(read, "")]
    texts += [read(f"{group}/memory.limit_in_bytes") for group in _groups(read, "memory")]
    limits = [int(text) for text in texts if text is not None and text.strip().isdigit()]
    return min((limit for limit in limits if limit < _NO_LIMIT), default=None)


def _groups(read: Read, controller: str) -> Iterator[str]:
    """Yield the directories of this process's group and of those above it.

    Args:
        read: Reads a file.
        controller: A controller of version 1, or "" for the one tree of version 2.
    """
    for line in (read("/proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controller not in controllers.split(","):
            continue
        mount = f"{_GROUPS}/{controllers}" if controllers else _GROUPS
        # In a container the path may be the host's; the directories that exist are ours.
        while path.strip("/"):
            yield f"{mount}/{path.strip('/')}"
            path = path.rpartition("/")[0]
        yield mount


def _quota_2(text: str | None) -> float | None:
    quota, _, period = (text or "").strip().partition(" ")
    if not quota.isdigit() or not period.isdigit() or not int(period):
        return None
    return int(quota) / int(period)


def _quota_1(quota: str | None, period: str | None) -> float | None:
    """Read a quota of version 1, in which -1 is no limit."""
    return _quota_2(f"{(quota or '').strip()} {(period or '').strip()}")
