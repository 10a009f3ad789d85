"""The local backend: what goes which way, and what its modes share."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from weftwork.backends.local import inline, processes, threads
from weftwork.backends.local.hardware import Hardware
from weftwork.backends.local.machine import Machine
from weftwork.core.commands import CancelReason
from weftwork.core.model import Cause
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.ports import Backend, BackendSettings, Cancelled, Succeeded
from weftwork.engine.site import Site
from weftwork.errors import InternalError
from weftwork.tasks.command import Launch
from weftwork.tasks.resources import Resources
from weftwork.tasks.task import task
from weftwork.testing.bench import Bench, opened
from weftwork.testing.clocks import JumpClock

TWO_CORES = Hardware(present=2, affinity=(0, 1), quota=None, gpus=(), memory=0)
WHOLE = Resources(threads=2)
TRUE = Launch(("/bin/sh", "-c", "exit 0"))


@task
async def hold() -> None:
    await asyncio.Event().wait()


@task
def add(a: int, b: int) -> int:
    return a + b


def two_cores(factory: Callable[[Site], Backend]) -> Callable[[Site], Backend]:
    def make(site: Site) -> Backend:
        site.share(Machine, lambda: Machine(site, TWO_CORES))
        return factory(site)

    return make


def on_bench(scenario: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        async with opened(two_cores(inline)) as bench:
            await scenario(bench)
        bench.check_history()

    asyncio.run(main())


def test_functions_and_programs_wait_for_the_same_cores() -> None:
    async def scenario(bench: Bench) -> None:
        holder, program = bench.submit(
            bench.call(hold, resources=WHOLE), bench.program(TRUE, Resources(threads=1))
        )
        await bench.started(holder)
        assert bench.backend.why(program).startswith("waits for 1 core")
        assert "runs" in bench.backend.why(holder)
        bench.cancel(holder)
        assert isinstance(await bench.end(program), Succeeded)

    on_bench(scenario)


def test_two_modes_of_one_engine_share_the_machine() -> None:
    async def scenario(bench: Bench) -> None:
        other = threads(bench.site)
        await other.open(bench.recorder)
        (holder,) = bench.submit(bench.call(hold, resources=WHOLE))
        await bench.started(holder)
        call = bench.call(add, 1, 2)
        bench.submitted.append(call)
        other.submit([call])
        await bench.wait_turns(3)
        assert not bench.recorder.has_started(call.attempt)
        bench.cancel(holder)
        assert isinstance(await bench.end(call.attempt), Succeeded)
        await other.close(1.0)

    on_bench(scenario)


def test_a_program_that_waits_is_cancelled_without_a_start() -> None:
    async def scenario(bench: Bench) -> None:
        holder, program = bench.submit(
            bench.call(hold, resources=WHOLE), bench.program(TRUE, WHOLE)
        )
        await bench.started(holder)
        bench.cancel(program)
        assert isinstance(await bench.end(program), Cancelled)
        assert not bench.recorder.has_started(program)
        (next_one,) = bench.submit(bench.program(TRUE, WHOLE))
        bench.cancel(holder)
        assert isinstance(await bench.end(next_one), Succeeded)

    on_bench(scenario)


def test_a_function_with_ranks_is_refused_by_a_sentence() -> None:
    async def scenario(bench: Bench) -> None:
        failure = await bench.failure(bench.call(add, 1, 2, resources=Resources(ranks=2)))
        assert failure.cause is Cause.BAD_INPUT
        assert "ranks=2" in failure.message
        assert "@ww.executable" in failure.message

    on_bench(scenario)


@pytest.mark.parametrize(
    ("factory", "name", "by_value"),
    [(processes, "processes", True), (threads, "threads", False), (inline, "inline", False)],
)
def test_modes_say_who_they_are(
    factory: Callable[[Site], Backend], name: str, *, by_value: bool
) -> None:
    site = Site(BackendSettings(workers=3), JumpClock(), SessionDirectory())
    backend = two_cores(factory)(site)
    assert (backend.name, backend.by_value) == (name, by_value)
    assert (backend.capacity.cores, backend.capacity.workers) == (2, 3)


def test_use_before_opening_is_a_bug_that_says_so() -> None:
    site = Site(BackendSettings(), JumpClock(), SessionDirectory())
    with pytest.raises(InternalError, match="'inline' was used before"):
        inline(site).cancel([], CancelReason.REQUEST)
