"""Large values: arrays from task to task, and one constant for all."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import weftwork as ww
from benchmarks import procs
from benchmarks.rows import Budget, Of, Row
from benchmarks.sizes import Size
from benchmarks.watches import Took, interleaved, stopwatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

WORKERS = 2
_LENGTH = 2**17  # float64: 1 MiB


def make(number: int) -> "Array":
    """Make 1 MiB."""
    import numpy as np  # noqa: PLC0415 - in the workers

    return np.full(_LENGTH, float(number))


def look(array: "Array") -> float:
    """Read all of an array."""
    return float(array.sum())


def first(array: "Array") -> float:
    """Read one element of an array."""
    return float(array[0])


make_task, look_task, first_task = ww.task(make), ww.task(look), ww.task(first)


def passed(size: Size) -> Iterator[Row]:
    """Pass 200 arrays of 1 MiB from one task to another."""
    count = size.of(200)
    took = interleaved(size.repeats, {"ours": partial(_ours, count), "raw": partial(_raw, count)})
    mine, bare = took["ours"], took["raw"]
    yield Row(
        f"{count} arrays of 1 MiB from task to task, worker processes",
        count / mine.wall,
        "arrays/s",
        Budget(3, Of.RATIO, at_least=True),
        count / bare.wall,
        "ProcessPoolExecutor",
        bare.cpu / mine.cpu,
        f"{mine.wall:.3f} s",
    )


def constant(size: Size) -> Iterator[Row]:
    """Give one constant of 256 MiB to 1,000 tasks."""
    count, length = size.of(1_000), size.of(256) * _LENGTH
    took, memory, summed = asyncio.run(_constant(count, length))
    held = length * 8
    yield Row(
        f"ww.constant of {held >> 20} MiB to {count:,} tasks: memory of all, over its size",
        summed / held,
        "x",
        Budget(3),
        note=f"RSS of engine, supervisor and workers, which have all read all of it; "
        f"{memory / held:.2f} where a shared page counts once",
    )
    yield Row(
        f"ww.constant of {held >> 20} MiB to {count:,} tasks: time",
        took.wall / count * 1e3,
        "ms a task",
        Budget(1),
        note=f"the first encoding included; {took.cpu / count * 1e6:.0f} µs of CPU",
    )


async def _ours(count: int) -> Took:
    async with ww.WorkflowEngine(workers=WORKERS):
        await ww.gather(*[look_task(make_task(number)) for number in range(8)])
        with stopwatch() as took:
            await ww.gather(*[look_task(make_task(number)) for number in range(count)])
    return took


def _raw(count: int) -> Took:
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(look, pool.map(make, range(8))))
        with stopwatch() as took:
            made = [pool.submit(make, number) for number in range(count)]
            for future in [pool.submit(look, each.result()) for each in made]:
                future.result()
    return took


async def _constant(count: int, length: int) -> tuple[Took, int, int]:
    import numpy as np  # noqa: PLC0415 - as the workers do

    async with ww.WorkflowEngine(workers=WORKERS):
        await first_task(make_task(1))
        shared = ww.constant(await asyncio.to_thread(np.ones, length))
        with stopwatch() as took:
            await ww.gather(*[first_task(shared) for _ in range(count)])
        # Until now each worker has read one page of it.
        await ww.gather(*[look_task(shared) for _ in range(4 * WORKERS)])
        all_of_us = procs.family()
        once, each = map(procs.proportional, all_of_us), map(procs.resident, all_of_us)
        return took, sum(once), sum(each)
