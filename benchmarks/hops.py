"""Chains: what one step after another costs, per mode."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import weftwork as ww
from benchmarks.rows import Budget, Row
from benchmarks.sizes import Size
from benchmarks.tasks import nap, napping, plain, plain_step, step
from benchmarks.watches import Took, interleaved, stopwatch

_BUDGETS = {"inline": 0.05, "threads": None, "processes": 0.3}
_CHAIN_BUDGETS = {"inline": 0.45, "threads": 0.45, "processes": 0.5}


def hop(size: Size) -> Iterator[Row]:
    """Measure one hop of a long chain, known from the beginning."""
    for mode, limit in _BUDGETS.items():
        for task in (step, plain_step):
            # An async function on a worker or a thread has a loop started for it.
            budget = limit if mode == "inline" or task is plain_step else None
            yield _hop(mode, task, size.of(2_000 if mode == "inline" else 1_000), budget, size)


def round_trip(size: Size) -> Iterator[Row]:
    """Measure one call that is awaited before the next is made."""
    count = size.of(1_000)
    for mode in _BUDGETS:
        took = interleaved(
            size.repeats,
            {"ours": partial(_awaited, mode, count), "raw": partial(_raw, mode, count)},
        )
        yield _row(f"round trip of `await f(x)`, {mode}", mode, count, took)


def naps(size: Size) -> Iterator[Row]:
    """Measure a chain of 20 tasks of 20 ms."""
    for mode, limit in _CHAIN_BUDGETS.items():
        took = interleaved(
            min(3, size.repeats),
            {"ours": partial(_naps, mode), "raw": _raw_naps},
        )
        yield Row(
            f"chain of 20 tasks of 20 ms, {mode}",
            took["ours"].wall,
            "s",
            Budget(limit),
            took["raw"].wall,
            "function calls",
            note=f"{took['ours'].cpu * 1e3:.0f} ms of CPU",
        )


Step = Callable[[int | ww.Item[int]], ww.Item[int]]


def _hop(mode: str, task: Step, count: int, limit: float | None, size: Size) -> Row:
    took = interleaved(
        size.repeats,
        {
            "ours": partial(_chain, mode, task, count),
            "raw": partial(_raw, mode, count),
        },
    )
    kind = "async" if task is step else "sync"
    return _row(f"one hop of a chain, {mode}, {kind} functions", mode, count, took, limit)


def _row(
    work: str, mode: str, count: int, took: dict[str, Took], limit: float | None = None
) -> Row:
    mine, bare = took["ours"], took["raw"]
    return Row(
        work,
        mine.wall / count * 1e3,
        "ms",
        None if limit is None else Budget(limit),
        bare.wall / count * 1e3,
        _RAW[mode],
        mine.cpu / bare.cpu if bare.cpu else None,
        f"{mine.cpu / count * 1e6:.0f} µs of CPU",
    )


async def _chain(mode: str, task: Step, count: int) -> Took:
    async with ww.WorkflowEngine(backend=mode, workers=2):
        await task(task(1))
        with stopwatch() as took:
            last = task(0)
            for _ in range(count - 1):
                last = task(last)
            await last
    return took


async def _awaited(mode: str, count: int) -> Took:
    async with ww.WorkflowEngine(backend=mode, workers=2):
        await step(1)
        with stopwatch() as took:
            for number in range(count):
                await step(number)
    return took


async def _naps(mode: str) -> Took:
    async with ww.WorkflowEngine(backend=mode, workers=2):
        await plain_step(1)
        with stopwatch() as took:
            last = nap(0)
            for _ in range(19):
                last = nap(last)
            await last
    return took


def _raw_naps() -> Took:
    with stopwatch() as took:
        for number in range(20):
            napping(number)
    return took


_RAW = {
    "inline": "await create_task(f(x))",
    "threads": "ThreadPoolExecutor.submit(f, x).result()",
    "processes": "ProcessPoolExecutor.submit(f, x).result()",
}


def _raw(mode: str, count: int) -> Took:
    if mode == "inline":
        return asyncio.run(_raw_tasks(count))
    pool: Executor = ThreadPoolExecutor(2) if mode == "threads" else ProcessPoolExecutor(2)
    with pool:
        pool.submit(plain, 1).result()
        with stopwatch() as took:
            for number in range(count):
                pool.submit(plain, number).result()
    return took


async def _raw_tasks(count: int) -> Took:
    with stopwatch() as took:
        for number in range(count):
            await asyncio.create_task(step.fn(number))
    return took
