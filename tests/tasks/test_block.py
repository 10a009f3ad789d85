from collections.abc import AsyncIterator, Callable

import pytest

import weftwork as ww
from tasks.fake_host import hosting
from weftwork.errors import UsageError


@ww.block
async def search(tolerance: float = 5.0) -> float:
    return tolerance


@ww.block(timeout="2 h", retry=1)
async def slow() -> None:
    return None


def test_a_block_is_called_like_a_task_and_gives_an_item() -> None:
    with hosting() as host:
        item = search(tolerance=1.0)
        assert host.items == [item]
        assert item.label == "search[1]"
        assert item._task is search
        assert search.kind == "block"


def test_a_block_takes_the_options_that_mean_something_to_it() -> None:
    assert slow.settings.timeout == 7200
    assert slow.settings.retry.times == 1
    before = search()
    after = search.options(after=[before])()
    assert after._inputs() == (before,)


@pytest.mark.parametrize("option", ["priority", "resources", "backend", "workspace"])
def test_a_block_refuses_what_concerns_only_the_tasks_it_calls(option: str) -> None:
    for text in (f"search.options({option}=None)", f"ww.block({option}=None)(search.fn)"):
        with pytest.raises(UsageError, match=f"search has no option '{option}', because it runs"):
            eval(text, {"ww": ww, "search": search})  # noqa: S307 - type checkers find some


def test_an_unknown_option_of_a_block_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no option 'timout': did you mean 'timeout'"):
        search.options(timout=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_a_plain_function_or_a_generator_cannot_be_a_block() -> None:
    def plain() -> int:
        return 1

    async def stream() -> AsyncIterator[int]:
        yield 1

    wrong: list[tuple[Callable[..., object], str]] = [
        (plain, "@block: plain is a plain function: write `async def plain`"),
        (stream, "stream is a generator"),
    ]
    for function, message in wrong:
        with pytest.raises(UsageError, match=message):
            ww.block(function)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
