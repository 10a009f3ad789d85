"""Mistakes with items: each is told in one sentence that says what to write instead."""

import asyncio
from collections.abc import Callable

import pytest

import weftwork as ww


@ww.task
def melt(temperature: float, seed: int = 1) -> float:
    return temperature + seed


@ww.task
def nested() -> object:
    return melt(0.5)


@ww.executable
def count(name: str, *, out: ww.Out = ww.Out("count.txt")) -> list[object]:  # noqa: ARG001
    return ["wc", "-l", name]


def use_as_number(item: ww.Item[float]) -> object:
    return item + 1  # type: ignore[operator]  # pyright: ignore


def use_as_bool(item: ww.Item[float]) -> object:
    return bool(item)


def use_in_loop(item: ww.Item[float]) -> object:
    return list(item)  # pyright: ignore


def use_in_text(item: ww.Item[float]) -> object:
    return f"{item}"


def use_in_comparison(item: ww.Item[float]) -> object:
    return item == 0.5


def use_in_order(item: ww.Item[float]) -> object:
    return item < 0.5  # type: ignore[operator]  # pyright: ignore


def use_in_membership(item: ww.Item[float]) -> object:
    return 0.5 in item  # type: ignore[attr-defined]  # pyright: ignore


def use_its_length(item: ww.Item[float]) -> object:
    return len(item)  # pyright: ignore


def use_as_float(item: ww.Item[float]) -> object:
    return float(item)  # pyright: ignore


def ask_too_early(item: ww.Item[float]) -> object:
    return item.exception()


def block_the_loop(item: ww.Item[float]) -> object:
    return item.result()


def forget_the_parentheses(_: ww.Item[float]) -> object:
    return melt(melt)


def pass_a_coroutine(_: ww.Item[float]) -> object:
    forgotten = asyncio.Event().wait()
    try:
        return melt(forgotten)
    finally:
        forgotten.close()


def hide_an_item(item: ww.Item[float]) -> object:
    class Bag:
        def __init__(self) -> None:
            self.inside = {"b": item}

    return melt(Bag())


def misspell_a_parameter(_: ww.Item[float]) -> object:
    return melt(temprature=0.5)


def give_too_many(_: ww.Item[float]) -> object:
    return melt(0.5, 1, 2)


def give_too_few(_: ww.Item[float]) -> object:
    return melt()


def misspell_an_option(_: ww.Item[float]) -> object:
    return melt.options(retries=2)(0.5)  # type: ignore[call-arg]  # pyright: ignore


def retry_less_than_never(_: ww.Item[float]) -> object:
    return melt.options(retry=-1)(0.5)


def time_out_at_once(_: ww.Item[float]) -> object:
    return melt.options(timeout=0)(0.5)


def misspell_a_resource(_: ww.Item[float]) -> object:
    return ww.Resources(rank=4)  # type: ignore[arg-type]  # pyright: ignore


def misspell_a_unit(_: ww.Item[float]) -> object:
    return ww.Resources(walltime="20 mn")


def misspell_a_size(_: ww.Item[float]) -> object:
    return ww.Resources(memory="4 GBB")


def misspell_a_backend(_: ww.Item[float]) -> object:
    return melt.options(backend="thread")(0.5)


def ask_for_too_much(_: ww.Item[float]) -> object:
    return melt.options(resources=ww.Resources(ranks=1000))(0.5)


def name_an_unknown_limit(_: ww.Item[float]) -> object:
    return melt.options(resources=ww.Resources(limits={"licence": 1}))(0.5)


def misspell_a_rule(_: ww.Item[float]) -> object:
    return melt.options(rule="all_sucess")(0.5)


def pass_a_foreign_thing_as_resources(_: ww.Item[float]) -> object:
    return melt.options(resources=4)(0.5)  # type: ignore[arg-type]  # pyright: ignore


