"""Functions on worker processes, beside ProcessPoolExecutor with one task a call."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import weftwork as ww
from benchmarks.rows import Budget, Of, Row
from benchmarks.sizes import Size
from benchmarks.tasks import one, plain
from benchmarks.watches import Took, interleaved, stopwatch

RAW = "ProcessPoolExecutor.submit"
WORKERS = 2


def throughput(size: Size) -> Iterator[Row]:
    """Measure the rate of no-op functions on warm workers."""
    count, few = size.of(40_000, WORKERS), size.of(10_000, WORKERS)
    took = interleaved(
        size.repeats,
        {"ours": partial(ours, count), "raw": partial(raw, few)},
    )
    mine, bare = took["ours"], took["raw"]
    yield Row(
        f"no-op functions on {WORKERS} warm worker processes, {count:,}",
        count / mine.wall,
        "tasks/s",
        Budget(3, Of.RATIO, at_least=True),
        few / bare.wall,
        RAW,
        bare.cpu / few / (mine.cpu / count),
        f"{mine.cpu / count * 1e6:.0f} µs of CPU a task, raw {bare.cpu / few * 1e6:.0f}",
    )


async def ours(count: int) -> Took:
    """Run so many functions on warm workers."""
    async with ww.WorkflowEngine(workers=WORKERS):
        await ww.gather(*[one(number) for number in range(50 * WORKERS)])
        with stopwatch() as took:
            await ww.gather(*[one(number) for number in range(count)])
    return took


def raw(count: int) -> Took:
    """Run so many functions in a pool, one task a call."""
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(plain, range(50 * WORKERS)))
        with stopwatch() as took:
            for future in [pool.submit(plain, number) for number in range(count)]:
                future.result()
    return took
