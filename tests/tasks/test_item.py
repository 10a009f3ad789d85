import asyncio
import copy
import math
import pickle
import threading
from collections.abc import Awaitable, Iterable
from concurrent.futures import Future
from typing import Protocol

import numpy as np
import pytest

import weftwork as ww
from tasks.fake_host import Boxed, FakeEnding, FakeHost, LoopThread, hosting, turns
from weftwork.core.model import ItemId, TaskState
from weftwork.errors import (
    DependencyFailureError,
    ScopeError,
    TaskCancelled,
    TaskFailed,
    UsageError,
)
from weftwork.tasks.item import OWN_NAMES
from weftwork.tasks.scope import InsideTask, Scope, entered


class Wait(Protocol):
    """`asyncio.wait`, of items."""

    def __call__(
        self, items: Iterable[ww.Item[float]], *, return_when: str
    ) -> Awaitable[tuple[set[ww.Item[float]], set[ww.Item[float]]]]: ...


@ww.task
def melt(temperature: float) -> float:
    return temperature


@ww.task
def steps() -> list[int]:
    return []


def an_item(host: FakeHost) -> ww.Item[float]:
    with entered(Scope(host)):
        return melt(1.0)


def test_an_await_gives_the_value_once_the_host_settles_the_item() -> None:
    async def main() -> None:
        host = FakeHost()
        item = an_item(host)
        asyncio.get_running_loop().call_soon(host.succeed, item, 0.63)
        assert await item == 0.63
        assert await item == 0.63

    asyncio.run(main())


def test_each_await_waits_on_its_own_and_all_are_woken() -> None:
    async def main() -> None:
        host = FakeHost()
        item = an_item(host)

        async def wait() -> float:
            return await item

        waits = [asyncio.ensure_future(wait()) for _ in range(3)]
        await turns()
        host.succeed(item, 2.0)
        assert await asyncio.gather(*waits) == [2.0, 2.0, 2.0]
        assert item._waiters is None

    asyncio.run(main())


def test_to_cancel_an_awaiter_leaves_the_item_and_other_awaiters_alone() -> None:
    async def main() -> None:
        host = FakeHost()
        item = an_item(host)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(item, 0)
        other = asyncio.ensure_future(item)
        gone = asyncio.ensure_future(item)
        await turns()
        gone.cancel()
        await turns()
        assert gone.cancelled()
        assert not item.done()
        assert len(item._all_waiters()) == 1
        host.succeed(item, 1.0)
        assert await other == 1.0
        assert host.cancels == []

    asyncio.run(main())


def test_items_are_awaited_from_another_loop_and_from_threads() -> None:
    async def value_of(item: ww.Item[float]) -> float:
        return await item

    with LoopThread() as engine, LoopThread() as user:
        host = FakeHost()
        item = an_item(host)
        awaited = user.start(value_of(item))
        blocked: Future[float] = Future()
        thread = threading.Thread(target=lambda: blocked.set_result(item.result()))
        thread.start()
        engine.call(lambda: host.succeed(item, 7.0))
        assert awaited.result() == 7.0
        assert blocked.result() == 7.0
        thread.join()


def test_no_wake_up_is_lost_between_threads_that_await_while_the_host_settles() -> None:
    async def value_of(item: ww.Item[float]) -> float:
        return await item

    with LoopThread() as engine, LoopThread() as user:
        host = FakeHost()
        for number in range(300):
            item = an_item(host)
            settled = engine.start(_settle_soon(host, item, number))
            awaited = user.start(value_of(item))
            assert item.result(timeout=10) == number
            assert awaited.result(timeout=10) == number
            settled.result()


async def _settle_soon(host: FakeHost, item: ww.Item[float], value: float) -> None:
    host.succeed(item, value)


def test_a_waiter_that_came_while_the_item_became_final_is_not_told_twice() -> None:
    class Late:
        def __init__(self) -> None:
            self.told = 0

        def notify(self, item: ww.Item[object]) -> None:
            assert item.done()
            self.told += 1

    item = an_item(FakeHost())
    waiter = Late()
    assert item._add_waiter(waiter)
    assert not item._add_waiter(waiter)
    item._settle(TaskState.SUCCEEDED, 1.0)
    assert waiter.told == 1
    assert not item._add_waiter(waiter)
    assert waiter.told == 1


def test_a_waiter_added_after_the_settling_thread_looked_is_told_by_its_own_thread() -> None:
    item = an_item(FakeHost())

    class Sneaking(dict[object, None]):
        """Lets the item become final at the moment a second waiter is added."""

        def __setitem__(self, key: object, value: None) -> None:
            super().__setitem__(key, value)
            item._state = TaskState.SUCCEEDED

    class Nobody:
        def notify(self, item: ww.Item[object]) -> None:
            raise AssertionError(item)

    item._waiters = Sneaking()  # type: ignore[assignment]  # a dict of waiters that tells when
    assert item._add_waiter(Nobody()) is False
    assert item._all_waiters() == []


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


def test_result_gives_up_after_the_timeout_and_the_item_goes_on() -> None:
    host = FakeHost()
    item = an_item(host)
    with pytest.raises(TimeoutError, match=r"did not end within 0.001 s"):
        item.result(timeout=0.001)
    assert item._all_waiters() == []
    host.succeed(item, 3.0)
    assert item.result() == 3.0


