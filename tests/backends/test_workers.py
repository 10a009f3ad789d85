"""Functions on real worker processes: what they may do, and how they die."""

import asyncio
import ctypes
import os
import random
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from weftwork.backends.local import processes
from weftwork.codecs.buffers import LARGE
from weftwork.core.model import Attempt, Cause
from weftwork.engine.ports import (
    BackendSettings,
    Cancelled,
    Lost,
    Printed,
    Started,
    Succeeded,
)
from weftwork.engine.work import FunctionWork
from weftwork.tasks.constant import Constant
from weftwork.tasks.resources import Resources
from weftwork.tasks.stored import Stored
from weftwork.tasks.task import task
from weftwork.tasks.workspace import workspace
from weftwork.testing.bench import Bench, End, opened

pytestmark = pytest.mark.slow

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


@task
def act(what: str) -> str:
    """Do something bad to the worker, and return if that is possible."""
    ACTS[what]()
    return "done"


def fork_and_return() -> None:
    if os.fork() == 0:
        return


def fork_and_raise() -> None:
    if os.fork() == 0:
        raise ValueError("the child")


def close_streams() -> None:
    for descriptor in (0, 1, 2):
        os.close(descriptor)


def print_binary() -> None:
    os.write(1, b"\xff\x00\n" * 1000)


def leave_thread() -> None:
    threading.Thread(target=threading.Event().wait).start()


def leave_process() -> None:
    subprocess.Popen(["/bin/sleep", "1000"])


def leave_exit_handler() -> None:
    import atexit  # noqa: PLC0415

    atexit.register(threading.Event().wait)


def close_stdout() -> None:
    sys.stdout.close()


def change_directory() -> None:
    os.chdir("/")


def set_handler() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


ACTS: dict[str, Callable[[], object]] = {
    "fork and return": fork_and_return,
    "fork and raise": fork_and_raise,
    "close the standard streams": close_streams,
    "close the stdout object": close_stdout,
    "close descriptors 3 to 99": lambda: os.closerange(3, 100),
    "print binary": print_binary,
    "leave a thread": leave_thread,
    "leave a process": leave_process,
    "leave an exit handler": leave_exit_handler,
    "change the directory": change_directory,
    "set a signal handler": set_handler,
}


def test_nothing_a_body_leaves_behind_does_harm() -> None:
    async def play(bench: Bench) -> None:
        first = await bench.value(bench.call(pid))
        for what in ACTS:
            assert await bench.value(bench.call(act, what)) == "done", what
            assert await bench.value(bench.call(pid)) == first, f"{what} cost the worker its life"

    on_bench(play)


@task
def where() -> str:
    return str(Path.cwd())


def test_a_changed_directory_is_not_the_next_calls() -> None:
    async def play(bench: Bench) -> None:
        await bench.value(bench.call(act, "change the directory"))
        assert await bench.value(bench.call(where)) == str(await asyncio.to_thread(Path.cwd))

    on_bench(play)


def test_what_a_body_started_dies_at_the_latest_with_the_engine() -> None:
    async def play(bench: Bench) -> int:
        await bench.value(bench.call(act, "leave a process"))
        worker = await bench.value(bench.call(pid))
        assert isinstance(worker, int)
        (child,) = children(worker)
        return child

    assert not is_alive(on_bench(play))


@task
def die(how: str) -> None:
    """End the process of the worker."""
    DEATHS[how]()


