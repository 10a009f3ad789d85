"""What calls on workers print."""

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.worker_bench import on_bench
from weftwork.core.model import Attempt
from weftwork.engine.ports import (
    Printed,
)
from weftwork.tasks.task import task
from weftwork.testing.bench import Bench

pytestmark = pytest.mark.slow


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
