"""Calls for a block run whose body has ended."""

import asyncio

import pytest

import weftwork as ww


@ww.task
async def forever() -> None:
    await asyncio.Event().wait()


@ww.task
async def wait_for(signal: asyncio.Event) -> str:
    await signal.wait()
    return "done"


def test_what_a_stray_asyncio_task_calls_in_a_block_that_was_left_is_cancelled() -> None:
    async def main() -> None:
        called = asyncio.Event()
        late: list[ww.Item[None]] = []
        strays: list[asyncio.Task[None]] = []

        async def stray() -> None:
            for _ in range(10):  # By then the block's body has ended, and was heard to.
                await asyncio.sleep(0)  # noqa: TID251 - yields, does not wait
            late.append(forever())
            called.set()

        @ww.block
        async def careless() -> None:
            wait_for(ww.constant(called))  # Its run goes on until the stray has called.
            strays.append(asyncio.create_task(stray()))

        async with ww.WorkflowEngine("inline"):
            await careless()
            with pytest.raises(ww.TaskCancelled, match="what it was called in had ended"):
                await late[0]

    asyncio.run(asyncio.wait_for(main(), 20))
