"""Processes as /proc shows them."""

import os
from pathlib import Path

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")


def family() -> list[int]:
    """Return the numbers of this process and of all its descendants, this one first."""
    parents: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdecimal() and (facts := _stat(int(folder.name))):
            parents.setdefault(int(facts[1]), []).append(int(folder.name))
    found = [os.getpid()]
    for pid in found:
        found += parents.get(pid, [])
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and of the children it has reaped; 0 if it ended."""
    return sum(map(int, _stat(pid)[11:15])) / _TICK


def threads(pid: int) -> int:
    """Return how many threads a process has."""
    return len(list(_PROC.joinpath(str(pid), "task").iterdir()))


def descriptors() -> int:
    """Return how many descriptors this process has open."""
    # Less the one of the listing itself.
    return len(list(_PROC.joinpath("self/fd").iterdir())) - 1


def resident(pid: int) -> int:
    """Return bytes of memory that a process holds, shared ones included; 0 if it ended."""
    return _field(_PROC / str(pid) / "status", "VmRSS:")


def proportional(pid: int) -> int:
    """Return bytes of memory that a process holds, those shared by n counted as an n-th."""
    return _field(_PROC / str(pid) / "smaps_rollup", "Pss:")


def peak() -> int:
    """Return the most bytes of memory that this process has held."""
    return _field(_PROC / "self/status", "VmHWM:")


def naps(pid: int) -> int:
    """Return how often the threads of a process have gone to sleep (voluntary switches)."""
    tasks = _PROC.joinpath(str(pid), "task").iterdir()
    return sum(_number(task / "status", "voluntary_ctxt_switches:") for task in tasks)


def _stat(pid: int) -> list[str]:
    """Return the fields after the name, the state first; empty if there is no such process."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def _field(file: Path, name: str) -> int:
    return 1024 * _number(file, name)


def _number(file: Path, name: str) -> int:
    try:
        lines = file.read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(name))
