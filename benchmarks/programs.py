"""Executables, beside posix_spawn in a loop with as many alive."""

import os
from collections.abc import Iterator
from functools import partial

import weftwork as ww
from benchmarks.rows import Budget, Of, Row
from benchmarks.sizes import Size
from benchmarks.watches import Took, interleaved, stopwatch

ALIVE = 16


@ww.executable(resources=ww.Resources(threads=0, limits={"alive": 1}))
def true() -> list[str]:
    """End at once."""
    return ["/bin/true"]


def throughput(size: Size) -> Iterator[Row]:
    """Measure how many programs are run in a second."""
    count = size.of(2_000)
    took = interleaved(size.repeats, {"ours": partial(_ours, count), "raw": partial(_raw, count)})
    mine, bare = took["ours"], took["raw"]
    yield Row(
        f"/bin/true, supervised, {ALIVE} alive, {count:,}",
        count / mine.wall,
        "programs/s",
        Budget(0.6, Of.RATIO, at_least=True),
        count / bare.wall,
        "posix_spawn",
        bare.cpu / mine.cpu,
        f"{mine.cpu / count * 1e6:.0f} µs of CPU a program, raw {bare.cpu / count * 1e6:.0f}",
    )


async def _ours(count: int) -> Took:
    async with ww.WorkflowEngine(limits={"alive": ALIVE}):
        await ww.gather(*[true() for _ in range(ALIVE)])
        with stopwatch() as took:
            await ww.gather(*[true() for _ in range(count)])
    return took


def _raw(count: int) -> Took:
    with stopwatch() as took:
        alive = 0
        for _ in range(count):
            if alive == ALIVE:
                os.wait()
                alive -= 1
            os.posix_spawn("/bin/true", ["/bin/true"], os.environ)
            alive += 1
        for _ in range(alive):
            os.wait()
    return took
