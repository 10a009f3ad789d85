"""Who waits for an item: coroutines on any loop, threads."""

import asyncio
import threading
from collections.abc import Awaitable, Iterable
from concurrent.futures import Future
from typing import Protocol

import pytest

import weftwork as ww
from tasks.fake_host import FakeHost, LoopThread, turns
from weftwork.core.model import TaskState
from weftwork.errors import (
    UsageError,
)
from weftwork.tasks.scope import Scope, entered


class Wait(Protocol):
    """`asyncio.wait`, of items."""

    def __call__(
        self, items: Iterable[ww.Item[float]], *, return_when: str
    ) -> Awaitable[tuple[set[ww.Item[float]], set[ww.Item[float]]]]: ...


@ww.task
def melt(temperature: float) -> float:
    return temperature


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
