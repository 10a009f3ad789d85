"""The fixture by which users test their flows."""

import asyncio

import pytest

from weftwork import File, Out, Record, UsageError, block, executable, gather, task
from weftwork.errors import TaskFailed
from weftwork.testing.flow import FlowEngine


@task
def melt(temperature: float, *, seed: int = 0) -> float:
    raise AssertionError((temperature, seed))


@executable
def simulate(temperature: float, *, out: Out = Out("msd.dat")) -> list[object]:
    return ["/no/such/program", temperature, out]


@task
def slope(file: File) -> float:
    return float(file.read_text())


@block
async def campaign(count: int) -> list[float]:
    return list(await gather(*(melt(0.1 * number, seed=number) for number in range(count))))


@block
async def slopes() -> float:
    return await slope(simulate(0.5).out)


def test_a_fake_function_answers_for_a_task(weft_engine: FlowEngine) -> None:
    def add(temperature: float, seed: int) -> float:
        return temperature + seed

    weft_engine.fake("melt", add)
    assert weft_engine.run(campaign(2)) == [0.0, 1.1]
    assert weft_engine.calls("melt") == [((0.0,), {"seed": 0}), ((0.1,), {"seed": 1})]


def test_a_fake_may_be_a_value_or_asynchronous(weft_engine: FlowEngine) -> None:
    weft_engine.fake("melt", returns=7.0)
    assert weft_engine.run(campaign(2)) == [7.0, 7.0]

    async def later(temperature: float, seed: int) -> float:
        await asyncio.to_thread(int)
        return temperature * seed

    weft_engine.fake("melt", later)
    assert weft_engine.run(campaign(2)) == [0.0, 0.1]
    assert len(weft_engine.calls("melt")) == 2


def test_an_executable_is_faked_by_a_record(weft_engine: FlowEngine) -> None:
    def triple(temperature: float) -> Record:
        return weft_engine.record(out=f"{temperature * 3}")

    weft_engine.fake("simulate", triple)
    assert weft_engine.run(slopes()) == 1.5
    assert weft_engine.calls("simulate") == [((0.5,), {})]


def test_what_a_fake_raises_fails_the_call(weft_engine: FlowEngine) -> None:
    def burst(temperature: float, seed: int) -> float:
        raise ValueError(f"burst at {temperature} {seed}")

    weft_engine.fake("melt", burst)
    with pytest.raises(TaskFailed, match=r"burst at 0\.0 0"):
        weft_engine.run(campaign(1))


def test_tasks_without_a_fake_run(weft_engine: FlowEngine) -> None:
    with pytest.raises(TaskFailed, match="AssertionError"):
        weft_engine.run(campaign(1))


def test_a_misspelt_fake_is_told_before_anything_runs(weft_engine: FlowEngine) -> None:
    weft_engine.fake("mlet", returns=1.0)
    with pytest.raises(UsageError, match=r"fake\('mlet'\).*did you mean 'melt'"):
        weft_engine.run(campaign(1))


def test_a_fake_of_nothing_is_told_in_the_end(weft_engine: FlowEngine) -> None:
    weft_engine.fake("melt", returns=1.0)
    weft_engine.fake("xyz", returns=1.0)
    with pytest.raises(UsageError, match=r"fake\('xyz'\).*known are.*campaign"):
        weft_engine.run(campaign(1))


def test_tasks_in_the_scope_of_the_test_are_seen(weft_engine: FlowEngine) -> None:
    @task
    def local(number: int) -> int:
        return number

    @block
    async def flow() -> int:
        return await local(3)

    weft_engine.fake(local.name, returns=4)
    assert weft_engine.run(flow()) == 4


def test_calls_of_what_is_not_faked_are_not_kept(weft_engine: FlowEngine) -> None:
    weft_engine.fake("melt", returns=1.0)
    with pytest.raises(UsageError, match=r"no fake of 'melts'.*did you mean 'melt'"):
        weft_engine.calls("melts")
