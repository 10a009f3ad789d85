"""Mistakes with executables."""

from collections.abc import Callable
from pathlib import Path

import pytest

import weftwork as ww


@ww.executable
def a_string() -> object:
    return "ls -l /tmp"


@ww.executable
def nothing() -> object:
    return None


@ww.executable
def an_empty_list() -> object:
    return []


@ww.executable
def none_in_argv() -> object:
    return ["ls", None]


@ww.executable
def a_list_in_argv() -> object:
    return ["ls", ["-l"]]


@ww.executable
def a_nul_in_argv() -> object:
    return ["ls", "a\0b"]


@ww.executable
def a_file_in_the_body() -> object:
    return ["cat", ww.File("/etc/hostname")]


@ww.executable
def an_asset_in_the_body() -> object:
    return ["cat", ww.asset("test_items.py")]


@ww.executable
def no_such_program() -> object:
    return ["lmpp", "-in", "melt.in"]


@ww.executable
def exits(code: int) -> object:
    return ["sh", "-c", f"echo reason >&2; exit {code}"]


@ww.executable
def forgets_its_output(*, out: ww.Out = ww.Out("msd.dat")) -> object:  # noqa: ARG001
    return ["true"]


@ww.executable
def numbers_and_paths(here: Path) -> object:
    return ["echo", 1, 2.5, here]


MISTAKES: dict[Callable[[], ww.Item[ww.Record]], tuple[str, str]] = {
    a_string: ("exception", r"a_string.*\['ls', '-l', '/tmp'\]"),
    nothing: ("exception", "nothing.*return"),
    an_empty_list: ("exception", "an_empty_list.*empty"),
    none_in_argv: ("exception", r"argv\[1\].*None"),
    a_list_in_argv: ("exception", r"argv\[1\].*list"),
    a_nul_in_argv: ("exception", r"argv\[1\].*NUL"),
    a_file_in_the_body: ("exception", "File.*parameter|parameter.*File"),
    an_asset_in_the_body: ("exception", "asset.*default|default.*asset"),
    no_such_program: ("not_found", "lmpp"),
    forgets_its_output: ("missing_output", "msd.dat"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda task: task.name)
def test_a_mistake_with_a_program_is_told(mistake: Callable[[], ww.Item[ww.Record]]) -> None:
    cause, sentence = MISTAKES[mistake]
    with pytest.raises(ww.TaskFailed, match=sentence) as caught:
        ww.run(mistake(), backend="inline", grace=0.2)
    assert caught.value.cause == cause


def test_an_exit_code_is_told_with_the_end_of_stderr_and_the_logs() -> None:
    with pytest.raises(ww.TaskFailed, match=r"exit code 3.*reason") as caught:
        ww.run(exits(3), backend="inline")
    assert (caught.value.cause, caught.value.exit_code) == ("exit_code", 3)
    assert caught.value.logs is not None
    assert Path(caught.value.logs).is_dir()


def test_numbers_and_paths_need_no_conversion(tmp_path: Path) -> None:
    async def main() -> str:
        async with ww.WorkflowEngine("inline"):
            return (await numbers_and_paths(tmp_path)).stdout.read_text()

    import asyncio  # noqa: PLC0415

    assert asyncio.run(main()) == f"1 2.5 {tmp_path}\n"


def test_an_asset_that_is_not_there_is_told_at_the_declaration() -> None:
    with pytest.raises(ww.UsageError, match=r"test_itens\.py.*test_items\.py"):
        ww.asset("test_itens.py")


def test_two_outputs_of_one_name_are_told_at_the_declaration() -> None:
    with pytest.raises(ww.UsageError, match=r"msd\.dat"):

        @ww.executable
        def twice(*, a: ww.Out = ww.Out("msd.dat"), b: ww.Out = ww.Out("msd.dat")) -> object:
            return ["true", a, b]


def test_an_output_named_like_a_member_of_items_is_told_at_the_declaration() -> None:
    with pytest.raises(ww.UsageError, match="result"):

        @ww.executable
        def hidden(*, result: ww.Out = ww.Out("msd.dat")) -> object:
            return ["true", result]
