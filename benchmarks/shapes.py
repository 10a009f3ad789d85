"""Graphs of other shapes: a fan, a grid, many blocks."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TypeVar

import weftwork as ww
from benchmarks.rows import Row
from benchmarks.sizes import Size
from benchmarks.tasks import one, pair, plain_total, step, three, total
from benchmarks.watches import Took, interleaved, stopwatch

_RAW = "asyncio tasks"

C = TypeVar("C")


def fan_in(size: Size) -> Iterator[Row]:
    """Give the results of 10^4 tasks to one."""
    width = size.of(10_000)
    yield await_row(f"fan of {width:,} to one, inline", width + 1, "inline", _fan, _raw_fan, size)
    yield await_row(
        f"fan of {width:,} to one, processes", width + 1, "processes", _worker_fan, _raw_fan, size
    )


def grid(size: Size) -> Iterator[Row]:
    """Run a grid of 50 x 20 in which each takes its two neighbours' results."""
    rows, columns = size.of(50), size.of(20)

    async def ours(_: int) -> None:
        await ww.gather(*_grid(rows, columns, step, pair)[-1])

    async def raw(_: int) -> None:
        await asyncio.gather(*_grid(rows, columns, _raw_step, _raw_pair)[-1])

    count = rows * columns
    for mode in ("inline", "processes"):
        yield await_row(f"grid of {rows} x {columns}, {mode}", count, mode, ours, raw, size)


def blocks(size: Size) -> Iterator[Row]:
    """Run 10^3 blocks of three tasks at once."""
    count = size.of(1_000)

    async def ours(_: int) -> None:
        await ww.gather(*[three(number) for number in range(count)])

    async def raw(_: int) -> None:
        await asyncio.gather(*[asyncio.create_task(_raw_three(number)) for number in range(count)])

    for mode in ("inline", "processes"):
        yield await_row(
            f"{count:,} concurrent blocks of three tasks, {mode}", 3 * count, mode, ours, raw, size
        )


Flow = Callable[[int], Awaitable[None]]


def await_row(work: str, count: int, mode: str, ours: Flow, raw: Flow, size: Size) -> Row:
    """Measure a flow in an open engine beside the same in bare asyncio."""
    took = interleaved(
        size.repeats,
        {
            "ours": partial(_in_engine, mode, ours, count),
            "raw": partial(_bare, raw, count),
        },
    )
    mine, bare = took["ours"], took["raw"]
    return Row(
        work,
        mine.wall / count * 1e6,
        "µs a task",
        None,
        bare.wall / count * 1e6,
        _RAW,
        mine.cpu / bare.cpu if bare.cpu else None,
        f"{mine.wall:.3f} s in all; {mine.cpu / count * 1e6:.0f} µs of CPU a task",
    )


async def _in_engine(mode: str, flow: Flow, count: int) -> Took:
    async with ww.WorkflowEngine(backend=mode, workers=2):
        await ww.gather(*[step(number) for number in range(10)])
        with stopwatch() as took:
            await flow(count)
    return took


async def _bare(flow: Flow, count: int) -> Took:
    with stopwatch() as took:
        await flow(count)
    return took


async def _fan(count: int) -> None:
    await total([step(number) for number in range(count - 1)])


async def _worker_fan(count: int) -> None:
    await plain_total([one(number) for number in range(count - 1)])


async def _raw_fan(count: int) -> None:
    tasks = [asyncio.create_task(step.fn(number)) for number in range(count - 1)]
    await asyncio.create_task(total.fn(await asyncio.gather(*tasks)))


async def _raw_three(number: int) -> int:
    for _ in range(3):
        number = await asyncio.create_task(step.fn(number))
    return number


def _raw_step(number: int) -> "asyncio.Task[int]":
    return asyncio.create_task(step.fn(number))


def _raw_pair(a: "asyncio.Task[int]", b: "asyncio.Task[int]") -> "asyncio.Task[int]":
    async def add() -> int:
        return await pair.fn(await a, await b)

    return asyncio.create_task(add())


def _grid(
    rows: int, columns: int, first: Callable[[int], C], both: Callable[[C, C], C]
) -> list[list[C]]:
    cells = [[first(column) for column in range(columns)]]
    for _ in range(rows - 1):
        above = cells[-1]
        line = [first(0)]
        for column in range(1, columns):
            line.append(both(above[column], line[column - 1]))
        cells.append(line)
    return cells
