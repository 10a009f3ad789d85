"""Programs under a supervisor, for tests."""

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import TypedDict, Unpack

from weftwork.process.client import End, Spawn, Supervisors

_TOKENS = count(1)


class Running:
    """One program that was started."""

    def __init__(self, supervisors: Supervisors, spawn: Spawn) -> None:
        self._supervisors = supervisors
        self.token = spawn.token
        self.ends: list[End] = []
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._pid: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        supervisors.spawn(spawn, self._ended, self._pid.set_result)

    def _ended(self, end: End) -> None:
        self.ends.append(end)
        if not self._end.done():
            self._end.set_result(end)

    async def end(self) -> End:
        """Return how it ended."""
        return await self._end

    async def pid(self) -> int:
        """Return its number once it was started."""
        return await self._pid

    def kill(self, grace: float) -> None:
        """End it."""
        self._supervisors.kill(self.token, grace)


class How(TypedDict, total=False):
    """The fields of a `Spawn` beside token, argv and env."""

    cwd: Path | None
    stdin: Path | None
    stdout: Path | None
    stderr: Path | None
    cpus: Sequence[int] | None
    fds: Sequence[int]


class Stage:
    """A place to run programs."""

    def __init__(self, supervisors: Supervisors) -> None:
        self.supervisors = supervisors

    def start(self, *argv: str, env: dict[str, str] | None = None, **how: Unpack[How]) -> Running:
        """Start a program, in the environment of the test unless one is given."""
        env = dict(os.environ) if env is None else env
        return Running(self.supervisors, Spawn(str(next(_TOKENS)), argv, env, **how))

    async def run(self, *argv: str, cwd: Path | None = None) -> End:
        """Run a program to its end."""
        return await self.start(*argv, cwd=cwd).end()


@asynccontextmanager
async def stage(*, grace: float = 0.2, most: int = 1) -> AsyncGenerator[Stage, None]:
    """Have supervisors, and nothing left of them at the end."""
    supervisors = Supervisors(grace=grace, most=most)
    try:
        yield Stage(supervisors)
    finally:
        await supervisors.close()


async def wait_dead(pid: int) -> None:
    """Wait for the death of any process."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, dead = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(fd, dead.set)
    await dead.wait()
    loop.remove_reader(fd)
    os.close(fd)
