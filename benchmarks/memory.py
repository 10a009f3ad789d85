"""What is held: bytes per pending item, naps of an idle engine, threads and descriptors."""

import asyncio
import gc
import os
from collections.abc import Iterator

import weftwork as ww
from benchmarks import procs
from benchmarks.rows import Budget, Row
from benchmarks.sizes import Size
from benchmarks.tasks import one, step


@ww.task
async def gate(opened: asyncio.Event) -> int:
    """Wait until it is opened."""
    await opened.wait()
    return 0


@ww.task
async def behind(first: int, number: int) -> int:
    """Take the value of the gate."""
    return first + number


def pending(size: Size) -> Iterator[Row]:
    """Measure the memory of items that wait for one other."""
    for full in (100_000, 1_000_000):
        count = size.of(full)
        held = asyncio.run(_pending(count))
        yield Row(
            f"memory per pending item, {count:,} behind one",
            held / count,
            "bytes",
            Budget(1_000),
            note="growth of RSS, the user's list of them included",
        )


def idle(size: Size) -> Iterator[Row]:
    """Count how often an engine wakes that has nothing to do."""
    count, watched = size.of(1_000), size.seconds(10)
    for mode in ("inline", "processes"):
        own, others = asyncio.run(_idle(mode, count, watched))
        yield Row(
            f"idle {mode} engine, {count:,} waiting items: naps in {watched:g} s",
            own,
            "naps",
            Budget(2),
            note=f"voluntary context switches of all its threads; of its children: {others}",
        )


def leaks(size: Size) -> Iterator[Row]:
    """Count threads and descriptors of an engine at rest, and after 10^5 tasks."""
    count = size.of(100_000)
    for mode in ("inline", "threads", "processes"):
        before, rest, after = asyncio.run(_leaks(mode, count))
        yield Row(
            f"{mode} engine: threads and descriptors more after {count:,} tasks than before",
            max(0, sum(after) - sum(rest)),
            "",
            Budget(0),
            note=f"threads, descriptors: {before} without, {rest} at rest, {after} after",
        )


async def _pending(count: int) -> int:
    opened = asyncio.Event()
    async with ww.WorkflowEngine(backend="inline"):
        await step(1)
        first = gate(opened)
        gc.collect()
        before = procs.resident(os.getpid())
        items = [behind(first, number) for number in range(count)]
        await _settled(items[-1])
        held = procs.resident(os.getpid()) - before
        opened.set()
        await ww.gather(*items)
    return held


async def _settled(last: ww.Item[int]) -> None:
    """Wait until the engine has taken all in: what is asked later is done later."""
    await step(0)
    assert not last.done()  # noqa: S101 - it waits for the gate


async def _idle(mode: str, count: int, watched: float) -> tuple[int, int]:
    opened = asyncio.Event()
    async with ww.WorkflowEngine(backend=mode, workers=2):
        await one(1)
        first = gate.options(backend="inline")(opened)
        items = [behind(first, number) for number in range(count)]
        await asyncio.sleep(1)  # what the start left to do is done
        before = {pid: procs.naps(pid) for pid in procs.family()}
        await asyncio.sleep(watched)
        slept = {pid: procs.naps(pid) - before[pid] for pid in before}
        opened.set()
        await ww.gather(*items)
    own = slept.pop(os.getpid())
    return own, sum(slept.values())


async def _leaks(mode: str, count: int) -> tuple[tuple[int, int], ...]:
    before = _held()
    async with ww.WorkflowEngine(backend=mode, workers=2):
        await ww.gather(*[one(number) for number in range(100)])
        rest = _held()
        for _ in range(10):
            await ww.gather(*[one(number) for number in range(count // 10)])
        return before, rest, _held()


def _held() -> tuple[int, int]:
    return procs.threads(os.getpid()), procs.descriptors()
