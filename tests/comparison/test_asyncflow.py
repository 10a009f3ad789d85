"""What users of AsyncFlow ran into, as it is here. docs/comparison/asyncflow.md names these."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

import weftwork as ww


@ww.task
def add(x: int, y: int = 0) -> int:
    return x + y


@ww.task
def same(value: object) -> object:
    return value


@ww.task
def refuse(why: str) -> int:
    raise ValueError(why)


@ww.executable
def say(*words: object) -> list[object]:
    return ["printf", r"%s\n", *words]


@ww.executable
async def say_later(*words: object) -> list[object]:
    await asyncio.to_thread(int)
    return ["printf", r"%s\n", *words]


@ww.executable
def shell(text: str) -> list[object]:
    return ["sh", "-c", text]


@ww.task
def lines(file: ww.File) -> list[str]:
    return file.read_text().splitlines()


class OddError(Exception):
    """An exception whose constructor wants more than a message."""

    def __init__(self, code: int, *, where: str) -> None:
        super().__init__(f"{code} at {where}")
        self.code = code
        self.where = where


@ww.task
def odd() -> int:
    raise OddError(7, where="the anode")


@ww.task
def leave() -> int:
    raise SystemExit(3)


@ww.task
def vanish() -> int:
    os._exit(5)


def inline(flow: Callable[[ww.WorkflowEngine], Awaitable[None]]) -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline") as engine:
            await flow(engine)

    asyncio.run(main())


# Inputs -------------------------------------------------------------------------------------


def test_one_item_may_be_given_twice() -> None:
    @ww.block
    async def flow() -> int:
        one = add(20, 1)
        return await add(one, one)

    assert ww.run(flow(), backend="inline") == 42


def test_an_item_may_be_given_by_keyword() -> None:
    @ww.block
    async def flow() -> int:
        return await add(1, y=add(40, 1))

    assert ww.run(flow(), backend="inline") == 42


def test_items_in_lists_and_dicts_arrive_as_their_values() -> None:
    @ww.block
    async def flow() -> object:
        a, b = add(1), add(2)
        return await same([a, {"k": b}, (a, [b])])

    assert ww.run(flow(), backend="inline") == [1, {"k": 2}, (1, [2])]


@pytest.mark.parametrize("program", [say, say_later])
def test_a_program_is_given_values_and_not_items(
    program: Callable[..., ww.Item[ww.Record]],
) -> None:
    @ww.block
    async def flow() -> list[str]:
        return await lines(program(add(40, 2)).stdout)

    assert ww.run(flow(), backend="inline") == ["42"]


def test_an_item_of_another_engine_is_refused_at_the_call() -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline") as first, ww.WorkflowEngine("inline") as second:
            with ww.scope(first):
                foreign = add(1)
            with ww.scope(second), pytest.raises(ww.ScopeError, match="belongs to another engine"):
                add(foreign)

    asyncio.run(main())


# Programs -----------------------------------------------------------------------------------


def test_arguments_reach_a_program_exactly_as_they_are() -> None:
    words = ["two words", "*", ">", "$HOME", "'quoted'", '"', "\\", ""]

    @ww.block
    async def flow() -> list[str]:
        return await lines(say(*words).stdout)

    assert ww.run(flow(), backend="inline") == words


def test_a_shell_is_a_program_like_any_other_and_its_exit_code_counts() -> None:
    @ww.block
    async def flow() -> str:
        return (await shell("echo a b")).stdout.read_text()

    assert ww.run(flow(), backend="inline") == "a b\n"
    with pytest.raises(ww.TaskFailed, match="exit code 3") as failed:
        ww.run(shell("exit 3"), backend="inline")
    assert (failed.value.cause, failed.value.exit_code) == ("exit_code", 3)


def test_programs_at_once_never_see_each_others_files() -> None:
    @ww.block
    async def flow() -> list[list[str]]:
        text = "echo $0 > result.txt; cat result.txt"
        records = [shell.options()(text) for _ in range(3)]
        return await ww.gather(*[lines(record.stdout) for record in records])

    assert ww.run(flow(), backend="inline") == [["sh"]] * 3


def test_a_cancelled_program_is_gone_with_all_it_started(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    async def flow(_: ww.WorkflowEngine) -> None:
        item = shell(f"sleep 600 & echo $$ $! > {pipe}; wait")
        numbers = await asyncio.to_thread(pipe.read_text)
        item.cancel("no longer needed")
        with pytest.raises(ww.TaskCancelled, match="no longer needed"):
            await item
        for number in numbers.split():
            assert not _is_alive(int(number))

    inline(flow)


def _is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


# Errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "backend", ["inline", "threads", pytest.param("processes", marks=pytest.mark.slow)]
)
def test_an_exception_arrives_as_it_was_raised(backend: str) -> None:
    with pytest.raises(ww.TaskFailed) as failed:
        ww.run(odd(), backend=backend)
    original = failed.value.__cause__
    assert type(original).__name__ == "OddError"
    assert str(original) == "7 at the anode"
    assert vars(original or Exception())["where"] == "the anode"


@pytest.mark.parametrize(
    "backend", ["inline", "threads", pytest.param("processes", marks=pytest.mark.slow)]
)
def test_system_exit_in_a_body_fails_its_own_task_alone(backend: str) -> None:
    @ww.block
    async def flow() -> Sequence[object]:
        return await ww.gather(leave(), add(1, 1), return_exceptions=True)

    left, two = ww.run(flow(), backend=backend)
    assert isinstance(left, ww.TaskFailed)
    assert two == 2


@pytest.mark.slow
def test_a_worker_that_dies_fails_its_own_task_alone() -> None:
    @ww.block
    async def flow() -> Sequence[object]:
        return await ww.gather(vanish(), *[add(n) for n in range(20)], return_exceptions=True)

    gone, *rest = ww.run(flow(), workers=1)
    assert isinstance(gone, ww.TaskFailed)
    assert (gone.cause, gone.exit_code) == ("exit_code", 5)
    assert rest == list(range(20))


def test_an_unknown_backend_is_an_error_of_its_call_alone() -> None:
    async def flow(_: ww.WorkflowEngine) -> None:
        before = add(1)
        with pytest.raises(ww.UsageError, match="threads"):
            add.options(backend="thread")(1)
        assert sorted(await ww.gather(before, add(2))) == [1, 2]

    inline(flow)


def test_an_unknown_option_is_an_error_where_it_is_written() -> None:
    options: dict[str, object] = {"retries": 3}
    with pytest.raises(ww.UsageError, match="retry"):
        ww.task(**options)(str)  # type: ignore[call-overload]  # that is the mistake


def test_a_failure_nobody_looked_at_is_told_at_the_end() -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline"):
            refuse("nobody asks")

    with pytest.raises(ExceptionGroup) as group:
        asyncio.run(main())
    assert "nobody asks" in str(group.value.exceptions[0])
