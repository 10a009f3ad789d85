"""How failures are told: a sentence, and of the user's own errors the user's frames."""

import asyncio

import pytest

from weftwork.cli import complaints
from weftwork.cli.complaints import show_failure, users_frames
from weftwork.errors import TaskFailed, UsageError


def users_mistake() -> None:
    raise ValueError("negative temperature")


def caught(function: object) -> BaseException:
    assert callable(function)
    with pytest.raises(BaseException, match=r"negative|add") as info:
        function()
    return info.value


def said(error: BaseException, capsys: pytest.CaptureFixture[str]) -> str:
    show_failure(error)
    return capsys.readouterr().err


def test_a_users_error_comes_with_the_users_frames_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def body() -> None:
        users_mistake()

    def through_the_machinery() -> None:
        asyncio.run(body())

    error = caught(through_the_machinery)
    names = [frame.name for frame in users_frames(error)]
    assert names[-3:] == ["through_the_machinery", "body", "users_mistake"]
    text = said(error, capsys)
    assert text.startswith("weft: ValueError: negative temperature\n")
    assert "in users_mistake" in text
    assert "asyncio/" not in text


def test_an_error_of_ours_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    error = UsageError("add() takes 2 arguments")
    assert said(error, capsys) == "weft: add() takes 2 arguments\n"


def test_a_failed_task_shows_where_the_user_raised(capsys: pytest.CaptureFixture[str]) -> None:
    error = TaskFailed("add[3]", "add[3] failed: ValueError: negative temperature")
    error.__cause__ = caught(users_mistake)
    text = said(error, capsys)
    assert text.startswith("weft: add[3] failed: ValueError: negative temperature\n")
    assert "in users_mistake" in text


def test_a_block_that_failed_because_of_a_task_names_the_task(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = TaskFailed("campaign[1]", "campaign[1] failed: TaskFailed: ...")
    error.__cause__ = TaskFailed("inner[2]", "inner[2] failed: ...")
    error.__cause__.__cause__ = TaskFailed("melt[3]", "melt[3] failed: exit code 1")
    assert show_failure(error) is None
    assert capsys.readouterr().err == "weft: campaign[1] failed, because of melt[3]\n"


def test_an_item_that_was_told_in_full_is_named_to_the_caller() -> None:
    assert show_failure(TaskFailed("melt[3]", "melt[3] failed: exit code 1")) == "melt[3]"


@pytest.mark.parametrize("in_a_block", [False, True])
def test_a_group_is_told_by_its_message(
    in_a_block: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    members = [TaskFailed(f"add[{n}]", f"add[{n}] failed: exit code 1") for n in range(9)]
    error: Exception = ExceptionGroup("9 tasks failed and nobody looked", members)
    start = "weft: "
    if in_a_block:
        failed = TaskFailed("campaign[1]", "campaign[1] failed: ...")
        failed.__cause__ = error
        error, start = failed, "weft: campaign[1] failed: "
    assert said(error, capsys) == f"{start}9 tasks failed and nobody looked\n"


def test_a_bug_of_ours_is_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    def ours() -> None:
        exec(compile("1 / 0", f"{complaints.__file__}", "exec"))  # noqa: S102 - as if it were there

    with pytest.raises(ZeroDivisionError) as info:
        ours()
    error = info.value.with_traceback((info.tb.tb_next or info.tb).tb_next)
    text = said(error, capsys)
    assert text.startswith("weft: ZeroDivisionError: division by zero\n")
    assert "complaints.py" in text
