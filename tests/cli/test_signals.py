"""Ctrl-C once, twice, three times, SIGTERM and SIGHUP, on real runs of programs that take long."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

Write = Callable[[str], Path]

LONG = """
@ww.executable
def program(seconds: str):
    return ["sleep", seconds]

@ww.executable
def stubborn(seconds: str):
    return ["sh", "-c", f"trap '' TERM INT HUP; exec sleep {seconds}"]

@ww.task
def function(x: int):
    import signal
    signal.pause()

@ww.block
async def gentle(seconds: str):
    await ww.gather(program(seconds), program(seconds))

@ww.block
async def hard(seconds: str):
    await ww.gather(stubborn(seconds), stubborn(seconds))

@ww.block
async def functions(seconds: str):
    await ww.gather(function(1), function(2))

def plain(seconds: str):
    with ww.WorkflowEngine() as engine:
        program(seconds).result()

@ww.block
async def deaf(seconds: str):
    item = program(seconds)
    while True:
        try:
            await item
        except BaseException:
            pass
"""


class Running:
    """A `weft run` under way, and the programs it started, known by how long they would sleep."""

    def __init__(self, path: Path, name: str) -> None:
        self.seconds = f"600.{os.getpid()}{id(self)}"
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "weftwork.cli.main", "run", f"{path}:{name}", self.seconds],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []

    def wait_for(self, *words: str) -> None:
        """Read what it says up to a line with all these words."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))
            if all(word in line for word in words):
                return
        pytest.fail(f"ended without saying {words}: {self.said}")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Read the rest and return the exit code."""
        assert self.process.stderr is not None
        self.said += self.process.stderr.read().splitlines()
        return self.process.wait()

    def programs(self) -> list[int]:
        """Return the pids of the programs that live."""
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and entry.name != str(self.process.pid):
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if self.seconds.encode() in words:
                    found.append(int(entry.name))
        return found

    def wait_until_programs_ended(self) -> None:
        """Wait until none lives; fail after 5 seconds."""
        for pid in self.programs():
            try:
                watched = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            readable, _, _ = select.select([watched], [], [], 5)
            os.close(watched)
            assert readable, f"program {pid} lives on"

    def close(self) -> None:
        """Leave nothing behind, whatever the test found."""
        self.process.kill()
        self.process.communicate()
        for pid in self.programs():
            os.kill(pid, signal.SIGKILL)


@contextmanager
def running(path: Path, name: str) -> Generator[Running, None, None]:
    """Start a run, and leave nothing of it behind."""
    run = Running(path, name)
    try:
        yield run
    finally:
        run.close()


@pytest.mark.parametrize(
    ("number", "code", "name"),
    [
        (signal.SIGINT, 130, "Ctrl-C"),
        (signal.SIGTERM, 143, "SIGTERM"),
        (signal.SIGHUP, 129, "SIGHUP"),
    ],
)
def test_one_signal_ends_the_programs_and_says_so(
    script: Write, number: signal.Signals, code: int, name: str
) -> None:
    with running(script(LONG), "gentle") as run:
        run.wait_for("program:", "running")
        run.send(number)
        assert run.end() == code
        assert run.programs() == []
    said = "\n".join(run.said)
    assert f"weft: {name}: ending the tasks" in said
    assert "weft: stopped before the end" in said
    assert "2 tasks: 0 succeeded, 2 cancelled" in said
    assert "Traceback" not in said


def test_a_running_function_is_ended_too(script: Write) -> None:
    with running(script(LONG), "functions") as run:
        run.wait_for("function:", "running")
        run.send(signal.SIGINT)
        assert run.end() == 130
    assert "2 tasks: 0 succeeded, 2 cancelled" in run.said[-1]


def test_a_function_that_makes_its_own_engine_is_ended_too(script: Write) -> None:
    with running(script(LONG), "plain") as run:
        run.wait_for("program:", "running")
        run.send(signal.SIGINT)
        assert run.end() == 130
        assert run.programs() == []
    assert "weft: stopped before the end" in run.said


def test_the_second_ctrl_c_kills_what_ignores_the_first(script: Write) -> None:
    with running(script(LONG), "hard") as run:
        run.wait_for("stubborn:", "2 running")
        run.send(signal.SIGINT)
        run.wait_for("Ctrl-C: ending the tasks")
        run.send(signal.SIGINT)
        assert run.end() == 130
        assert run.programs() == []
    assert "weft: killing the tasks" in run.said


def test_the_third_ctrl_c_leaves_at_once_and_the_programs_die_with_the_run(script: Write) -> None:
    with running(script(LONG), "deaf") as run:
        run.wait_for("program:", "running")
        run.send(signal.SIGINT)
        run.wait_for("Ctrl-C: ending the tasks")
        run.send(signal.SIGINT)
        run.wait_for("killing the tasks")
        run.send(signal.SIGINT)
        assert run.end() == 130
        run.wait_until_programs_ended()
        assert run.programs() == []
    assert "weft: stopped before the end" not in run.said
