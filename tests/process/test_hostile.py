"""Nothing is left of any program, however it resists and however it is ended."""

import asyncio
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from backends.lanes import FIRST, Lane, opened

from weftwork.core.commands import CancelReason
from weftwork.core.model import Cause
from weftwork.engine.ports import BackendSettings, Cancelled, Failed, Report, Succeeded
from weftwork.process.supervisor.processes import look, scan
from weftwork.tasks.command import Launch

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
KINDS = [
    line.strip().rstrip(",")
    for line in (HERE / "hostile.py").read_text().partition("KINDS = (\n")[2].split(")")[0].split()
]
GRACE = 0.2
BUSY = 3
"""The promises hold where a core is free; tests share theirs with other tests."""
AFTER_END = (GRACE + 1.0) * BUSY
AFTER_DEATH = 2.0 * BUSY


class Zoo:
    """A program of one kind, told apart from all others on the machine by its executable."""

    def __init__(self, kind: str, directory: Path) -> None:
        self.directory = directory
        python = Path(sys.executable).resolve()
        for program in (python, Path(shutil.which("sleep") or "/bin/sleep")):
            target = directory / program.name
            os.link(program, target) if _linkable(program, target) else shutil.copy2(
                program, target
            )
        (directory / "pyvenv.cfg").write_text(f"home = {python.parent}\n")
        os.mkfifo(directory / "ready")
        os.mkfifo(directory / "go")
        # Both ends, so that neither side ever waits for somebody to open the other.
        self._ready = os.open(directory / "ready", os.O_RDWR | os.O_NONBLOCK)
        self._go = os.open(directory / "go", os.O_RDWR)
        self.argv = (
            str(directory / python.name),
            "-I",
            "-S",
            str(HERE / "hostile.py"),
            kind,
            str(directory / "ready"),
            str(directory / "go"),
        )

    def close(self) -> None:
        os.close(self._ready)
        os.close(self._go)
        for pid in self.alive():
            os.kill(pid, signal.SIGKILL)

    async def wait_ready(self) -> None:
        readable = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._ready, readable.set)
        async with asyncio.timeout(20.0):
            await readable.wait()
        asyncio.get_running_loop().remove_reader(self._ready)
        assert self.alive()

    def wait_ready_here(self) -> None:
        assert select.select([self._ready], [], [], 20.0)[0]
        assert self.alive()

    def go(self) -> None:
        os.write(self._go, b".")

    def alive(self) -> list[int]:
        """Return whatever runs an executable of ours."""
        found: list[int] = []
        for pid in scan():
            try:
                exe = os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115
            except OSError:
                continue
            if exe.startswith(str(self.directory)):
                found.append(pid)
        return found

    def wait_none(self, seconds: float) -> list[int]:
        """Return who is alive when all are dead or the time is over."""
        deadline = time.monotonic() + seconds
        while (left := self.alive()) and (rest := deadline - time.monotonic()) > 0:
            try:
                fd = os.pidfd_open(left[0])
            except ProcessLookupError:
                continue
            select.select([fd], [], [], rest)
            os.close(fd)
        return [pid for pid in left if look(pid)]


def _linkable(program: Path, target: Path) -> bool:
    return program.stat().st_dev == target.parent.stat().st_dev


@pytest.fixture(params=KINDS)
def zoo(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Zoo, None, None]:
    zoo = Zoo(request.param, tmp_path)
    yield zoo
    zoo.close()


def told(zoo: Zoo, why: CancelReason, directory: Path) -> Report:
    async def main() -> Report:
        async with opened(directory, BackendSettings(grace=GRACE)) as lane:
            lane.start(Launch(zoo.argv))
            await zoo.wait_ready()
            lane.lane.cancel(FIRST, why)
            async with asyncio.timeout(AFTER_END):
                report = await end_of(lane)
            assert zoo.alive() == []
            return report

    return asyncio.run(main())


async def end_of(lane: Lane) -> Report:
    while not lane.ended or not isinstance(lane.reports[-1], Succeeded | Failed | Cancelled):
        lane.news.clear()
        await lane.news.wait()
    return lane.reports[-1]


def test_cancel(zoo: Zoo, tmp_path: Path) -> None:
    assert isinstance(told(zoo, CancelReason.REQUEST, tmp_path), Cancelled)


def test_timeout(zoo: Zoo, tmp_path: Path) -> None:
    report = told(zoo, CancelReason.TIMEOUT, tmp_path)
    assert isinstance(report, Failed)
    assert report.failure.cause is Cause.TIMEOUT


def test_normal_end(zoo: Zoo, tmp_path: Path) -> None:
    async def main() -> Report:
        async with opened(tmp_path, BackendSettings(grace=GRACE)) as lane:
            lane.start(Launch(zoo.argv))
            await zoo.wait_ready()
            zoo.go()
            async with asyncio.timeout(20.0):
                report = await end_of(lane)
            loop = asyncio.get_running_loop()
            assert await loop.run_in_executor(None, zoo.wait_none, AFTER_END) == []
            return report

    assert isinstance(asyncio.run(main()), Succeeded)


def test_death_of_the_engine(zoo: Zoo, tmp_path: Path) -> None:
    argv = [sys.executable, str(HERE / "doomed.py"), str(GRACE), *zoo.argv]
    env = {**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src")}
    with subprocess.Popen(argv, env=env, cwd=tmp_path) as engine:  # noqa: S603
        zoo.wait_ready_here()
        engine.kill()
    assert zoo.wait_none(AFTER_DEATH) == []