MISTAKES: dict[Callable[[ww.Item[float]], object], str] = {
    use_as_number: r"melt\[1\].*await",
    use_as_bool: r"melt\[1\].*await",
    use_in_loop: r"melt\[1\].*await",
    use_in_text: r"melt\[1\].*await",
    use_in_comparison: r"melt\[1\].*await",
    use_in_order: r"melt\[1\].*await",
    use_in_membership: r"melt\[1\].*await",
    use_its_length: r"melt\[1\].*await",
    use_as_float: r"melt\[1\].*await",
    ask_too_early: r"melt\[1\] has not ended.*await it first",
    block_the_loop: r"melt\[1\]\.result\(\) would block the engine's own loop.*`await`",
    forget_the_parentheses: r"args\[0\] is the function melt itself: write its call",
    pass_a_coroutine: r"args\[0\] is a coroutine, which is no value: `await` it first",
    hide_an_item: r"args\[0\].*\['b'\] is an item where it is not looked for",
    misspell_a_parameter: r"temprature.*temperature",
    give_too_many: r"melt.*3.*2|melt.*at most 2",
    give_too_few: r"melt.*temperature",
    misspell_an_option: r"retries.*retry",
    retry_less_than_never: r"retry.*-1",
    time_out_at_once: r"timeout.*0",
    misspell_a_resource: r"rank.*ranks",
    misspell_a_unit: r"20 mn.*'mn' is not a unit of time.*min",
    misspell_a_size: r"4 GBB.*GB",
    misspell_a_backend: r"thread.*threads",
    ask_for_too_much: r"melt.*1000 cores",
    name_an_unknown_limit: r"melt.*licence",
    misspell_a_rule: r"all_sucess.*all_success",
    pass_a_foreign_thing_as_resources: r"resources.*4.*Resources",
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_with_an_item_is_told(mistake: Callable[[ww.Item[float]], object]) -> None:
    async def main() -> str:
        async with ww.WorkflowEngine("inline"):
            item = melt(0.5)
            with pytest.raises(ww.UsageError, match=MISTAKES[mistake]) as caught:
                mistake(item)
        return str(caught.value)

    assert "\n" not in asyncio.run(main())


def test_a_misspelt_output_is_told_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="has no 'outt': did you mean 'out'"):
        count("a.txt").outt  # noqa: B018


def test_a_part_that_is_not_there_is_told_with_what_there_is() -> None:
    @ww.task
    def measure() -> dict[str, float]:
        return {"energy": -1.0}

    with pytest.raises(ww.TaskFailed, match=r"measure\[\d\].*'enrgy'.*energy"):
        ww.run(melt(measure()["enrgy"]), backend="inline")


def test_awaiting_outside_any_engine_is_told() -> None:
    async def main() -> None:
        await melt(0.5)

    with pytest.raises(ww.ScopeError, match=r"melt\[-\] was awaited outside any engine.*ww\.run"):
        asyncio.run(main())


@pytest.mark.parametrize(
    "backend", ["inline", "threads", pytest.param("processes", marks=pytest.mark.slow)]
)
def test_calling_a_task_in_a_task_is_told_on_every_backend(backend: str) -> None:
    with pytest.raises(ww.TaskFailed, match=r"'nested.*', where there is no engine.*@ww\.block"):
        ww.run(nested(), backend=backend)


def test_a_function_where_an_item_is_meant_is_told_by_run() -> None:
    with pytest.raises(ww.UsageError, match=r"ww\.run expects what a task or block call gives"):
        ww.run(melt)  # type: ignore[arg-type]  # pyright: ignore


def test_an_engine_used_before_it_is_open_is_told() -> None:
    with pytest.raises(ww.ScopeError, match=r"not open: use `async with`"):
        ww.WorkflowEngine("inline").submit(melt(0.5))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"workers": 0}, "workers=0: an engine needs at least 1"),
        ({"grace": -1.0}, "grace=-1.0: expected seconds"),
    ],
)
def test_an_engine_with_impossible_arguments_is_refused(
    arguments: dict[str, float], sentence: str
) -> None:
    with pytest.raises(ww.UsageError, match=sentence):
        ww.WorkflowEngine("inline", **arguments)  # type: ignore[arg-type]  # pyright: ignore
