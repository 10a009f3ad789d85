"""How failures are told: a sentence, and of the user's own errors the user's frames."""

import asyncio

import pytest

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


def test_a_group_names_its_first_members(capsys: pytest.CaptureFixture[str]) -> None:
    members = [TaskFailed(f"add[{n}]", f"add[{n}] failed: exit code 1") for n in range(9)]
    lines = said(ExceptionGroup("9 failures nobody looked at", members), capsys).splitlines()
    assert lines[0] == "weft: 9 failures nobody looked at"
    assert lines[1:] == [f"weft:   add[{n}] failed: exit code 1" for n in range(3)]
