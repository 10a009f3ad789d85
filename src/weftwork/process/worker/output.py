"""What the functions of a worker print: one file for each attempt that prints anything."""

import faulthandler
import fcntl
import os
import sys
from contextlib import suppress
from io import TextIOWrapper

from weftwork.process.worker.wire import HEAD, OUTPUT, place_of


class Output:
    """Descriptors 0, 1 and 2 of the worker, put right after each call whatever it did to them.

    Both outputs go to one file of the worker. If it is not empty after a call, it is what that
    call printed: the file moves to the directory of the attempt, and a new one takes its place.

    Args:
        directory: Of the logs of all attempts.
        name: Of the worker.
        lowest: From here on a descriptor is out of the way of what tasks do.
    """

    def __init__(self, directory: str, name: str, lowest: int) -> None:
        self._directory = directory
        self._path = f"{directory}/{name}.log"
        self._log = _moved(_open(self._path), lowest)
        self._input = _moved(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), lowest)
        self._streams = (_set_up(1), _set_up(2))
        self.restore()
        faulthandler.enable(self._log)

    def restore(self) -> None:
        """Put descriptors and streams back to where they belong."""
        os.dup2(self._input, 0)
        os.dup2(self._log, 1)
        os.dup2(self._log, 2)
        if sys.stdout is not self._streams[0] or sys.stderr is not self._streams[1]:
            sys.stdout, sys.stderr = self._streams
        if self._streams[0].closed or self._streams[1].closed:
            self._streams = sys.stdout, sys.stderr = _set_up(1), _set_up(2)

    def collect(self, label: str, number: int) -> tuple[str | None, str]:
        """Return the directory of what was printed since the last call, and how it begins.

        Args:
            label: Of the item.
            number: Of the attempt, which has a directory only if it printed.
        """
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        if os.lseek(self._log, 0, os.SEEK_END) == 0:
            return None, ""
        return self._move(place_of(label, number))

    def _move(self, place: str) -> tuple[str, str]:
        target = f"{self._directory}/{place}"
        os.makedirs(target, 0o700, exist_ok=True)  # noqa: PTH103  # pathlib is slow to import
        os.rename(self._path, f"{target}/{OUTPUT}")  # noqa: PTH104
        head = os.pread(self._log, HEAD, 0).decode(errors="replace")
        fresh = _open(self._path)
        os.dup2(fresh, self._log, inheritable=False)
        os.close(fresh)
        # Else the next call would go on writing to the file that has just moved away.
        self.restore()
        return target, head


def _set_up(descriptor: int) -> TextIOWrapper:
    # By lines, so that they survive a crash of the worker.
    return open(
        descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )


def _open(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _moved(descriptor: int, lowest: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, lowest)
    os.close(descriptor)
    return moved
