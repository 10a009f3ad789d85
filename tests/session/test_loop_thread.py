"""The thread that has the loop of an engine in synchronous code."""

import asyncio

import pytest

import weftwork as ww
from weftwork.session.loop_thread import LoopThread


@ww.task
def double(x: int) -> int:
    return 2 * x


@ww.block
async def stray_exit() -> int:
    async def leave() -> None:
        raise SystemExit(3)

    stray = asyncio.create_task(leave())
    await asyncio.wait([stray])
    return await double(1)


def test_an_exit_of_a_users_asyncio_task_does_not_end_the_engines_loop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ww.WorkflowEngine("inline") as engine:
        assert engine.submit(stray_exit()).result(20) == 2
    assert "tried to end the program" in caplog.text


def test_asyncio_tasks_that_are_left_behind_are_cancelled() -> None:
    ends: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    async def leave_one_behind() -> asyncio.Task[None]:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)  # noqa: TID251 - yields, does not wait
        return task

    thread = LoopThread()
    task = thread.call(leave_one_behind())
    thread.stop()
    assert task.cancelled()
    assert ends == ["cancelled"]
