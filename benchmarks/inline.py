"""Async tasks that do nothing, on the engine's loop, beside bare asyncio tasks."""

import asyncio
from collections.abc import Iterator
from functools import partial

import weftwork as ww
from benchmarks.procs import peak
from benchmarks.rows import Budget, Of, Row
from benchmarks.sizes import Size
from benchmarks.tasks import nothing, pause
from benchmarks.watches import Took, interleaved, stopwatch

RAW = "asyncio tasks"


def throughput(size: Size) -> Iterator[Row]:
    """Measure the rate at 10^4, and a ratio."""
    count = size.of(10_000)
    took = interleaved(
        2 * size.repeats,
        {"ours": partial(ours, count), "raw": partial(raw, count)},
    )
    mine, bare = took["ours"], took["raw"]
    yield Row(
        f"inline async no-op tasks, {count:,}",
        count / mine.wall,
        "tasks/s",
        Budget(0.3, Of.RATIO, at_least=True),
        count / bare.wall,
        RAW,
        bare.cpu / mine.cpu,
        f"{mine.cpu / count * 1e6:.1f} µs of CPU a task, raw {bare.cpu / count * 1e6:.1f}",
    )


def growth(size: Size) -> Iterator[Row]:
    """Measure the time per task as the number of tasks grows."""
    counts = [size.of(full) for full in (1_000, 10_000, 100_000, 1_000_000)]
    took = [_best(count, size.repeats if count <= 100_000 else 1) for count in counts]
    each = [took.cpu / count * 1e6 for count, took in zip(counts, took, strict=True)]
    for index, count in enumerate(counts):
        ratio = each[1] / each[index]
        yield Row(
            f"growth: {count:,} inline tasks, rate over that at {counts[1]:,}",
            each[1] / each[index] if index != 1 else 1.0,
            "x",
            Budget(0.8, at_least=True) if index == 3 else None,
            note=f"{each[index]:.1f} µs of CPU a task; {took[index].wall:.2f} s",
            cpu_ratio=ratio,
        )


def fan_out(size: Size) -> Iterator[Row]:
    """Run 10^6 tasks through one gather."""
    count = size.of(1_000_000)
    bare = asyncio.run(raw(size.of(100_000)))
    mine = asyncio.run(ours(count))
    yield Row(
        f"fan-out of {count:,} tasks through ww.gather: peak RSS",
        peak() / 2**30,
        "GiB",
        Budget(1.5),
        note=f"{mine.wall:.1f} s, {count / mine.wall:,.0f} tasks/s; "
        f"raw {size.of(100_000) / bare.wall:,.0f}/s at {size.of(100_000):,}",
    )


def _best(count: int, repeats: int) -> Took:
    return interleaved(repeats, {"ours": partial(ours, count)}, least=True)["ours"]


async def ours(count: int) -> Took:
    """Run so many tasks in an engine that is open already."""
    async with ww.WorkflowEngine(backend="inline"):
        await nothing()
        with stopwatch() as took:
            await ww.gather(*[nothing() for _ in range(count)])
    return took


async def raw(count: int) -> Took:
    """Run so many asyncio tasks."""
    with stopwatch() as took:
        await asyncio.gather(*[asyncio.create_task(pause()) for _ in range(count)])
    return took
