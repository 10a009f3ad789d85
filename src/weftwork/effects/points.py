"""Every place where the world is changed, by name, so that a test can stop the program there."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import Enum


class CrashPoint(Enum):
    """A place just before one effect. What only reads the world is none."""

    MAKE_DIRECTORY = "make_directory"
    """A directory is about to be made."""
    REMOVE_TREE = "remove_tree"
    """A directory and all below it are about to be removed."""
    WRITE_FILE = "write_file"
    """A file is about to be made."""
    KEEP_FILE = "keep_file"
    """A file or directory is about to be moved to where it lives on."""
    SPAWN = "spawn"
    """A process is about to be started."""
    KILL = "kill"
    """A signal is about to be sent."""
    SET_TIMER = "set_timer"
    """A callback is about to be asked for."""
    DRAW = "draw"
    """A random number is about to be drawn."""


Watcher = Callable[[CrashPoint], None]


class _Watch:
    """Who is told of each point. One per process: effects have no other thing in common."""

    watcher: Watcher | None = None


def passing(point: CrashPoint) -> None:
    """Say that the effect `point` comes next. Whoever watches may raise or end the process."""
    if _Watch.watcher is not None:
        _Watch.watcher(point)


@contextmanager
def watched(watcher: Watcher) -> Generator[None, None, None]:
    """Tell `watcher` of each point that is passed in this process, from whatever thread."""
    before, _Watch.watcher = _Watch.watcher, watcher
    try:
        yield
    finally:
        _Watch.watcher = before
