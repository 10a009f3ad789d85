"""What bodies raise, as failures."""

import pytest

import weftwork as ww
from weftwork.engine.outcome import body_failed


class MuteError(Exception):
    """An exception that cannot be printed."""

    def __str__(self) -> str:
        raise LookupError("no words")


class MuteCode:
    """An exit code that cannot be printed."""

    def __repr__(self) -> str:
        raise LookupError("no words")


@ww.task
def fails() -> None:
    raise MuteError


@ww.task
def leaves() -> None:
    raise SystemExit(MuteCode())


@ww.block
async def block_fails() -> None:
    raise MuteError


@pytest.mark.parametrize("backend", ["inline", "threads"])
def test_an_exception_without_words_fails_its_item_and_nothing_else(backend: str) -> None:
    with ww.WorkflowEngine(backend):
        for item in (fails(), block_fails()):
            with pytest.raises(ww.TaskFailed, match=r"MuteError: .*cannot be had: LookupError"):
                item.result(20)
        with pytest.raises(ww.TaskFailed, match=r"sys.exit\(MuteCode\)"):
            leaves().result(20)


def test_the_place_is_told_in_a_folder_of_our_name_too() -> None:
    code = compile("\n1 / 0", "/home/ada/weftwork/flow.py", "exec")
    with pytest.raises(ZeroDivisionError) as raised:
        exec(code)  # noqa: S102 - our own text
    told = body_failed(raised.value).message
    assert told == "ZeroDivisionError: division by zero (/home/ada/weftwork/flow.py:2)"
