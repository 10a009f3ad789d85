"""A bench with workers on it, and what is asked of processes."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from weftwork.backends.local import processes
from weftwork.engine.ports import (
    BackendSettings,
)
from weftwork.tasks.task import task
from weftwork.testing.bench import Bench, opened

T = TypeVar("T")


def on_bench(
    play: Callable[[Bench], Awaitable[T]],
    *,
    quiet: bool = False,
    keep: bool = False,
    seconds: float = 60.0,
) -> T:
    """Return what the play on a fresh backend comes to."""

    async def main() -> T:
        settings = BackendSettings(grace=0.5, quiet=quiet, keep=keep)
        async with opened(processes, settings, seconds=seconds) as bench:
            return await play(bench)

    return asyncio.run(main())


def is_alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


@task
def pid(_: object = None) -> int:
    return os.getpid()
