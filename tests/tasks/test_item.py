import asyncio
import copy
import math
import pickle

import numpy as np
import pytest

import weftwork as ww
from tasks.fake_host import Boxed, FakeHost, hosting
from weftwork.core.model import ItemId, TaskState
from weftwork.errors import (
    ScopeError,
    TaskCancelled,
    TaskFailed,
    UsageError,
)
from weftwork.tasks.item import OWN_NAMES
from weftwork.tasks.scope import InsideTask, Scope, entered


@ww.task
def melt(temperature: float) -> float:
    return temperature


@ww.task
def steps() -> list[int]:
    return []


def an_item(host: FakeHost) -> ww.Item[float]:
    with entered(Scope(host)):
        return melt(1.0)


def test_a_failure_raises_the_same_exception_at_each_await_with_a_fresh_traceback() -> None:
    async def main() -> None:
        host = FakeHost()
        item = an_item(host)
        host.fail(item, "no atoms")
        lengths: list[int] = []
        caught: list[BaseException] = []
        for _ in range(3):
            with pytest.raises(TaskFailed, match="no atoms") as info:
                await item
            caught.append(info.value)
            lengths.append(len(info.traceback))
        assert caught[0] is caught[1] is caught[2]
        assert len(set(lengths)) == 1

    asyncio.run(main())


def test_a_cancelled_item_raises_task_cancelled_and_not_cancelled_error() -> None:
    async def main() -> None:
        host = FakeHost()
        item = an_item(host)
        host.stop(item, "enough")
        assert item.cancelled()
        with pytest.raises(TaskCancelled) as info:
            await item
        assert info.value.reason == "enough"
        assert not isinstance(info.value, asyncio.CancelledError)

    asyncio.run(main())


def test_cancel_asks_the_host_with_the_reason_and_says_if_it_was_too_late() -> None:
    host = FakeHost()
    item = an_item(host)
    assert item.cancel("converged") is True
    assert host.cancels == [("melt[1]", "converged")]
    host.succeed(item)
    assert item.cancel() is False
    assert len(host.cancels) == 1


def test_the_exception_of_an_unfinished_item_is_a_mistake() -> None:
    host = FakeHost()
    item = an_item(host)
    with pytest.raises(UsageError, match=r"melt\[1\] has not ended"):
        item.exception()
    host.succeed(item, 1.0)
    assert item.exception() is None


def test_a_stored_value_is_loaded_once_for_users_and_stays_stored_for_tasks() -> None:
    with hosting() as host:
        item = steps()
    stored = Boxed(1, 2)
    host.succeed(item, stored)
    value = item.result()
    assert value == [1, 2]
    assert item.result() is value
    assert stored.loads == 1
    assert item._value is stored


def test_a_final_item_lets_go_of_its_arguments_and_inputs() -> None:
    with hosting() as host:
        first = melt(1.0)
        second = melt(first)
        assert second._inputs() == (first,)
        host.run()
        assert second._captured is None
        assert second._inputs() == ()


def test_a_loose_item_says_how_to_run_it() -> None:
    item = melt(1.0)
    assert item.label == "melt[-]"
    assert item.state is TaskState.WAITING
    assert "in no engine" in item.explain()
    for use in (item.result, item.cancel, lambda: asyncio.run(_await(item))):
        with pytest.raises(ScopeError, match=r"async with ww.WorkflowEngine\(\).*ww.run"):
            use()


async def _await(item: ww.Item[float]) -> float:
    return await item


def test_a_loose_item_joins_the_engine_in_whose_scope_it_is_awaited() -> None:
    item = melt(1.0)
    host = FakeHost()

    async def main() -> None:
        with entered(Scope(host, ItemId(5))):
            asyncio.get_running_loop().call_soon(host.run)
            assert await item == 1.0

    asyncio.run(main())
    assert host.items == [item]
    assert item._group == 5


def test_an_item_cannot_be_made_in_the_body_of_a_task() -> None:
    with entered(InsideTask("outer")), pytest.raises(ScopeError, match=r"'outer'.*@ww.block.*fn"):
        melt(1.0)


def test_state_label_and_text_tell_which_item_it_is_and_where() -> None:
    host = FakeHost()
    item = an_item(host)
    assert item.state is TaskState.QUEUED
    assert repr(item) == str(item) == "<Item melt[1]: queued>"
    assert item.explain() == "melt[1] is explained"
    assert item.uid is item.fingerprint is None
    host.succeed(item, 1.0)
    assert repr(item) == "<Item melt[1]: succeeded>"


@pytest.mark.parametrize(
    "mistake",
    [
        "bool(item)",
        "1 if item else 2",
        "not item",
        "list(item)",
        "[*item]",
        "3 in item",
        "len(item)",
        "item < 3",
        "3 < item",
        "item >= item",
        "item == 0.5",
        "item != 0.5",
        "item in [0.5]",
        "item + 1",
        "1 + item",
        "numpy.ones(3) * item",
        "numpy.float64(2) * item",
        "numpy.ones(0) * item",
        "item ** 2",
        "-item",
        "abs(item)",
        "float(item)",
        "int(item)",
        "range(item)",
        "math.sqrt(item)",
        "round(item)",
        "f'{item}'",
        "f'{item:.3f}'",
        "'{}'.format(item)",
        "pickle.dumps(item)",
        "copy.deepcopy([item])",
        "sum([item, item])",
        "max(item, item)",
        "'abc'[item]",
    ],
)
def test_to_use_an_item_as_its_value_says_to_await_it(mistake: str) -> None:
    modules = {"numpy": np, "math": math, "pickle": pickle, "copy": copy}
    for thing, name in ((an_item(FakeHost()), "melt[1]"), (an_item(FakeHost()).part("x"), "x")):
        with pytest.raises(UsageError, match=r"`await`|await it") as info:
            eval(mistake, {"item": thing, **modules})  # noqa: S307 - type checkers find these
        assert name in str(info.value)


def test_items_compare_by_identity_and_with_none() -> None:
    host = FakeHost()
    item, other = an_item(host), an_item(host)
    assert item == item  # noqa: PLR0124 - its own comparison is what is tested
    assert item != other
    assert item is not None
    assert (item == None) is False  # noqa: E711 - likewise
    assert {item: 1, other: 2}[item] == 1
    assert item in [other, item]


def test_text_of_an_item_does_not_raise_and_cannot_be_mistaken_for_a_value() -> None:
    item = an_item(FakeHost())
    assert f"{item!r}" == f"{item!s}" == "<Item melt[1]: queued>"


def test_the_names_that_belong_to_items_are_few_and_known() -> None:
    assert sorted(OWN_NAMES) == [
        "add_done_callback",
        "cancel",
        "cancelled",
        "done",
        "exception",
        "explain",
        "fingerprint",
        "label",
        "part",
        "remove_done_callback",
        "result",
        "state",
        "uid",
    ]


def test_a_pending_item_takes_little_memory() -> None:
    item = an_item(FakeHost())
    assert not hasattr(item, "__dict__")
    assert item.__sizeof__() <= 128
