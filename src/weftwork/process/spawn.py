"""What to start and how it ended, as the engine says it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from weftwork.process.supervisor.messages import Ended, EndKind, Start

_STRINGS = 1024
"""Names and values of variables that are remembered: most are those of the last program, too."""


@dataclass(frozen=True, slots=True)
class Spawn:
    """What to start, and how.

    Attributes:
        token: Its name here, unique among what lives.
        argv: Program and arguments. A program without a slash is sought on the PATH of `env`.
        env: Its environment; `WEFT_TOKEN` is added.
        cwd: Where it works, absolute; None: as this process did when its supervisor was started.
        stdin: File to read; None: nothing to read.
        stdout: File to make, mode 0600; it must not exist. None: thrown away.
        stderr: As `stdout`; the same path means the same file.
        cpus: Cores it may use; None: all that we may.
        fds: Descriptors that it has as 3, 4, ...; they may be closed once `spawn` has returned.
    """

    token: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path | None = None
    stdin: Path | None = None
    stdout: Path | None = None
    stderr: Path | None = None
    cpus: Sequence[int] | None = None
    fds: Sequence[int] = ()


class End(NamedTuple):
    """How a program ended.

    Attributes:
        kind: How, or why it never began.
        exit_code: Where the kind is "exit".
        signal: Number of the signal, where the kind is "signal".
        message: What was wrong, where it never began or was lost.
        max_rss: Its largest resident size, bytes.
        oom: Whether the kernel killed it for want of memory.
        killed: Whether `kill` came before its end.
        remains: Whether something that it left behind may not be dead yet. It soon will be.
    """

    kind: EndKind
    exit_code: int | None = None
    signal: int | None = None
    message: str = ""
    max_rss: int = 0
    oom: bool = False
    killed: bool = False
    remains: bool = False


def end_of(ended: Ended) -> End:
    """Return the end that a supervisor tells."""
    return End(
        ended.kind,
        ended.code if ended.kind == "exit" else None,
        ended.code if ended.kind == "signal" else None,
        ended.message,
        ended.max_rss,
        ended.oom,
        ended.killed,
        ended.remains,
    )


def start_order(spawn: Spawn, mark: bytes) -> Start:
    """Return the order that starts it, as a supervisor takes it."""
    return Start(
        spawn.token,
        mark,
        [os.fsencode(argument) for argument in spawn.argv],
        {_encoded(key): _encoded(value) for key, value in spawn.env.items()},
        _path(spawn.cwd),
        _path(spawn.stdin),
        _path(spawn.stdout),
        _path(spawn.stderr),
        None if spawn.cpus is None else list(spawn.cpus),
        len(spawn.fds),
    )


@lru_cache(_STRINGS)
def _encoded(text: str) -> bytes:
    return os.fsencode(text)


def _path(path: Path | None) -> bytes | None:
    return None if path is None else os.fsencode(path)
