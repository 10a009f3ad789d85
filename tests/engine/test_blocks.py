"""Block runs: who owns what, and how a run ends."""

import asyncio

import pytest

import weftwork as ww


@ww.task
def double(x: int) -> int:
    return 2 * x


@ww.task
def refuse(why: str) -> int:
    raise ValueError(why)


@ww.task
async def forever() -> None:
    await asyncio.Event().wait()


def errors_of(error: ww.TaskFailed) -> list[BaseException]:
    """Return the members of the group that a block failed with."""
    group: BaseException | None = error.__cause__
    return list(group.exceptions) if isinstance(group, BaseExceptionGroup) else []  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportUnknownVariableType]


def test_a_block_receives_values_and_returns_a_value() -> None:
    @ww.block
    async def add(x: int, y: int) -> int:
        return x + await double(y)

    @ww.block
    async def outer() -> int:
        return await add(double(1), y=double(2))

    assert ww.run(outer(), backend="inline") == 2 + 8


def test_items_in_what_a_block_returns_are_replaced_by_their_values() -> None:
    @ww.block
    async def several() -> dict[str, list[ww.Item[int]]]:
        return {"doubled": [double(1), double(2)]}

    assert ww.run(several(), backend="inline") == {"doubled": [2, 4]}


def test_leaving_a_block_waits_for_all_it_called() -> None:
    ended: list[int] = []

    @ww.task
    async def slow(x: int) -> None:
        await asyncio.sleep(0)  # noqa: TID251 - yields, does not wait
        ended.append(x)

    @ww.block
    async def careless() -> str:
        for x in range(3):
            slow(x)
        return "left"

    assert ww.run(careless(), backend="inline") == "left"
    assert sorted(ended) == [0, 1, 2]


def test_a_block_that_fails_cancels_what_it_called() -> None:
    kept: list[ww.Item[None]] = []

    @ww.block
    async def broken() -> None:
        kept.append(forever())
        raise KeyError("gone")

    with pytest.raises(ww.TaskFailed, match="KeyError") as caught:
        ww.run(broken(), backend="inline")
    assert isinstance(caught.value.__cause__, KeyError)
    assert kept[0].cancelled()


def test_a_failure_that_nobody_saw_fails_the_block() -> None:
    @ww.block
    async def blind() -> int:
        refuse("unseen")
        return 1

    with pytest.raises(ww.TaskFailed, match="nobody looked at the result") as caught:
        ww.run(blind(), backend="inline")
    assert "unseen" in str(errors_of(caught.value)[0])


def test_a_failure_that_was_seen_is_the_blocks_own_affair() -> None:
    @ww.block
    async def careful() -> str:
        try:
            await refuse("seen")
        except ww.TaskFailed as error:
            return f"saw {error.cause}"
        return "no"

    assert ww.run(careful(), backend="inline") == "saw exception"


def test_a_skip_is_not_reported_beside_its_root() -> None:
    @ww.block
    async def chain() -> None:
        double(double(refuse("root")))

    with pytest.raises(ww.TaskFailed) as caught:
        ww.run(chain(), backend="inline")
    assert len(errors_of(caught.value)) == 1


def test_awaiting_a_skipped_item_sees_the_root() -> None:
    @ww.block
    async def chain() -> str:
        with pytest.raises(ww.DependencyFailureError) as caught:
            await double(refuse("root"))
        assert isinstance(caught.value.root_cause, ww.TaskFailed)
        assert caught.value.failed_dependencies == ("refuse[2]",)
        return str(caught.value)

    text = ww.run(chain(), backend="inline")
    assert text.startswith("double[3] was not run, because refuse[2] failed: ValueError: root")


def test_cancelling_a_block_cancels_what_it_called_and_ends_after_it() -> None:
    order: list[str] = []

    @ww.task
    async def tidy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            order.append("task ended")

    @ww.block
    async def waiting(started: asyncio.Event) -> None:
        item = tidy()
        started.set()
        await item

    async def main() -> None:
        started = asyncio.Event()
        async with ww.WorkflowEngine("inline"):
            item = waiting(started)
            await started.wait()
            for _ in range(5):
                await asyncio.sleep(0)  # noqa: TID251 - yields, does not wait
            item.cancel("enough")
            with pytest.raises(ww.TaskCancelled):
                await item
            order.append("block ended")

    asyncio.run(main())
    assert order == ["task ended", "block ended"]


def test_what_an_item_outside_depends_on_outlives_a_block_that_fails() -> None:
    async def main() -> list[int]:
        gate = asyncio.Event()
        outside: list[ww.Item[int]] = []

        @ww.task
        async def gated(x: int) -> int:
            await gate.wait()
            return x

        async with ww.WorkflowEngine("inline") as engine:

            @ww.block
            async def broken() -> None:
                inner = gated(21)
                with ww.scope(engine):
                    outside.append(double(inner))
                raise RuntimeError("left early")

            with pytest.raises(ww.TaskFailed, match="left early"):
                await broken()
            gate.set()
            return [await item for item in outside]

    assert asyncio.run(main()) == [42]


def test_a_recursion_of_blocks_without_end_is_told() -> None:
    @ww.block
    async def deeper(n: int) -> int:
        return await deeper(n + 1)

    with pytest.raises(ww.TaskFailed) as caught:
        ww.run(deeper(0), backend="inline")
    error: BaseException | None = caught.value
    while error is not None and not isinstance(error, ww.UsageError):
        error = error.__cause__
    assert "200 block runs deep: a recursion without end?" in str(error)


def test_a_call_for_a_block_run_that_has_ended_is_refused() -> None:
    async def main() -> None:
        late: list[asyncio.Task[object]] = []
        gate = asyncio.Event()

        async def call_late() -> object:
            await gate.wait()
            return double(1)

        @ww.block
        async def short() -> None:
            late.append(asyncio.get_running_loop().create_task(call_late()))

        async with ww.WorkflowEngine("inline"):
            await short()
            gate.set()
            with pytest.raises(ww.ScopeError, match="a block run that has ended"):
                await late[0]

    asyncio.run(main())


def test_a_block_may_be_tried_again() -> None:
    tries: list[int] = []

    @ww.block(retry=2)
    async def unlucky() -> int:
        tries.append(len(tries))
        if len(tries) < 3:
            await refuse("not yet")
        return await double(len(tries))

    assert ww.run(unlucky(), backend="inline") == 6


def test_a_timeout_ends_a_block_and_what_it_called() -> None:
    kept: list[ww.Item[None]] = []

    @ww.block(timeout=0.01)
    async def stuck() -> None:
        kept.append(forever())
        await kept[0]

    with pytest.raises(ww.TaskFailed, match="timeout") as caught:
        ww.run(stuck(), backend="inline")
    assert caught.value.cause == "timeout"
    assert kept[0].cancelled()


def test_a_thousand_blocks_run_at_once() -> None:
    @ww.block
    async def small(x: int) -> int:
        return await double(await double(x))

    @ww.block
    async def many() -> int:
        return sum(await ww.gather(*[small(x) for x in range(1000)]))

    assert ww.run(many(), backend="inline") == 4 * sum(range(1000))


def test_an_item_that_waits_for_the_block_it_is_called_in_is_refused() -> None:
    async def main() -> None:
        own: list[ww.Item[int]] = []

        @ww.block
        async def circular() -> int:
            return await double(own[0])

        async with ww.WorkflowEngine("inline"):
            own.append(circular())
            with pytest.raises(ww.TaskFailed, match="it would wait for the block"):
                await own[0]

    asyncio.run(main())
