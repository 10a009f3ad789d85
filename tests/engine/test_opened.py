"""Backends that cannot be opened."""

import asyncio

import pytest

import weftwork as ww
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause, ItemId, TaskState
from weftwork.engine.opened import OpenBackends
from weftwork.engine.ports import Report, Reports
from weftwork.engine.work import ProgramWork
from weftwork.session.engine import WorkflowEngine
from weftwork.session.settings import EngineSettings
from weftwork.tasks.command import Launch
from weftwork.testing.fakes import ScriptedBackend


@ww.task
def melt(temperature: float) -> object:
    return temperature


class Unreachable(ScriptedBackend):
    """A backend that cannot be opened at the first try."""

    def __init__(self, times: int = 1) -> None:
        super().__init__(value=lambda _: "reached")
        self._times = times

    async def open(self, reports: Reports) -> None:
        self._times -= 1
        if self._times >= 0:
            raise OSError("no route to host")
        await super().open(reports)


def test_any_exception_of_opening_fails_the_items_and_not_the_engine() -> None:
    async def main() -> None:
        async with WorkflowEngine.of(EngineSettings(backend=Unreachable())):
            with pytest.raises(
                ww.TaskFailed, match="'scripted' cannot be opened: OSError: no route to host"
            ) as caught:
                await melt(0.5)
            assert caught.value.cause == Cause.UNAVAILABLE.value
            assert await melt(0.6) == "reached"

    asyncio.run(asyncio.wait_for(main(), 20))


def test_a_cancel_that_crosses_the_news_of_a_failed_opening_is_ignored() -> None:
    async def main() -> None:
        reports: list[Report] = []
        tasks: list[asyncio.Task[None]] = []

        def start(effect: object) -> asyncio.Task[None]:
            assert asyncio.iscoroutine(effect)
            tasks.append(asyncio.ensure_future(effect))
            return tasks[-1]

        backends = OpenBackends(lambda _: Unreachable(), reports.extend, start)
        attempt = Attempt(ItemId(1), 1)
        backends.submit("scripted", [ProgramWork(attempt, "melt[1]", Launch(("melt",)))])
        await tasks[0]
        backends.cancel("scripted", [attempt], CancelReason.REQUEST)
        assert len(reports) == 1

    asyncio.run(main())


def test_after_a_kill_nothing_is_executed_any_more() -> None:
    async def main() -> None:
        backend = ScriptedBackend(hold=[Attempt(ItemId(1), 1)])
        async with WorkflowEngine.of(EngineSettings(backend=backend)) as engine:
            first = melt(0.5)
            for _ in range(10):
                await asyncio.sleep(0)  # noqa: TID251 - yields, does not wait
            assert first.state is TaskState.RUNNING
            await engine.kill()
            with pytest.raises(ww.TaskCancelled, match="killed"):
                await first
            with pytest.raises(ww.TaskCancelled):
                await melt(0.6)
            assert len(backend.works) == 1

    asyncio.run(asyncio.wait_for(main(), 20))
