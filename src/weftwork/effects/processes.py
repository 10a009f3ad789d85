"""Processes of our own, and the names by which they are found again."""

import os
import signal
from collections.abc import Sequence

from weftwork.effects.points import CrashPoint, passing

_BLOCKED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def start_process(argv: Sequence[str], inherited: Sequence[int]) -> int:
    """Start a program in a session of its own and return its pid.

    It gets this process's environment, directory and stderr, and nothing to read.

    Args:
        argv: Path of the program, and its arguments.
        inherited: Descriptors that it has as 3, 4, ...

    Raises:
        OSError: It cannot be started.
    """
    passing(CrashPoint.SPAWN)
    targets = [(os.POSIX_SPAWN_DUP2, fd, 3 + index) for index, fd in enumerate(inherited)]
    return os.posix_spawn(
        argv[0],
        list(argv),
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            *targets,
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=_BLOCKED_BY_PYTHON,
    )


def unique_name() -> str:
    """Return 16 characters that nobody else on this machine has."""
    return os.urandom(8).hex()
