"""The backend that runs nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from weftwork.backends.noop import NoopBackend, noop
from weftwork.core.model import Attempt, ItemId
from weftwork.engine.work import FunctionWork
from weftwork.errors import InternalError
from weftwork.tasks.capture import capture
from weftwork.tasks.command import Launch
from weftwork.tasks.files import Out, Record
from weftwork.tasks.resources import Resources
from weftwork.tasks.task import task
from weftwork.testing.bench import Bench, opened


@dataclass
class Fit:
    slope: float
    names: list[str]


@task
def fit(path: str) -> Fit:
    raise AssertionError(path)


def on_bench(scenario: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        async with opened(noop) as bench:
            await scenario(bench)
        bench.check_history()

    asyncio.run(main())


def test_a_call_gives_what_its_annotation_promises() -> None:
    async def scenario(bench: Bench) -> None:
        value = await bench.value(bench.call(fit, "data.txt"))
        assert value == Fit(0.0, [""])

    on_bench(scenario)


def test_a_program_gives_a_record_with_its_outputs_by_name() -> None:
    async def scenario(bench: Bench) -> None:
        outs = {"log": Out("log.txt"), "frames": Out("*.xtc")}
        record = await bench.value(bench.program(Launch(("/no/such/program",), outs=outs)))
        assert isinstance(record, Record)
        assert record.log.name == "log.txt"
        assert len(record.matches("frames")) == 1
        assert record.exit_code == 0

    on_bench(scenario)


def test_a_plan_may_be_for_a_larger_machine() -> None:
    assert NoopBackend().refuse(Resources(ranks=100_000, nodes=1000)) is None


def test_use_before_opening_is_a_bug_that_says_so() -> None:
    work = FunctionWork(Attempt(ItemId(1), 1), fit, capture(("x",), {}))
    with pytest.raises(InternalError, match="before it was opened"):
        NoopBackend().submit([work])
