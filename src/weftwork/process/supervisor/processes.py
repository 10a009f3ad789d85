"""What /proc says about processes, and signals that cannot hit the wrong one."""

import os
import signal
from contextlib import suppress
from typing import NamedTuple

_LINE = 4096
_MOST = 1 << 18
"""Bytes; a longer environment is cut, and its process known by other means."""


Key = tuple[int, int]
"""Number and start of a process: what tells it from all others, past ones included."""


class Process(NamedTuple):
    """One living process as it was seen.

    Attributes:
        pid: Its number.
        parent: Its parent's.
        group: Its process group.
        session: Its session.
        start: When it started, clock ticks since boot: tells two holders of one number apart.
        stopped: Whether it is stopped by a signal.
    """

    pid: int
    parent: int
    group: int
    session: int
    start: int
    stopped: bool

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.pid, self.start


def look(pid: int | str) -> Process | None:
    """Return the process, or None if it is dead."""
    stat = _read(f"/proc/{pid}/stat", _LINE)
    if not stat:
        return None
    # The name in parentheses may hold anything, parentheses included.
    fields = stat[stat.rfind(b")") + 2 :].split()
    state, threads = fields[0], int(fields[17])
    # A zombie with threads is a program whose main thread has ended: it lives.
    if state in b"ZXx" and threads <= 1:
        return None
    return Process(
        int(pid), int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]), state == b"T"
    )


def scan() -> dict[int, Process]:
    """Return every living process by number."""
    return {
        process.pid: process
        for name in os.listdir("/proc")  # noqa: PTH208
        if name.isdigit() and (process := look(name)) is not None
    }


def own_children() -> set[int] | None:
    """Return the numbers of this process's children; None where the kernel does not list them."""
    me = os.getpid()
    try:
        fd = os.open(f"/proc/{me}/task/{me}/children", os.O_RDONLY)
    except OSError:
        return None
    try:
        listing = b""
        while chunk := os.read(fd, _LINE):
            listing += chunk
    finally:
        os.close(fd)
    return {int(pid) for pid in listing.split()}


def variable(pid: int, name: bytes) -> bytes:
    """Return a variable of the environment the process was started with, empty if it has none."""
    prefix = name + b"="
    for entry in _read(f"/proc/{pid}/environ", _MOST).split(b"\0"):
        if entry.startswith(prefix):
            return entry[len(prefix) :]
    return b""


def directory(pid: int) -> bytes:
    """Return where the process works, empty if that cannot be seen."""
    try:
        return os.readlink(f"/proc/{pid}/cwd".encode())  # noqa: PTH115
    except OSError:
        return b""


def send(process: Process, number: signal.Signals) -> bool:
    """Send a signal to exactly this process; return False if we may not."""
    try:
        fd = os.pidfd_open(process.pid)
    except OSError:
        return True
    try:
        # The descriptor holds the process; if it is still the one we saw, the signal cannot stray.
        now = look(process.pid)
        if now is not None and now.start == process.start:
            signal.pidfd_send_signal(fd, number)
    except PermissionError:
        return False
    except ProcessLookupError:
        pass
    finally:
        os.close(fd)
    return True


def send_group(group: int, number: signal.Signals) -> None:
    """Send a signal to all of a group at once, so that none can fork away from it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _read(path: str, most: int) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(fd, most)
    except OSError:
        return b""
    finally:
        os.close(fd)
