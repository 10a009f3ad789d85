"""Functions on real worker processes: what they may do, and how they die."""

import asyncio
import os
import random
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from backends.worker_bench import is_alive, on_bench, pid
from weftwork.core.model import Attempt
from weftwork.engine.ports import (
    Lost,
    Started,
    Succeeded,
)
from weftwork.engine.work import FunctionWork
from weftwork.tasks.resources import Resources
from weftwork.tasks.task import task
from weftwork.testing.bench import Bench

pytestmark = pytest.mark.slow


@task
def talk(fifo: str) -> None:
    print("first")  # noqa: T201
    Path(fifo).read_text()
    print("second")  # noqa: T201


async def more_reports(bench: Bench, than: int) -> None:
    await bench.recorder.wait_until(lambda: len(bench.recorder.reports) > than)


async def run_all(bench: Bench, works: "dict[Attempt, tuple[int, FunctionWork]]") -> dict[int, int]:
    """Run works, again when they are lost, as an engine does; return tries by number."""
    tries = {number: 1 for number, _ in works.values()}
    seen = 0
    while works:
        await more_reports(bench, seen)
        reports, seen = bench.recorder.reports[seen:], len(bench.recorder.reports)
        for report in reports:
            if isinstance(report, Succeeded):
                number, _ = works.pop(report.attempt)
                assert report.value == number * number
            elif isinstance(report, Lost):
                number, work = works.pop(report.attempt)
                again = FunctionWork(bench.attempt(), work.task, work.arguments)
                tries[number] += 1
                works[again.attempt] = number, again
                bench.submit(again)
            else:
                assert isinstance(report, Started), report
    return tries


@task
def square(number: int) -> int:
    for step in range(10_000):
        number += step - step
    return number * number


N, KILLS = 1_000, 60


def children(process: int) -> list[int]:
    with suppress(OSError):
        text = Path(f"/proc/{process}/task/{process}/children").read_text()
        return [int(child) for child in text.split()]
    return []


def workers_of(engine: int) -> list[int]:
    """Return the processes that the supervisors of an engine run."""
    return [worker for supervisor in children(engine) for worker in children(supervisor)]


@pytest.mark.timeout(600)
def test_random_kills_of_workers_lose_nothing() -> None:
    """Each kill costs at most the one call that ran; everything else goes on elsewhere."""
    draw = random.Random(20)  # noqa: S311
    kills = 0

    async def play(bench: Bench) -> None:
        works = {
            (work := bench.call(square, number)).attempt: (number, work) for number in range(N)
        }
        bench.submit(*(work for _, work in works.values()))
        killer = asyncio.create_task(kill_again_and_again(bench))
        tries = await run_all(bench, works)
        killer.cancel()
        assert sum(tries.values()) - N <= kills

    async def kill_again_and_again(bench: Bench) -> None:
        nonlocal kills
        while kills < KILLS:
            await more_reports(bench, len(bench.recorder.reports) + 10)
            workers = workers_of(os.getpid())
            if workers:
                with suppress(ProcessLookupError):
                    os.kill(draw.choice(workers), signal.SIGKILL)
                    kills += 1

    on_bench(play, seconds=500)
    assert kills >= KILLS // 2


def test_a_worker_of_another_shape_makes_room() -> None:
    async def play(bench: Bench) -> None:
        cores = bench.backend.capacity.cores
        oldest = await bench.value(bench.call(pid))
        assert isinstance(oldest, int)
        ended = os.pidfd_open(oldest)
        for memory in range(1, cores + 1):
            shape = Resources(memory=memory)
            assert await bench.value(bench.call(pid, resources=shape)) != oldest
        gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(ended, gone.set)
        await gone.wait()
        asyncio.get_running_loop().remove_reader(ended)
        os.close(ended)

    on_bench(play)


def test_calls_that_only_wait_are_not_bound_by_cores(tmp_path: Path) -> None:
    fifos = [tmp_path / str(number) for number in range(4)]
    for fifo in fifos:
        os.mkfifo(fifo)

    async def play(bench: Bench) -> None:
        nothing = Resources(threads=0)
        attempts = bench.submit(*(bench.call(talk, str(fifo), resources=nothing) for fifo in fifos))
        # Opening one waits until somebody reads it, so all four must run before any may end.
        for stream in [await asyncio.to_thread(fifo.open, "w") for fifo in fifos]:
            stream.close()
        for attempt in attempts:
            assert isinstance(await bench.end(attempt), Succeeded)

    on_bench(play)


ENGINE = """
import asyncio, os, signal, sys
import weftwork as ww

@ww.task
def pid():
    return os.getpid()

async def main():
    async with ww.WorkflowEngine() as engine:
        worker = await pid()
        # Of `python -c BOOT ROOT START NAME` the file START lies in the shared directory.
        start = open(f"/proc/{worker}/cmdline").read().split("\\0")[4]
        supervisor = open(f"/proc/{worker}/stat").read().rpartition(")")[2].split()[1]
        print(worker, supervisor, os.path.dirname(start), flush=True)
        sys.stdin.readline()
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_an_engine_that_is_killed_leaves_no_worker_and_no_memory_behind() -> None:
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", ENGINE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as engine:
        assert engine.stdin is not None
        assert engine.stdout is not None
        worker, supervisor, shared = engine.stdout.readline().split()
        ended = os.pidfd_open(int(supervisor))
        assert Path(shared).is_dir()
        engine.stdin.write("\n")
        engine.stdin.flush()
        assert select.select([ended], [], [], 30.0)[0]
        os.close(ended)
    assert engine.returncode == -signal.SIGKILL
    assert not is_alive(int(worker))
    assert not Path(shared).exists()


@task
def granted() -> tuple[int, str | None, str | None]:
    """Return how many cores there are, and what is said of threads and devices."""
    cores = len(os.sched_getaffinity(0))
    return cores, os.environ.get("OMP_NUM_THREADS"), os.environ.get("CUDA_VISIBLE_DEVICES")


def test_a_worker_sees_what_it_was_granted() -> None:
    async def play(bench: Bench) -> None:
        assert await bench.value(bench.call(granted)) == (1, "1", "")
        two = bench.call(granted, resources=Resources(threads=bench.backend.capacity.cores))
        cores = bench.backend.capacity.cores
        assert await bench.value(two) == (cores, str(cores), "")

    on_bench(play)
