"""An engine from its opening to its end, as users hold it."""

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import weftwork as ww
from weftwork.engine.stream import EngineClosed, EngineOpened, StreamEvent, TaskSettled


@ww.task
def double(x: int) -> int:
    return 2 * x


@ww.task
def refuse(why: str) -> int:
    raise ValueError(why)


@ww.task
async def forever() -> None:
    await asyncio.Event().wait()


@ww.block
async def total(n: int) -> int:
    return sum(await ww.gather(*[double(x) for x in range(n)]))


def test_with_gives_an_engine_a_loop_of_its_own() -> None:
    with ww.WorkflowEngine("inline"):
        items = [double(x) for x in range(5)]
        assert [item.result(timeout=10) for item in items] == [0, 2, 4, 6, 8]


def test_with_works_where_a_loop_is_running() -> None:
    async def cell() -> int:
        with ww.WorkflowEngine("inline"):
            return await double(21)

    assert asyncio.run(cell()) == 42


def test_run_works_where_a_loop_is_running() -> None:
    async def cell() -> int:
        return ww.run(total(4), backend="inline")

    assert asyncio.run(cell()) == 12


def test_calls_may_come_from_any_thread() -> None:
    with ww.WorkflowEngine("inline") as engine:

        def call(x: int) -> int:
            with ww.scope(engine):
                return double(double(x)).result(timeout=30)

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(call, range(200))) == [4 * x for x in range(200)]


def test_an_item_can_be_awaited_on_another_loop() -> None:
    with ww.WorkflowEngine("inline"):
        item = double(4)
        seen: list[int] = []
        thread = threading.Thread(target=lambda: seen.append(asyncio.run(_awaited(item))))
        thread.start()
        thread.join()
    assert seen == [8]


async def _awaited(item: ww.Item[int]) -> int:
    return await item


def test_bound_forms_need_no_scope() -> None:
    async def main() -> int:
        engine = await ww.WorkflowEngine.create("inline")

        @engine.function_task
        async def add(x: int, y: int) -> int:
            return x + y

        @engine.function_task(retry=1)
        def triple(x: int) -> int:
            return 3 * x

        @engine.block
        async def both() -> int:
            return await add(triple(1), triple(2))

        value = await both()
        await engine.shutdown()
        await engine.shutdown()
        return value

    assert asyncio.run(main()) == 9


def test_two_engines_on_one_loop_do_not_meet() -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline") as one:
            a = double(1)
            async with ww.WorkflowEngine("inline"):
                b = double(2)
                with pytest.raises(ww.ScopeError, match=r"double\[1\] belongs to another engine"):
                    double(a)
                assert await b == 4
            with ww.scope(one):
                assert await double(await b) == 8
            assert await a == 2

    asyncio.run(main())


def test_a_call_after_the_end_is_refused() -> None:
    async def main() -> None:
        engine = await ww.WorkflowEngine.create("inline")
        late = engine.function_task(double.fn)
        await engine.shutdown()
        with pytest.raises(ww.ScopeError, match="double was called, but its engine is closed"):
            late(1)

    asyncio.run(main())


def test_a_loose_item_joins_the_engine_that_uses_it_with_all_its_inputs() -> None:
    chain: ww.Item[int] = double(1)
    for _ in range(5000):
        chain = double(chain)
    branch = double(chain)

    async def main() -> int:
        async with ww.WorkflowEngine("inline") as engine:
            assert engine.submit(branch) is branch
            return (await branch) // (await chain)

    assert asyncio.run(main()) == 2


def test_a_ladder_of_loose_items_is_joined_once_each() -> None:
    @ww.task
    def add(x: int, y: int) -> int:
        return x + y

    rung: ww.Item[int] = double(1)
    for _ in range(40):
        rung = add(rung, rung)
        rung = add(double(rung), rung)
    value = ww.run(rung, backend="inline")
    assert value == 2 * 6**40


