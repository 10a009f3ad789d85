"""The supervisor as a program: what it loads, and what it does alone."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from process.running import stage
from weftwork import process
from weftwork.process import link
from weftwork.process.client import End
from weftwork.process.supervisor.processes import look

SOURCE = Path(process.__path__[0]).parents[1]
STANDARD = set(sys.stdlib_module_names) | {"__main__"}


def test_it_needs_nothing_but_the_standard_library_and_its_own_files() -> None:
    code = (
        "import sys; before = set(sys.modules); sys.path.append(sys.argv[1]);"
        "import weftwork.process.supervisor.loop; print(*set(sys.modules) - before)"
    )
    argv = [sys.executable, "-I", "-S", "-c", code, str(SOURCE)]
    loaded = set(subprocess.run(argv, capture_output=True, check=True).stdout.decode().split())  # noqa: S603
    ours = {name for name in loaded if name.partition(".")[0] not in STANDARD}
    assert {name for name in ours if not name.startswith("weftwork.process.supervisor")} <= {
        "weftwork",
        "weftwork.process",
    }
    assert loaded.isdisjoint({"asyncio", "socket", "subprocess", "pathlib", "json", "logging"})


def test_it_is_deaf_to_the_signals_of_a_terminal() -> None:
    async def main() -> End:
        async with stage() as here:
            running = here.start("sh", "-c", "read line; exit 3")
            await running.pid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
                os.kill(here.supervisors.pids[0], number)
            return await running.end()

    assert asyncio.run(main()).exit_code == 3


def test_it_reaps_orphans_of_a_program_that_goes_on() -> None:
    async def main() -> tuple[int, bool]:
        async with stage() as here:
            reading, writing = os.pipe()
            running = here.start("sh", "-c", "(sh -c 'echo $$ >&3' &) ; sleep 100", fds=[writing])
            os.close(writing)
            loop = asyncio.get_running_loop()
            pid = int(await loop.run_in_executor(None, os.read, reading, 100))
            # The pipe ends with the sleep only; a second program proves a turn of the supervisor.
            fd = _pidfd(pid)
            if fd is not None:
                dead = asyncio.Event()
                loop.add_reader(fd, dead.set)
                await dead.wait()
                loop.remove_reader(fd)
                os.close(fd)
            await here.run("true")
            os.close(reading)
            running.kill(0.0)
            await running.end()
            return pid, os.path.exists(f"/proc/{pid}")  # noqa: PTH110, ASYNC240

    assert asyncio.run(main())[1] is False


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


@pytest.mark.parametrize("end", ["normal", "kill"])
def test_without_the_kernels_list_of_children_scans_find_the_same(
    monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(link, "_PROGRAM", Path(__file__).with_name("blind.py"))
    monkeypatch.setattr(link, "_ISOLATED", ())
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))

    async def main() -> tuple[int, list[End]]:
        async with stage(grace=0.05) as here:
            reading, writing = os.pipe()
            script = "setsid sh -c 'trap \"\" TERM; echo $$ >&3; while :; do sleep 0.1; done' & "
            running = here.start(
                "sh", "-c", script + "read x; wait; sleep 1000" * (end == "kill"), fds=[writing]
            )
            os.close(writing)
            loop = asyncio.get_running_loop()
            pid = int(await loop.run_in_executor(None, os.read, reading, 100))
            if end == "kill":
                running.kill(0.05)
            await running.end()
            # The pipe ends when nobody holds it any more.
            assert await loop.run_in_executor(None, os.read, reading, 1) == b""
            os.close(reading)
            return pid, running.ends

    pid, ends = asyncio.run(main())
    assert look(pid) is None
    assert len(ends) == 1
