"""The driver with a scripted backend, a store in memory and a clock that jumps."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

import weftwork as ww
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause, ItemId, TaskState
from weftwork.engine.ports import Started, Store, Succeeded
from weftwork.engine.work import Failure, FunctionWork, Work
from weftwork.session.engine import WorkflowEngine
from weftwork.session.settings import EngineSettings
from weftwork.testing.clocks import JumpClock
from weftwork.testing.fakes import MemoryStore, ScriptedBackend


@ww.task
def melt(temperature: float) -> object:
    return temperature


@ww.task
def join(*parts: object) -> object:
    return parts


def first(item: int, number: int = 1) -> Attempt:
    return Attempt(ItemId(item), number)


def flow(
    backend: ScriptedBackend,
    main: Callable[[WorkflowEngine], Awaitable[object]],
    store: Store | None = None,
) -> JumpClock:
    """Run `main` in an engine over `backend` on a clock that jumps; return the clock."""
    clock = JumpClock()

    async def run() -> None:
        settings = EngineSettings(backend=backend, store=store, clock=clock)
        async with WorkflowEngine.of(settings) as engine:
            await main(engine)

    clock.run(run())
    return clock


async def settle_turns() -> None:
    """Let the driver take the turns that are due."""
    for _ in range(5):
        await asyncio.sleep(0)  # noqa: TID251 - yields, does not wait


def test_all_calls_of_a_turn_reach_the_backend_in_one_list() -> None:
    backend = ScriptedBackend(value=lambda work: work.attempt.item)
    lists: list[int] = []
    submit = backend.submit

    def counting(works: list[Work]) -> None:
        lists.append(len(works))
        submit(works)

    backend.submit = counting  # type: ignore[method-assign, assignment]  # the fake's own method

    async def main(_: WorkflowEngine) -> None:
        assert await ww.gather(*(melt(t) for t in (0.5, 0.6, 0.7))) == [1, 2, 3]

    flow(backend, main)
    assert lists == [3]


def test_a_dependent_is_given_the_value_and_starts_in_the_turn_of_its_input() -> None:
    backend = ScriptedBackend(value=lambda work: f"value {work.attempt.item}")

    async def main(_: WorkflowEngine) -> None:
        a = melt(0.5)
        await join(a, a)

    flow(backend, main)
    last = backend.works[-1]
    assert isinstance(last, FunctionWork)
    assert list(last.inputs) == ["value 1"]
    assert backend.take_asked() == [first(1), first(2)]
    backend.assert_nothing_else_was_asked()


def test_an_hour_of_back_off_takes_no_time() -> None:
    backend = ScriptedBackend(fail=[first(1), first(1, 2)])

    async def main(_: WorkflowEngine) -> None:
        await melt.options(retry=ww.Retry(2, wait="1 h", factor=1))(0.5)

    clock = flow(backend, main)
    assert backend.take_asked() == [first(1), first(1, 2), first(1, 3)]
    assert clock.now() == pytest.approx(7200.0)


def test_a_timeout_ends_the_attempt_and_says_so() -> None:
    backend = ScriptedBackend(hold=[first(1)])

    async def main(_: WorkflowEngine) -> None:
        with pytest.raises(
            ww.TaskFailed, match=r"melt\[1\] failed: its timeout of 5 s passed"
        ) as e:
            await melt.options(timeout=5)(0.5)
        assert e.value.cause == Cause.TIMEOUT.value

    flow(backend, main)
    assert backend.take_asked() == [first(1), (first(1), CancelReason.TIMEOUT)]


def test_a_lost_attempt_is_tried_three_times_in_all() -> None:
    backend = ScriptedBackend(lose=[first(1), first(1, 2), first(1, 3)])

    async def main(_: WorkflowEngine) -> None:
        with pytest.raises(ww.TaskFailed, match="as the script says") as e:
            await melt(0.5)
        assert e.value.cause == "lost"

    flow(backend, main)
    assert backend.take_asked() == [first(1), first(1, 2), first(1, 3)]


def test_what_an_exception_filter_excludes_is_not_tried_again() -> None:
    backend = ScriptedBackend(hold=[first(1)])

    async def main(_: WorkflowEngine) -> None:
        item = melt.options(retry=ww.Retry(3, on=OSError))(0.5)
        await settle_turns()
        backend.fail(first(1), Failure(Cause.EXCEPTION, "bad", exception=ValueError("bad")))
        with pytest.raises(ww.TaskFailed):
            await item

    flow(backend, main)
    assert backend.take_asked() == [first(1)]


def test_news_that_comes_twice_late_or_of_nobody_changes_nothing() -> None:
    backend = ScriptedBackend(manual=True)

    async def main(_: WorkflowEngine) -> None:
        item = melt(0.5)
        await settle_turns()
        backend.report([Started(first(99)), Succeeded(first(99), "lie"), Started(first(1))])
        backend.report([Succeeded(first(1), "right"), Succeeded(first(1), "again")])
        assert await item == "right"
        backend.report([Succeeded(first(1), "late")])
        await settle_turns()
        assert await item == "right"

    flow(backend, main)


def test_dependents_wait_until_the_store_has_acknowledged() -> None:
    backend = ScriptedBackend(value=lambda work: work.attempt.item)
    store = MemoryStore(lambda _: None, hold=True)

    async def main(_: WorkflowEngine) -> None:
        a = melt(0.5)
        b = join(a)
        await settle_turns()
        assert store.held == [first(1)]
        assert not a.done()
        assert backend.take_asked() == [first(1)]
        store.acknowledge()
        await settle_turns()
        assert a.done()
        assert backend.take_asked() == [first(2)]
        store.acknowledge()
        assert await b == 2

    flow(backend, main, store)
    assert store.closed


def test_a_result_in_the_store_is_not_computed() -> None:
    backend = ScriptedBackend()
    store = MemoryStore(lambda _: "key", {"key": 42})

    async def main(_: WorkflowEngine) -> None:
        assert await melt(0.5) == 42

    flow(backend, main, store)
    backend.assert_nothing_else_was_asked()


def test_equal_work_under_way_is_joined() -> None:
    backend = ScriptedBackend(value=lambda work: f"of {work.attempt.item}")
    store = MemoryStore(lambda _: "same")

    async def main(_: WorkflowEngine) -> None:
        assert list(await ww.gather(melt(0.5), melt(0.5))) == ["of 1", "of 1"]

    flow(backend, main, store)
    assert backend.take_asked() == [first(1)]


def test_the_state_of_an_item_follows_its_attempt() -> None:
    backend = ScriptedBackend(manual=True)

    async def main(engine: WorkflowEngine) -> None:
        a = melt(0.5)
        b = join(a)
        assert [a.state] == [TaskState.WAITING]
        await settle_turns()
        assert [a.state, b.state] == [TaskState.QUEUED, TaskState.WAITING]
        backend.start(first(1))
        await settle_turns()
        assert [a.state] == [TaskState.RUNNING]
        assert engine.statistics() == {
            "melt": {TaskState.RUNNING: 1},
            "join": {TaskState.WAITING: 1},
        }
        assert "waits for 1 input" in b.explain()
        b.cancel("enough")
        backend.succeed(first(1), 1)
        assert await a == 1
        with pytest.raises(ww.TaskCancelled, match="enough"):
            await b

    flow(backend, main)


def test_a_cancelled_item_ends_when_its_backend_has_seen_the_end() -> None:
    backend = ScriptedBackend(manual=True)

    async def main(_: WorkflowEngine) -> None:
        item = melt(0.5)
        await settle_turns()
        item.cancel("too far")
        await settle_turns()
        assert [item.state] == [TaskState.CANCELLING]
        assert backend.take_asked() == [first(1), (first(1), CancelReason.REQUEST)]
        backend.confirm_cancel(first(1))
        with pytest.raises(ww.TaskCancelled, match=r"melt\[1\] was cancelled: too far"):
            await item

    flow(backend, main)


def test_a_bug_in_a_turn_fails_every_item_and_leaves_nobody_waiting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    backend = ScriptedBackend(manual=True)

    async def main(engine: WorkflowEngine) -> None:
        item = melt(0.5)
        await settle_turns()
        assert engine._parts is not None
        engine._parts.driver.inbox.put("no entry the driver knows")
        with pytest.raises(ww.TaskFailed, match="the engine broke"):
            await item

    with pytest.raises(ww.InternalError):
        flow(backend, main)
    assert "bug in Weftwork" in caplog.text