def test_a_result_on_the_engines_own_loop_is_refused() -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline"):
            with pytest.raises(ww.UsageError, match="would block the engine's own loop"):
                double(1).result()

    asyncio.run(main())


def test_the_collector_is_relaxed_while_engines_are_active() -> None:
    before = gc.get_threshold()

    async def main() -> None:
        async with ww.WorkflowEngine("inline"):
            async with ww.WorkflowEngine("inline"):
                assert gc.get_threshold()[0] > before[0]
            assert gc.get_threshold()[0] > before[0]

    asyncio.run(main())
    assert gc.get_threshold() == before


def test_a_dry_run_answers_placeholders_and_prints_the_plan(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ww.run(total(3), backend="processes", dry_run=True) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "plan: 4 items, nothing was run"
    assert lines[1].split()[:4] == ["total", "block", "1", "item"]
    assert lines[2].split()[:4] == ["double", "function", "3", "items"]


def test_a_dry_run_that_goes_round_and_round_is_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @ww.block
    async def endless() -> int:
        while True:
            await double(1)

    with pytest.raises(ww.TaskCancelled, match="no end on placeholders"):
        ww.run(endless(), dry_run=True)
    assert "stopped after 5,000 calls" in capsys.readouterr().out


def test_events_tell_what_happened_in_order() -> None:
    async def main() -> list[StreamEvent]:
        engine = ww.WorkflowEngine("inline")
        heard: list[StreamEvent] = []
        engine.subscribe(heard.extend)
        async with engine:
            await double(1)
            with pytest.raises(ww.TaskFailed):
                await refuse("no")
        return heard

    heard = asyncio.run(main())
    assert isinstance(heard[0], EngineOpened)
    assert isinstance(heard[-1], EngineClosed)
    settled = [event for event in heard if isinstance(event, TaskSettled)]
    assert [(event.task, event.state.value) for event in settled] == [
        ("double", "succeeded"),
        ("refuse", "failed"),
    ]
    assert "ValueError: no" in settled[1].message


def test_a_subscriber_that_fails_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("subscriber")

    async def main() -> int:
        engine = ww.WorkflowEngine("inline")
        engine.subscribe(broken)
        async with engine:
            return await double(1)

    assert asyncio.run(main()) == 2
    assert "subscriber" in caplog.text


def test_all_items_can_be_cancelled_at_once() -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline") as engine:
            items = [forever() for _ in range(10)]
            engine.cancel(reason="enough")
            ends = await ww.gather(*items, return_exceptions=True)
            assert {type(end) for end in ends} == {ww.TaskCancelled}

    asyncio.run(main())


def test_an_engine_is_opened_once() -> None:
    async def main() -> None:
        engine = ww.WorkflowEngine("inline")
        async with engine:
            pass
        with pytest.raises(ww.ScopeError, match="opened before"):
            await engine.__aenter__()

    asyncio.run(main())


def test_an_unknown_backend_is_named_at_the_opening() -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("proceses"):
            pass

    with pytest.raises(ww.UsageError, match="processes"):
        asyncio.run(main())


@ww.task
def chatty(number: int) -> int:
    print(f"step {number}\nand on")  # noqa: T201 - what it prints is the point
    return number


def test_what_functions_print_is_shown_where_no_display_does_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ww.run(chatty(4), workers=1) == 4
    assert capsys.readouterr() == ("", "chatty[1] step 4\nchatty[1] and on\n")


def test_a_quiet_engine_shows_nothing_of_what_functions_print(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ww.run(chatty(4), workers=1, quiet=True) == 4
    assert capsys.readouterr() == ("", "")


def test_a_failure_without_any_file_leaves_no_directory(tmp_path: Path) -> None:
    with pytest.raises(ww.TaskFailed, match="no luck"):
        ww.run(refuse("no luck"), workers=1, workdir=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_workdir_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ww.UsageError, match=r"workdir .*nowhere' is no directory: make it first"):
        ww.WorkflowEngine(workdir=tmp_path / "nowhere")
