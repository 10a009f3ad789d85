"""What AsyncFlow does wrong when things end, done right here; see docs/comparison/asyncflow.md."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

import weftwork as ww
from weftwork.core.model import TaskState
from weftwork.engine.stream import StreamEvent, TaskSettled, TaskStarted


@ww.task
def add(x: int, y: int = 0) -> int:
    return x + y


@ww.executable
def shell(text: str) -> list[object]:
    return ["sh", "-c", text]


def inline(flow: Callable[[ww.WorkflowEngine], Awaitable[None]]) -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline") as engine:
            await flow(engine)

    asyncio.run(main())


# Cancelling, ending -------------------------------------------------------------------------


def test_dependents_hear_of_a_cancellation_before_anything_else_ends() -> None:
    async def flow(_: ww.WorkflowEngine) -> None:
        never = asyncio.Event()

        @ww.task(backend="inline")
        async def waits() -> int:
            await never.wait()
            return 1

        root = waits()
        middle = add(root)
        last = add(middle)
        middle.cancel("enough")
        with pytest.raises(ww.TaskCancelled):
            await last
        assert not root.done()
        never.set()

    inline(flow)


def test_a_cancellation_finds_the_backend_its_task_was_sent_to() -> None:
    started = asyncio.Event()

    @ww.task(backend="inline")
    async def forever() -> None:
        started.set()
        await asyncio.Event().wait()

    async def main() -> None:
        async with ww.WorkflowEngine("threads"):
            item = forever()
            await started.wait()
            assert item.cancel("on another backend")
            with pytest.raises(ww.TaskCancelled):
                await item
            assert item.state is TaskState.CANCELLED

    asyncio.run(main())


def test_the_loop_goes_on_while_an_engine_is_shut_down() -> None:
    release = threading.Event()

    @ww.task
    def blocked() -> bool:
        return release.wait(60)

    async def main() -> bool:
        engine = await ww.WorkflowEngine.create("threads")
        item = engine.submit(blocked())
        closing = asyncio.create_task(engine.shutdown())
        await asyncio.to_thread(int)
        # Were the loop held up by the shutdown, this would never be reached.
        release.set()
        await closing
        return await item

    assert asyncio.run(main())


def test_a_call_after_the_end_is_an_error_and_not_a_wait_for_ever() -> None:
    async def main() -> None:
        engine = await ww.WorkflowEngine.create("inline")
        task = engine.function_task(add.fn)
        assert await task(1) == 1
        await engine.shutdown()
        with pytest.raises(ww.ScopeError, match=r"its engine is closed|has been left"):
            task(1)

    asyncio.run(main())


def test_the_end_of_one_engine_is_not_the_end_of_another() -> None:
    async def main() -> list[int]:
        first = await ww.WorkflowEngine.create("inline")
        second = await ww.WorkflowEngine.create("inline")
        with ww.scope(second):
            items = [add(n) for n in range(5)]
            await first.shutdown()
            items += [add(n) for n in range(5, 10)]
            values = await ww.gather(*items)
        await second.shutdown()
        return values

    assert asyncio.run(main()) == list(range(10))


def test_a_run_leaves_no_directory_behind(tmp_path: Path) -> None:
    assert ww.run(shell("echo hello"), backend="inline", workdir=tmp_path).exit_code == 0
    assert list(tmp_path.iterdir()) == []


# What is told -------------------------------------------------------------------------------


def test_a_task_is_said_to_start_when_its_body_does() -> None:
    told: list[StreamEvent] = []
    gate = threading.Event()

    @ww.task
    def wait_for_it() -> bool:
        return gate.wait(60)

    def take(events: Sequence[StreamEvent]) -> None:
        told.extend(events)
        if any(isinstance(event, TaskStarted) for event in events):
            gate.set()

    with ww.WorkflowEngine("threads", workers=1) as engine:
        engine.subscribe(take)
        for _ in range(3):
            wait_for_it()
    order = [(type(e).__name__, e.item) for e in told if isinstance(e, TaskStarted | TaskSettled)]
    assert order == [(kind, item) for item in (1, 2, 3) for kind in ("TaskStarted", "TaskSettled")]


def test_counts_of_states_are_never_negative_and_end_at_what_happened() -> None:
    async def flow(engine: ww.WorkflowEngine) -> None:
        await ww.gather(*[add(n) for n in range(10)])
        counts = engine.statistics()["add"]
        assert counts[TaskState.SUCCEEDED] == 10
        assert sum(counts.values()) == 10
        assert min(counts.values()) >= 0

    inline(flow)
