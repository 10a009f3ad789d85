"""The supervisor as a program: what it loads, and what it does alone."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from process.running import stage, wait_dead
from weftwork import process
from weftwork.process import link
from weftwork.process.client import End

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
            await wait_dead(pid)
            # Another program proves a turn of the supervisor.
            await here.run("true")
            os.close(reading)
            running.kill(0.0)
            await running.end()
            return pid, os.path.exists(f"/proc/{pid}")  # noqa: PTH110, ASYNC240

    assert asyncio.run(main())[1] is False


@pytest.mark.parametrize("end", ["normal", "kill"])
def test_without_the_kernels_list_of_children_scans_find_the_same(
    monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(link, "_PROGRAM", Path(__file__).with_name("blind.py"))
    monkeypatch.setattr(link, "_ISOLATED", ())
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))

    async def main() -> list[End]:
        async with stage(grace=0.05) as here:
            reading, told = os.pipe()
            waiting, go = os.pipe()
            script = "setsid sh -c 'trap \"\" TERM; echo $$ >&3; while :; do sleep 0.1; done' & "
            running = here.start("sh", "-c", script + "read line <&4", fds=[told, waiting])
            loop = asyncio.get_running_loop()
            pid = int(await loop.run_in_executor(None, os.read, reading, 100))
            if end == "kill":
                running.kill(0.05)
            else:
                os.write(go, b"\n")
            await running.end()
            await wait_dead(pid)
            for fd in (reading, told, waiting, go):
                os.close(fd)
            return running.ends

    assert len(asyncio.run(main())) == 1
