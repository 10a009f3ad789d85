"""The end of an engine, when the end itself is disturbed."""

import asyncio
import gc
import threading

import pytest

import weftwork as ww
from weftwork.core.commands import CancelReason
from weftwork.core.model import TaskState
from weftwork.session.engine import WorkflowEngine
from weftwork.session.settings import EngineSettings
from weftwork.testing.fakes import ScriptedBackend


@ww.task
def melt(temperature: float) -> object:
    return temperature


class SlowToClose(ScriptedBackend):
    """A backend that says when its closing begins, and ends it when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.is_closing = asyncio.Event()
        self.may_close = asyncio.Event()

    async def close(self, grace: float) -> None:
        self.is_closing.set()
        await self.may_close.wait()
        await super().close(grace)


class Unruly(ScriptedBackend):
    """A backend that breaks its word."""

    def cancel(self, attempts: object, why: CancelReason) -> None:
        del attempts, why
        raise LookupError("a bug")


async def settle_turns() -> None:
    """Let the driver take the turns that are due."""
    for _ in range(5):
        await asyncio.sleep(0)  # noqa: TID251 - yields, does not wait


def test_a_cancel_in_the_midst_of_closing_does_not_cut_it_short() -> None:
    async def main() -> None:
        backend = SlowToClose()

        async def flow() -> None:
            async with WorkflowEngine.of(EngineSettings(backend=backend)):
                await melt(0.5)

        flowing = asyncio.create_task(flow())
        await backend.is_closing.wait()
        for _ in range(2):
            flowing.cancel()
            await settle_turns()
        assert not flowing.done()
        backend.may_close.set()
        with pytest.raises(asyncio.CancelledError):
            await flowing
        assert backend.closed

    asyncio.run(asyncio.wait_for(main(), 20))


def test_the_scope_of_an_engine_may_be_left_in_another_context() -> None:
    async def main() -> None:
        engine = ww.WorkflowEngine("inline")
        await asyncio.create_task(engine.__aenter__())
        item = engine.submit(melt(0.5))
        await asyncio.create_task(engine.__aexit__(None, None, None))
        assert item.state is TaskState.SUCCEEDED

    asyncio.run(asyncio.wait_for(main(), 20))


def test_calls_from_a_thread_while_the_engine_closes_are_refused_or_end() -> None:
    enough = threading.Event()
    items: list[ww.Item[object]] = []
    errors: list[Exception] = []

    def call(engine: WorkflowEngine) -> None:
        try:
            while not enough.is_set():
                items.append(engine.submit(melt(0.5)))
        except ww.ScopeError as error:
            errors.append(error)

    with ww.WorkflowEngine("inline") as engine:
        caller = threading.Thread(target=call, args=[engine])
        caller.start()
        engine.submit(melt(0.1)).result(20)
    enough.set()
    caller.join(20)
    states = {item.state for item in items}
    assert states <= {TaskState.SUCCEEDED, TaskState.CANCELLED}
    assert "melt was called, but its engine" in str(errors)


@pytest.mark.parametrize("when", ["then", "later"])
def test_a_broken_engine_leaves_nobody_waiting(when: str) -> None:
    async def main() -> None:
        backend = Unruly(manual=True)
        async with WorkflowEngine.of(EngineSettings(backend=backend)):
            first = melt(0.5)
            await settle_turns()
            assert len(backend.works) == 1
            first.cancel()
            if when == "later":
                with pytest.raises(ww.TaskFailed, match="the engine broke"):
                    await first
            with pytest.raises(ww.TaskFailed, match="the engine broke"):
                await melt(0.6)

    with pytest.raises(ww.InternalError, match="LookupError"):
        asyncio.run(asyncio.wait_for(main(), 20))


def test_leaving_by_an_exception_leaves_a_thread_behind_that_does_not_end() -> None:
    gate, inside = threading.Event(), threading.Event()

    @ww.task
    def stuck() -> None:
        inside.set()
        gate.wait()

    items: list[ww.Item[None]] = []

    def flow() -> None:
        with ww.WorkflowEngine("threads", grace=0.0) as engine:
            items.append(engine.submit(stuck()))
            inside.wait(20)
            raise LookupError("enough")

    try:
        with pytest.raises(LookupError, match="enough"):
            flow()
        # That we are here while it still runs is the point.
        assert items[0].state is TaskState.CANCELLED
    finally:
        gate.set()


def test_an_engine_that_could_not_be_opened_has_nothing_to_close() -> None:
    thresholds = gc.get_threshold()

    async def main() -> None:
        engine = ww.WorkflowEngine("nothing-such")
        with pytest.raises(ww.UsageError, match="nothing-such"):
            await engine.__aenter__()
        await engine.shutdown()
        async with ww.WorkflowEngine("inline"):
            assert gc.get_threshold() != thresholds

    asyncio.run(main())
    assert gc.get_threshold() == thresholds
