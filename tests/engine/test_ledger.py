"""What an engine keeps of its items."""

import asyncio

import pytest

import weftwork as ww


@ww.task
def refuse(x: int) -> int:
    raise ValueError(x)


@ww.task
def double(x: int) -> int:
    return 2 * x


@ww.task(rule="any_failed")
def mourn(*results: object) -> int:
    return len(results)


def test_nothing_is_kept_of_failed_items() -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline") as engine:
            await ww.gather(*[refuse(x) for x in range(300)], return_exceptions=True)
            await ww.gather(*[refuse(x) for x in range(300)], return_exceptions=True)
            assert engine._parts is not None
            ledger = engine._parts.driver.ledger
            assert not ledger.failures
            assert not ledger.items
            assert not ledger.values

    asyncio.run(asyncio.wait_for(main(), 20))


def test_an_item_that_asks_for_a_failed_input_and_has_none_is_skipped() -> None:
    async def main() -> None:
        async with ww.WorkflowEngine("inline"):
            with pytest.raises(ww.DependencyFailureError, match="'any_failed', and it has no in"):
                await mourn()
            with pytest.raises(ww.TaskSkipped, match=r"because mourn.* has no inputs"):
                await double(mourn())
            with pytest.raises(ww.TaskSkipped, match="'any_failed', and its inputs did not meet"):
                await mourn(double(1))
            failed = refuse(1)
            assert await mourn(failed) == 1
            assert isinstance(failed.exception(), ww.TaskFailed)

    asyncio.run(asyncio.wait_for(main(), 20))
