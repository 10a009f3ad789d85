"""Functions on the engine's own loop."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine

import pytest

from weftwork.backends.local import inline
from weftwork.backends.local.inline_lane import InlineLane
from weftwork.backends.local.machine import Machine
from weftwork.core.commands import CancelReason
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.ports import BackendSettings, Cancelled, Failed, Lost, Started, Succeeded
from weftwork.engine.site import Site
from weftwork.tasks.task import task
from weftwork.tasks.workspace import workspace
from weftwork.testing.bench import Bench, Recorder, opened
from weftwork.testing.clocks import JumpClock

VISIBLE = contextvars.ContextVar("visible", default="nothing")


class TickClock(JumpClock):
    """Every look at it takes a millisecond."""

    def now(self) -> float:
        self.advance(0.001)
        return super().now()


@task
async def count_tasks() -> int:
    return len(asyncio.all_tasks())


@task
def identity(value: object) -> object:
    return value


@task
async def cancel_own_task() -> str:
    me = asyncio.current_task()
    assert me is not None
    me.cancel()
    return "done"


@task
async def wait_a_turn() -> str:
    await asyncio.to_thread(int)
    return "waited"


@task
async def read_context() -> str:
    return VISIBLE.get()


@task
def undeclared(seconds: float) -> Coroutine[object, object, str]:
    return limited(seconds)


async def limited(seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()
    except TimeoutError:
        return "limited"
    return "free"


def on_bench(scenario: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        async with opened(inline) as bench:
            await scenario(bench)
        bench.check_history()

    asyncio.run(main())


def test_bodies_that_never_wait_share_one_task() -> None:
    async def scenario(bench: Bench) -> None:
        before = len(asyncio.all_tasks())
        attempts = bench.submit(*(bench.call(count_tasks) for _ in range(50)))
        values = [await bench.end(attempt) for attempt in attempts]
        assert [end.value for end in values if isinstance(end, Succeeded)] == [before + 1] * 50

    on_bench(scenario)


def test_plain_functions_run_where_they_are_submitted() -> None:
    async def scenario(bench: Bench) -> None:
        told: list[object] = []
        lane = InlineLane(bench.site, Machine(bench.site), told.extend)
        lane.submit([bench.call(identity, 5)])
        assert [end.value for end in told if isinstance(end, Succeeded)] == [5]

    on_bench(scenario)


def test_the_rest_of_the_loop_gets_a_chance_between_calls() -> None:
    async def main() -> int:
        site = Site(BackendSettings(), TickClock(), SessionDirectory())
        recorder = Recorder()
        bench = Bench(inline(site), recorder, site)
        await bench.backend.open(recorder)
        turns = 0

        def count() -> None:
            nonlocal turns
            turns += 1
            asyncio.get_running_loop().call_soon(count)

        count()
        attempts = bench.submit(*(bench.call(count_tasks) for _ in range(40)))
        for attempt in attempts:
            await bench.end(attempt)
        return turns

    # 40 bodies of a millisecond each, in slices of five.
    assert asyncio.run(main()) >= 8


def test_a_body_that_cancels_its_own_task_does_no_harm_to_the_next() -> None:
    async def scenario(bench: Bench) -> None:
        ends = bench.submit(bench.call(cancel_own_task), bench.call(wait_a_turn))
        assert [await bench.end(attempt) for attempt in ends] == [
            Succeeded(ends[0], "done"),
            Succeeded(ends[1], "waited"),
        ]

    on_bench(scenario)


def test_what_the_engines_user_set_is_not_seen_in_bodies() -> None:
    VISIBLE.set("something")

    async def scenario(bench: Bench) -> None:
        assert await bench.value(bench.call(read_context)) == "nothing"

    contextvars.copy_context().run(on_bench, scenario)


def test_a_plain_function_may_give_a_coroutine_which_is_awaited_in_a_task() -> None:
    async def scenario(bench: Bench) -> None:
        assert await bench.value(bench.call(undeclared, 0)) == "limited"
        (attempt,) = bench.submit(bench.call(undeclared, 3600))
        bench.cancel(attempt)
        assert isinstance(await bench.end(attempt), Cancelled)

    on_bench(scenario)


def test_an_input_that_lacks_the_part_asked_for_is_a_bad_input() -> None:
    part = identity(0).part("nowhere")

    async def scenario(bench: Bench) -> None:
        failure = await bench.failure(bench.call(identity, part, values=[7]))
        assert failure.cause.value == "bad_input"
        assert "nowhere" in failure.message

    on_bench(scenario)


@pytest.mark.parametrize("keep", [False, True])
def test_a_workspace_is_kept_if_the_user_wants_it_or_the_call_failed(*, keep: bool) -> None:
    @task
    def note(number: int) -> float:
        (workspace() / "note").write_text("written")
        return 1 / number

    async def main() -> None:
        async with opened(inline, BackendSettings(keep=keep)) as bench:
            for number in (1, 0):
                await bench.run(bench.call(note, number, workspace=True))
            root = bench.site.directory.make("workspaces")
            names = sorted(path.name for path in root.iterdir())
            assert names == (["note.1.1", "note.2.1"] if keep else ["note.2.1"])

    asyncio.run(main())


def test_what_ignores_its_cancellation_is_named_and_left_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    release = asyncio.Event()

    @task
    async def stubborn() -> int:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return 5

    async def main() -> list[type[object]]:
        site = Site(BackendSettings(), JumpClock(), SessionDirectory())
        recorder = Recorder()
        bench = Bench(inline(site), recorder, site)
        await bench.backend.open(recorder)
        (attempt,) = bench.submit(bench.call(stubborn))
        await bench.started(attempt)
        closing = asyncio.ensure_future(bench.backend.close(1.0))
        await bench.wait_turns(3)
        assert isinstance(site.clock, JumpClock)
        site.clock.advance(1.0)
        await closing
        release.set()
        await bench.wait_turns(5)
        return [type(report) for report in recorder.reports]

    with caplog.at_level(logging.WARNING, logger="weftwork"):
        assert asyncio.run(main()) == [Started, Lost]
    assert "stubborn[1] ignored that it was cancelled" in caplog.text


def test_ends_that_nobody_asked_for_are_failures() -> None:
    @task
    async def give_up() -> None:
        await asyncio.to_thread(int)
        raise asyncio.CancelledError

    async def scenario(bench: Bench) -> None:
        work = bench.call(give_up)
        end = await bench.run(work)
        assert isinstance(end, Failed)
        assert "CancelledError" in end.failure.message
        bench.backend.cancel([work.attempt], CancelReason.TIMEOUT)

    on_bench(scenario)
