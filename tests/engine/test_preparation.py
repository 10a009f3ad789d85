"""What comes before an attempt is handed to its backend: bodies of executables."""

import asyncio
import sys

import pytest

import weftwork as ww
from weftwork.core.model import TaskState
from weftwork.tasks.executable import ExecutableTask


@ww.executable
def leaves() -> list[str]:
    sys.exit(4)


@ww.executable
async def leaves_later() -> list[str]:
    await asyncio.sleep(0)  # noqa: TID251 - yields, does not wait
    sys.exit(4)


@ww.executable
async def never_says() -> list[str]:
    await asyncio.Event().wait()
    return ["true"]


@pytest.mark.parametrize("body", [leaves, leaves_later], ids=["sync", "async"])
def test_sys_exit_in_the_body_of_an_executable_fails_its_item_and_nothing_else(
    body: ExecutableTask[[]],
) -> None:
    with ww.WorkflowEngine("noop") as engine:
        failed = engine.submit(body())
        with pytest.raises(ww.TaskFailed, match="SystemExit: 4"):
            failed.result(20)


def test_an_executable_cancelled_before_its_async_body_began_is_cancelled() -> None:
    async def main() -> ww.Item[object]:
        async with ww.WorkflowEngine("noop"):
            item = never_says()
            item.cancel("at once")
        return item

    item = asyncio.run(asyncio.wait_for(main(), 20))
    assert item.state is TaskState.CANCELLED