def send(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


DEATHS: dict[str, Callable[[], object]] = {
    "segfault": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "FPE": send(signal.SIGFPE),
    "BUS": send(signal.SIGBUS),
    "ILL": send(signal.SIGILL),
    "exit 7": lambda: os._exit(7),
    "exit 0": lambda: os._exit(0),
    "close all": lambda: os.closerange(0, 4096),
    "KILL": send(signal.SIGKILL),
    "TERM": send(signal.SIGTERM),
    "HUP": send(signal.SIGHUP),
}

FAULTS: dict[str, tuple[Cause, int, str]] = {
    "segfault": (Cause.SIGNAL, signal.SIGSEGV, "SIGSEGV in die["),
    "abort": (Cause.SIGNAL, signal.SIGABRT, "SIGABRT in die["),
    "FPE": (Cause.SIGNAL, signal.SIGFPE, "SIGFPE in die["),
    "BUS": (Cause.SIGNAL, signal.SIGBUS, "SIGBUS in die["),
    "ILL": (Cause.SIGNAL, signal.SIGILL, "SIGILL in die["),
    "exit 7": (Cause.EXIT_CODE, 7, "os._exit(7) in die["),
    "exit 0": (Cause.EXIT_CODE, 0, "os._exit(0) in die["),
    "close all": (Cause.EXIT_CODE, 113, "closed descriptors that are not its own"),
}


def test_a_death_by_its_own_doing_is_a_failure() -> None:
    async def play(bench: Bench) -> None:
        for how, (cause, number, text) in FAULTS.items():
            failure = await bench.failure(bench.call(die, how))
            assert failure.cause is cause, how
            assert number in (failure.signal, failure.exit_code), how
            assert text in failure.message

    on_bench(play)


def test_a_death_by_a_signal_from_outside_is_a_loss() -> None:
    async def play(bench: Bench) -> None:
        for how in ("KILL", "TERM", "HUP"):
            end = await bench.run(bench.call(die, how))
            assert isinstance(end, Lost)
            assert f"was killed from outside by SIG{how}" in end.message
        assert isinstance(await bench.value(bench.call(pid)), int)

    on_bench(play)


@task
def say(text: str, *, and_die: bool = False) -> int:
    print(text)  # noqa: T201
    if and_die:
        os._exit(3)
    return len(text)


def printed(bench: Bench, attempt: Attempt) -> str:
    return "".join(
        report.text
        for report in bench.recorder.reports
        if isinstance(report, Printed) and report.attempt == attempt
    )


def test_what_a_call_prints_is_its_own() -> None:
    async def play(bench: Bench) -> list[str]:
        works = [bench.call(say, text) for text in ("one", "two")]
        for work in works:
            await bench.value(work)
        return [printed(bench, work.attempt) for work in works]

    assert on_bench(play) == ["one\n", "two\n"]
    assert on_bench(play, quiet=True) == ["", ""]


@task
def talk(fifo: str) -> None:
    print("first")  # noqa: T201
    Path(fifo).read_text()
    print("second")  # noqa: T201


def test_what_a_long_call_prints_is_shown_before_it_ends(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    async def play(bench: Bench) -> str:
        (attempt,) = bench.submit(bench.call(talk, str(fifo)))
        await bench.recorder.wait_until(lambda: printed(bench, attempt) == "first\n")
        await asyncio.to_thread(fifo.write_text, "go on")
        await bench.end(attempt)
        return printed(bench, attempt)

    assert on_bench(play) == "first\nsecond\n"


def test_what_a_call_printed_before_it_killed_its_worker_is_kept_and_shown() -> None:
    async def play(bench: Bench) -> None:
        work = bench.call(say, "last words", kwargs={"and_die": True})
        failure = await bench.failure(work)
        assert failure.logs is not None
        kept = failure.logs / "output.log"
        assert await asyncio.to_thread(kept.read_text) == "last words\n"
        assert printed(bench, work.attempt) == "last words\n"

    on_bench(play)


def test_a_fault_leaves_its_traceback_in_the_logs() -> None:
    async def play(bench: Bench) -> None:
        failure = await bench.failure(bench.call(die, "segfault"))
        assert failure.logs is not None
        text = await asyncio.to_thread((failure.logs / "output.log").read_text)
        assert "Fatal Python error: Segmentation fault" in text
        assert "in die" in text

    on_bench(play)


@task
async def wait_stubbornly(fifo: str) -> None:
    Path(fifo).write_text("here")  # noqa: ASYNC240
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


def test_a_body_that_will_not_be_cancelled_is_killed_after_the_grace(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    async def play(bench: Bench) -> None:
        worker = await bench.value(bench.call(pid))
        (attempt,) = bench.submit(bench.call(wait_stubbornly, str(fifo)))
        await asyncio.to_thread(fifo.read_text)
        bench.cancel(attempt)
        assert isinstance(await bench.end(attempt), Cancelled)
        assert isinstance(worker, int)
        assert not is_alive(worker)

    on_bench(play)


@task
async def add_up(*numbers: int) -> int:
    await asyncio.to_thread(int)
    return sum(numbers)


def test_async_bodies_follow_each_other_on_one_loop() -> None:
    async def play(bench: Bench) -> None:
        works = [bench.call(add_up, number, 1) for number in range(200)]
        for number, attempt in enumerate(bench.submit(*works)):
            end = await bench.end(attempt)
            assert isinstance(end, Succeeded)
            assert end.value == number + 1

    on_bench(play)


@task
def double(array: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> object:
    array *= 2.0
    return array


@task
def total(array: "np.ndarray[tuple[int], np.dtype[np.float64]]", part: float) -> float:
    return float(array.sum()) * part


def test_arrays_go_from_call_to_call_unopened_and_their_files_go() -> None:
    async def play(bench: Bench) -> None:
        shelf = bench.site.shelf
        item = double(np.ones(1))
        end: End = Succeeded(bench.attempt(), np.ones(LARGE))
        for _ in range(5):
            assert isinstance(end, Succeeded)
            end = await bench.run(bench.call(double, item, values=[end.value]))
        assert isinstance(end, Succeeded)
        value = end.value
        assert isinstance(value, Stored)
        del end
        bench.submitted.clear()
        bench.recorder.forget()
        array = np.asarray(value.load())
        assert array.tolist() == [32.0] * LARGE
        files = [entry.name for entry in shelf.shared.iterdir() if entry.name.startswith("worker")]
        assert len(files) == 1, "only the last result is still named by anybody"

    on_bench(play)


def test_a_constant_is_encoded_once_and_loaded_once_by_each_worker() -> None:
    async def play(bench: Bench) -> None:
        constant: Constant[object] = Constant(np.ones(LARGE))
        works = [bench.call(total, constant, number) for number in range(50)]
        for number, attempt in enumerate(bench.submit(*works)):
            end = await bench.end(attempt)
            assert isinstance(end, Succeeded)
            assert end.value == number * LARGE
        large = [
            entry for entry in bench.site.shelf.shared.iterdir() if entry.stat().st_size >= LARGE
        ]
        assert len(large) == 1

    on_bench(play)


@task
def take_all(*values: object) -> int:
    return len(values)


@task
def give(count: int) -> list[int]:
    return list(range(count))


def test_calls_and_results_of_any_size_arrive() -> None:
    async def play(bench: Bench) -> None:
        for count in (0, 1, 1000, 100_000):
            assert await bench.value(bench.call(take_all, *range(count))) == count
            assert await bench.value(bench.call(give, count)) == list(range(count))
        items = [give(number) for number in range(2000)]
        assert await bench.value(bench.call(take_all, *items, values=["x" * 100] * 2000)) == 2000

    on_bench(play)


@task
def find_workspace(*, fail: bool) -> str:
    (workspace() / "file").write_text("x")
    if fail:
        raise ValueError(str(workspace()))
    return f"{workspace()}{os.pathsep}{Path.cwd()}"


@pytest.mark.parametrize("keep", [False, True])
def test_a_workspace_is_the_working_directory_and_goes_after_success(keep: bool) -> None:
    async def play(bench: Bench) -> None:
        value = await bench.value(
            bench.call(find_workspace, kwargs={"fail": False}, workspace=True)
        )
        path, directory = str(value).split(os.pathsep)
        assert path == directory
        assert await asyncio.to_thread(Path(path).exists) == keep
        failed = bench.call(find_workspace, kwargs={"fail": True}, workspace=True)
        failure = await bench.failure(failed)
        left = Path(str(failure.exception)) / "file"
        assert await asyncio.to_thread(left.read_text) == "x"

    on_bench(play, keep=keep)


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
