"""Programs under the supervisor that are ended, and supervisors that end."""

import asyncio
import os
import resource
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from process.running import Stage, stage
from weftwork.process.client import End, Spawn, Supervisors
from weftwork.process.supervisor.processes import look

T = TypeVar("T")


def on_stage(play: Callable[[Stage], Awaitable[T]]) -> T:
    """Return what the play comes to."""

    async def main() -> T:
        async with stage() as here:
            return await play(here)

    return asyncio.run(main())


def test_a_listener_that_fails_does_not_silence_the_next() -> None:
    async def play(here: Stage) -> tuple[End, list[object]]:
        said: list[object] = []

        def hear(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
            said.append(context["exception"])

        def fail(_: End) -> None:
            raise ValueError

        asyncio.get_running_loop().set_exception_handler(hear)
        here.supervisors.spawn(Spawn("x", ["true"], dict(os.environ)), fail)
        return await here.run("true"), said

    end, said = on_stage(play)
    assert end.exit_code == 0
    assert [type(error) for error in said] == [ValueError]


def test_a_kill_is_answered_when_it_is_over() -> None:
    async def play(here: Stage) -> tuple[int, End]:
        running = here.start("sleep", "100")
        pid = await running.pid()
        running.kill(5.0)
        return pid, await running.end()

    pid, end = on_stage(play)
    assert (end.signal, end.killed) == (signal.SIGTERM, True)
    assert look(pid) is None


def test_after_the_grace_a_kill_is_a_kill() -> None:
    async def play(here: Stage) -> End:
        reading, writing = os.pipe()
        running = here.start("sh", "-c", "trap '' TERM; echo >&3; sleep 100", fds=[writing])
        os.close(writing)
        await asyncio.get_running_loop().run_in_executor(None, os.read, reading, 1)
        os.close(reading)
        running.kill(0.05)
        return await running.end()

    assert on_stage(play).signal == signal.SIGKILL


def test_a_kill_in_the_turn_of_the_spawn_ends_it_all_the_same() -> None:
    async def play(here: Stage) -> End:
        running = here.start("sleep", "100")
        running.kill(1.0)
        return await running.end()

    assert on_stage(play).killed


def test_an_end_is_told_once_whatever_is_asked_later() -> None:
    async def play(here: Stage) -> list[End]:
        running = here.start("true")
        await running.end()
        running.kill(0.0)
        await here.run("true")
        return running.ends

    assert [end.exit_code for end in on_stage(play)] == [0]


def test_closing_ends_what_runs_and_refuses_what_comes() -> None:
    async def main() -> tuple[End, End]:
        async with stage() as here:
            running = here.start("sleep", "100")
            await running.pid()
            await here.supervisors.close()
            return await running.end(), await here.run("true")

    ended, refused = asyncio.run(main())
    assert (ended.signal, refused.kind) == (signal.SIGTERM, "not_started")


def test_closing_waits_for_the_supervisor_itself() -> None:
    async def main() -> list[int]:
        async with stage() as here:
            await here.run("true")
            return here.supervisors.pids

    assert [look(pid) for pid in asyncio.run(main())] == [None]


def test_what_a_lost_supervisor_leaves_is_ended_and_the_next_program_runs() -> None:
    async def play(here: Stage) -> tuple[End, int, End]:
        running = here.start("sh", "-c", "setsid sleep 100 & wait")
        pid = await running.pid()
        os.kill(here.supervisors.pids[0], signal.SIGKILL)
        return await running.end(), pid, await here.run("true")

    end, pid, after = on_stage(play)
    assert (end.kind, after.exit_code) == ("lost", 0)
    assert f"process {pid}" in end.message
    assert look(pid) is None


@pytest.mark.slow
def test_a_low_limit_of_open_files_fails_nothing() -> None:
    async def main() -> list[End]:
        async with stage(most=2) as here:
            return await asyncio.gather(*(here.run("true") for _ in range(300)))

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        ends = asyncio.run(main())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert {end.exit_code for end in ends} == {0}


def test_a_machine_without_room_for_a_supervisor_is_reported_as_such() -> None:
    async def main() -> End:
        supervisors = Supervisors()
        ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limit[1]))
        try:
            supervisors.spawn(Spawn("1", ["true"], {}), ended.set_result)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limit)
        return await ended

    assert asyncio.run(main()).kind == "exhausted"