def test_result_on_the_engines_own_loop_is_refused_unless_the_value_is_there() -> None:
    host = FakeHost()
    item = an_item(host)
    host.loop_thread = threading.get_ident()
    with pytest.raises(UsageError, match=r"would block the engine's own loop"):
        item.result()
    host.succeed(item, 3.0)
    assert item.result() == 3.0


def test_a_callback_comes_on_the_loop_that_registered_it_and_never_at_once() -> None:
    threads: list[int] = []
    called = threading.Event()

    def note(item: ww.Item[float]) -> None:
        threads.append(threading.get_ident())
        assert item.done()
        called.set()

    with LoopThread() as engine, LoopThread() as user:
        host = FakeHost()
        item = an_item(host)
        user.call(lambda: item.add_done_callback(note))
        engine.call(lambda: host.succeed(item, 1.0))
        called.wait()
        assert threads == [user.call(threading.get_ident)]
        called.clear()
        user.call(lambda: item.add_done_callback(note))
        called.wait()
        assert len(threads) == 2


def test_a_callback_registered_without_a_loop_comes_in_the_engines_thread_or_at_once() -> None:
    threads: list[int] = []
    with LoopThread() as engine:
        host = FakeHost()
        item = an_item(host)
        item.add_done_callback(lambda _: threads.append(threading.get_ident()))
        engine.call(lambda: host.succeed(item, 1.0))
        engine.start(turns()).result()
        assert threads == [engine.call(threading.get_ident)]
    item.add_done_callback(lambda _: threads.append(0))
    assert threads[-1] == 0


def test_a_callback_that_raises_is_its_loops_affair_and_others_are_called() -> None:
    problems: list[object] = []
    called: list[str] = []

    def broken(item: ww.Item[float]) -> None:
        raise ValueError(item.label)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: problems.append(context["exception"]))
        host = FakeHost()
        item = an_item(host)
        item.add_done_callback(broken)
        item.add_done_callback(lambda item: called.append(item.label))
        host.succeed(item, 1.0)
        await turns()

    asyncio.run(main())
    assert called == ["melt[1]"]
    assert [str(each) for each in problems] == ["melt[1]"]


def test_a_removed_callback_is_not_called_and_each_registration_counts() -> None:
    called: list[str] = []

    def note(item: ww.Item[float]) -> None:
        called.append(item.label)

    async def main() -> None:
        host = FakeHost()
        item = an_item(host)
        item.add_done_callback(note)
        item.add_done_callback(note)
        assert item.remove_done_callback(note) == 2
        assert item.remove_done_callback(note) == 0
        host.succeed(item, 1.0)
        await turns()

    asyncio.run(main())
    assert called == []


def test_a_closed_loop_that_waited_does_no_harm_to_the_item() -> None:
    host = FakeHost()
    item = an_item(host)

    async def register() -> None:
        item.add_done_callback(lambda _: None)

    asyncio.run(register())
    host.succeed(item, 1.0)
    assert item.result() == 1.0


def test_asyncio_itself_takes_items() -> None:
    async def main() -> None:
        host = FakeHost()
        first, second, third = an_item(host), an_item(host), an_item(host)
        loop = asyncio.get_running_loop()
        loop.call_soon(host.succeed, first, 1.0)
        loop.call_soon(host.succeed, second, 2.0)
        assert list(await asyncio.gather(first, second, first)) == [1.0, 2.0, 1.0]
        assert await asyncio.wait_for(first, 5) == 1.0
        assert await asyncio.shield(second) == 2.0
        # The type stubs ask for futures; what runs asks only for the methods of one.
        wait: Wait = asyncio.wait  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
        done, pending = await wait([first, third], return_when=asyncio.FIRST_COMPLETED)
        assert (done, pending) == ({first}, {third})
        assert third._all_waiters() == []
        tasks = [asyncio.ensure_future(each) for each in (first, second)]
        done_tasks, _ = await asyncio.wait(tasks)
        assert {task.result() for task in done_tasks} == {1.0, 2.0}

    asyncio.run(main())


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


def test_what_was_given_to_somebody_is_seen_and_so_is_its_root() -> None:
    host = FakeHost()
    root, skipped = an_item(host), an_item(host)
    host.fail(root)
    assert not root._seen
    error = DependencyFailureError(skipped.label, "skipped")
    skipped._settle(TaskState.SKIPPED, FakeEnding(error, root))
    assert not skipped._seen
    assert skipped.exception() is error
    assert skipped._seen
    assert root._seen


def test_what_is_announced_as_seen_before_its_end_marks_the_root_at_the_end() -> None:
    host = FakeHost()
    root, skipped = an_item(host), an_item(host)
    skipped._see()
    host.fail(root)
    skipped._settle(TaskState.SKIPPED, FakeEnding(RuntimeError("skipped"), root))
    assert root._seen


def test_a_callback_counts_as_seeing() -> None:
    host = FakeHost()
    item = an_item(host)
    host.fail(item)
    item.add_done_callback(lambda _: None)
    assert item._seen


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
