"""What bodies may do to a worker without harm to others."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from backends.worker_bench import is_alive, on_bench, pid
from weftwork.core.model import Cause
from weftwork.engine.ports import (
    Cancelled,
    Lost,
    Succeeded,
)
from weftwork.tasks.task import task
from weftwork.testing.bench import Bench

pytestmark = pytest.mark.slow


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


def children(process: int) -> list[int]:
    with suppress(OSError):
        text = Path(f"/proc/{process}/task/{process}/children").read_text()
        return [int(child) for child in text.split()]
    return []
