"""Block runs that are cancelled."""

import asyncio

import weftwork as ww
from weftwork.core.model import TaskState


@ww.block
async def empty() -> None:
    pass


@ww.block
async def forever() -> None:
    await asyncio.Event().wait()


def test_a_block_cancelled_before_its_body_began_is_cancelled() -> None:
    async def main() -> ww.Item[None]:
        async with ww.WorkflowEngine("inline"):
            await empty()  # From now on bodies begin in the turn of their calls.
            item = forever()
            item.cancel("at once")
        return item

    item = asyncio.run(asyncio.wait_for(main(), 20))
    assert item.state is TaskState.CANCELLED
