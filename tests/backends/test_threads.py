"""Functions on threads."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable

import pytest

from weftwork.backends.local import threads
from weftwork.backends.local.hardware import Hardware
from weftwork.backends.local.machine import Machine
from weftwork.engine.ports import Backend, BackendSettings, Clock, Lost, Started, Succeeded
from weftwork.engine.site import Site
from weftwork.tasks.resources import Resources
from weftwork.tasks.task import task
from weftwork.testing.bench import Bench, opened
from weftwork.testing.clocks import JumpClock

TWO_CORES = Hardware(present=2, affinity=(0, 1), quota=None, gpus=(), memory=0)


class Gate:
    """Lets a test hold functions and see how many are held."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self._is_open = False
        self._change = threading.Condition()

    def pass_through(self) -> str:
        with self._change:
            self.inside += 1
            self.most = max(self.most, self.inside)
            self._change.notify_all()
            self._change.wait_for(lambda: self._is_open)
            self.inside -= 1
        return threading.current_thread().name

    async def wait_inside(self, count: int) -> None:
        def wait() -> None:
            with self._change:
                self._change.wait_for(lambda: self.inside == count)

        await asyncio.to_thread(wait)

    def open(self) -> None:
        with self._change:
            self._is_open = True
            self._change.notify_all()


def on_bench(
    scenario: Callable[[Bench], Awaitable[None]],
    settings: BackendSettings | None = None,
    clock: Clock | None = None,
) -> None:
    def make(site: Site) -> Backend:
        site.share(Machine, lambda: Machine(site, TWO_CORES))
        return threads(site)

    async def main() -> None:
        async with opened(make, settings, clock=clock) as bench:
            await scenario(bench)
        bench.check_history()

    asyncio.run(main())


def names_of_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("weft-")]


@pytest.mark.parametrize(
    ("workers", "most"), [(None, 2), (1, 1), (5, 5)], ids=["as many as cores", "fewer", "more"]
)
def test_as_many_calls_run_at_once_as_the_user_said(workers: int | None, most: int) -> None:
    gate = Gate()
    hold = task(gate.pass_through)

    async def scenario(bench: Bench) -> None:
        attempts = bench.submit(*(bench.call(hold) for _ in range(8)))
        await gate.wait_inside(most)
        assert len(names_of_threads()) == most
        assert bench.backend.why(attempts[0]) == "runs on a thread"
        assert bench.backend.why(attempts[7]) == "waits for a free thread"
        gate.open()
        for attempt in attempts:
            end = await bench.end(attempt)
            assert isinstance(end, Succeeded)
            assert str(end.value).startswith("weft-")
        assert gate.most == most

    on_bench(scenario, BackendSettings(workers=workers))
    assert names_of_threads() == []


def test_calls_that_take_no_core_do_not_wait_for_one() -> None:
    gate = Gate()
    hold = task(gate.pass_through)

    async def scenario(bench: Bench) -> None:
        idle = Resources(threads=0)
        attempts = bench.submit(*(bench.call(hold, resources=idle) for _ in range(10)))
        for attempt in attempts:
            await bench.started(attempt)
        gate.open()
        ends = [await bench.end(attempt) for attempt in attempts]
        assert [type(end) for end in ends] == [Succeeded] * 10
        assert gate.most == 10

    on_bench(scenario)


def test_other_requests_have_their_turn_while_calls_queue() -> None:
    order, clock = list[str](), JumpClock()
    begun, gate = threading.Event(), threading.Event()

    @task
    def note(name: str) -> None:
        order.append(name)
        if name == "first":
            begun.set()
            gate.wait()

    async def scenario(bench: Bench) -> None:
        calls = [bench.call(note, name) for name in ("first", *"abcdefgh")]
        bench.submit(*calls)
        await asyncio.to_thread(begun.wait)
        bench.submit(bench.call(note, "other", resources=Resources(threads=2)))
        clock.advance(1.0)
        gate.set()
        for work in bench.submitted:
            await bench.end(work.attempt)

    on_bench(scenario, BackendSettings(workers=1), clock)
    # The first call took longer than a seat's turn; whoever came meanwhile is next.
    assert order[:2] == ["first", "other"]


def test_an_urgent_call_gets_in_line_before_less_urgent_ones_of_other_kinds() -> None:
    order: list[str] = []
    whole = Resources(threads=2)

    @task
    async def hold() -> None:
        await asyncio.Event().wait()

    @task
    def note(name: str) -> None:
        order.append(name)

    async def scenario(bench: Bench) -> None:
        (holder,) = bench.submit(bench.call(hold, resources=whole))
        await bench.started(holder)
        bench.submit(bench.call(note, "low"))
        bench.submit(bench.call(note, "middle", resources=Resources(limits={"one": 1}), priority=5))
        bench.submit(bench.call(note, "high", priority=9, resources=Resources(limits={"one": 1})))
        bench.submit(bench.call(note, "highest", priority=9))
        bench.cancel(holder)
        for work in bench.submitted:
            await bench.end(work.attempt)

    on_bench(scenario, BackendSettings(workers=1, limits={"one": 1}))
    assert order == ["high", "highest", "middle", "low"]


def test_a_function_that_does_not_end_is_named_and_left_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = Gate()
    hold = task(gate.pass_through)

    async def scenario(bench: Bench) -> None:
        (attempt,) = bench.submit(bench.call(hold))
        await bench.started(attempt)
        bench.cancel(attempt)
        assert "nothing can end" in bench.backend.why(attempt)
        await bench.backend.close(0.0)
        assert isinstance(await bench.end(attempt), Lost)
        (left,) = [thread for thread in threading.enumerate() if thread.name.startswith("weft-")]
        assert left.daemon
        gate.open()
        await asyncio.to_thread(left.join)

    with caplog.at_level(logging.WARNING, logger="weftwork"):
        on_bench(scenario)
    assert "pass_through[1] still ran on a thread" in caplog.text


def test_one_loop_lives_as_long_as_its_thread() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    @task
    async def note_loop() -> None:
        loops.append(asyncio.get_running_loop())

    async def scenario(bench: Bench) -> None:
        for _ in range(3):
            await bench.run(bench.call(note_loop))
        assert len(set(map(id, loops))) == 1
        assert not loops[0].is_closed()

    on_bench(scenario, BackendSettings(workers=1))
    assert loops[0].is_closed()


def test_an_exit_raised_in_a_bodys_own_task_ends_the_attempt_alone() -> None:
    @task
    async def leave_from_a_part() -> None:
        async def part() -> None:
            raise SystemExit(4)

        await asyncio.create_task(part())

    @task
    async def add(a: int, b: int) -> int:
        return a + b

    async def scenario(bench: Bench) -> None:
        failure = await bench.failure(bench.call(leave_from_a_part))
        assert failure.exit_code == 4
        assert await bench.value(bench.call(add, 1, 2)) == 3

    on_bench(scenario, BackendSettings(workers=1))


def test_starts_are_told_before_calls_begin() -> None:
    begun: list[int] = []

    @task
    def note(number: int) -> None:
        begun.append(number)

    async def scenario(bench: Bench) -> None:
        attempts = bench.submit(*(bench.call(note, number) for number in range(5)))
        for attempt in attempts:
            await bench.end(attempt)
            start = bench.recorder.position(attempt, Started)
            end = bench.recorder.position(attempt, Succeeded)
            assert start is not None
            assert end is not None
            assert start < end

    on_bench(scenario)
    assert sorted(begun) == [0, 1, 2, 3, 4]
