"""How an engine is left: by its end, an exception, a cancel."""

import asyncio

import pytest

import weftwork as ww
from weftwork.core.model import TaskState


@ww.task
def double(x: int) -> int:
    return 2 * x


@ww.task
def refuse(why: str) -> int:
    raise ValueError(why)


@ww.task
async def forever() -> None:
    await asyncio.Event().wait()


def test_leaving_normally_waits_for_all_items() -> None:
    async def main() -> ww.Item[int]:
        async with ww.WorkflowEngine("inline"):
            return double(double(1))

    item = asyncio.run(main())
    assert item.state is TaskState.SUCCEEDED
    assert item.result() == 4


def test_failures_that_nobody_saw_are_raised_together() -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline"):
            refuse("one")
            refuse("two")
            double(refuse("three"))

    with pytest.raises(ExceptionGroup, match="3 tasks failed in the engine") as caught:
        asyncio.run(main())
    assert [type(error) for error in caught.value.exceptions] == [ww.TaskFailed] * 3


def test_a_group_of_failures_holds_the_first_hundred_and_the_count() -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline"):
            for x in range(250):
                refuse(str(x))

    with pytest.raises(
        ExceptionGroup, match=r"250 tasks failed .* the first 100 of them"
    ) as caught:
        asyncio.run(main())
    assert len(caught.value.exceptions) == 100


def test_an_exception_in_the_body_cancels_the_rest_and_is_the_one_raised() -> None:
    kept: list[ww.Item[None]] = []

    async def main() -> None:
        async with ww.WorkflowEngine("inline"):
            kept.append(forever())
            refuse("never reported beside it")
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        asyncio.run(main())
    assert kept[0].cancelled()


def test_cancelling_the_task_that_holds_the_engine_ends_everything() -> None:
    kept: list[ww.Item[None]] = []

    async def hold(entered: asyncio.Event) -> None:
        async with ww.WorkflowEngine("inline"):
            kept.append(forever())
            entered.set()

    async def main() -> None:
        entered = asyncio.Event()
        holder = asyncio.create_task(hold(entered))
        await entered.wait()
        holder.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holder

    asyncio.run(main())
    assert kept[0].cancelled()
