import asyncio
import threading

import pytest

import weftwork as ww
from tasks.fake_host import FakeHost, LoopThread, hosting, turns
from weftwork.errors import ScopeError, TaskFailed, UsageError
from weftwork.tasks.completing import Completed
from weftwork.tasks.waiting import Alarm, Wakening


@ww.task
def number(value: int = 0) -> int:
    return value


@ww.task
def pair() -> tuple[int, int]:
    return 1, 2


def numbers(count: int) -> tuple[FakeHost, list[ww.Item[int]]]:
    with hosting() as host:
        return host, [number(value) for value in range(count)]


def test_values_come_in_the_order_given_whatever_the_order_of_the_ends() -> None:
    async def main() -> None:
        host, (a, b, c) = numbers(3)
        loop = asyncio.get_running_loop()
        for item in (c, a, b):
            loop.call_soon(host.succeed, item, item._id)
        assert list(await ww.gather(a, b, c, a)) == [1, 2, 3, 1]

    asyncio.run(main())


def test_nothing_gathered_is_an_empty_list_at_once() -> None:
    nothing: list[ww.Item[int]] = []
    assert asyncio.run(ww.gather(*nothing)) == []


def test_parts_are_gathered_like_items() -> None:
    async def main() -> None:
        with hosting() as host:
            item = pair()
            asyncio.get_running_loop().call_soon(host.run)
            second: ww.Item[int] = item[1]
            first: ww.Item[int] = item[0]
            assert list(await ww.gather(second, first, item)) == [2, 1, (1, 2)]

    asyncio.run(main())


def test_the_first_failure_is_raised_at_once_while_the_rest_go_on() -> None:
    async def main() -> None:
        host, (a, b, c) = numbers(3)
        gathering = asyncio.ensure_future(ww.gather(a, b, c))
        await turns()
        host.fail(b, "too hot")
        with pytest.raises(TaskFailed, match="too hot"):
            await gathering
        assert not a.done()
        assert host.cancels == []
        assert a._all_waiters() == c._all_waiters() == []

    asyncio.run(main())


def test_a_failure_that_is_there_already_is_raised_without_waiting() -> None:
    async def main() -> None:
        host, (a, b) = numbers(2)
        host.fail(b, "no")
        with pytest.raises(TaskFailed, match="no"):
            await ww.gather(a, b)

    asyncio.run(main())


def test_all_members_of_a_failed_gather_count_as_seen_also_those_that_end_later() -> None:
    async def main() -> None:
        host, (a, b, c) = numbers(3)
        host.fail(b)
        with pytest.raises(TaskFailed):
            await ww.gather(a, b, c)
        host.fail(c)
        assert a._seen
        assert b._seen
        assert c._seen

    asyncio.run(main())


def test_a_gather_that_was_given_up_has_seen_nothing_and_leaves_nothing_behind() -> None:
    async def main() -> None:
        host, items = numbers(3)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ww.gather(*items), 0.001)
        assert [item._all_waiters() for item in items] == [[], [], []]
        host.fail(items[0])
        assert not items[0]._seen

    asyncio.run(main())


def test_exceptions_are_values_where_they_are_asked_for() -> None:
    async def main() -> None:
        host, (a, b, c) = numbers(3)
        loop = asyncio.get_running_loop()
        loop.call_soon(host.fail, a, "no")
        loop.call_soon(host.stop, b)
        loop.call_soon(host.succeed, c, 3)
        got = await ww.gather(a, b, c, return_exceptions=True)
        assert got == [a.exception(), b.exception(), 3]
        assert a._seen

    asyncio.run(main())


def test_many_items_that_end_in_another_thread_wake_the_gathering_loop() -> None:
    async def gathered(items: list[ww.Item[int]]) -> list[int]:
        return await ww.gather(*items)

    host, items = numbers(2000)
    with LoopThread() as engine, LoopThread() as user:
        # The first half ends before or while they are looked at, the others later.
        ends = engine.start(_succeed_all(host, items))
        values = user.start(gathered(items))
        assert values.result(timeout=30) == list(range(2000))
        ends.result()


def test_each_item_that_ends_after_a_wake_up_from_another_thread_wakes_the_loop_again() -> None:
    async def gathered(items: list[ww.Item[int]]) -> list[int]:
        return await ww.gather(*items)

    host, items = numbers(3)
    with LoopThread() as engine, LoopThread() as user:
        values = user.start(gathered(items))
        user.start(turns()).result()
        for item in items:
            engine.start(_settle(host, item)).result()
            user.start(turns()).result()
        assert values.result(timeout=10) == [0, 0, 0]


async def _settle(host: FakeHost, item: ww.Item[int]) -> None:
    host.succeed(item, 0)


async def _succeed_all(host: FakeHost, items: list[ww.Item[int]]) -> None:
    for at, item in enumerate(items):
        host.succeed(item, at)
        if at % 100 == 0:
            await turns(1)


def test_one_waiter_serves_all_items() -> None:
    async def main() -> None:
        host, items = numbers(100)
        gathering = asyncio.ensure_future(ww.gather(*items))
        await turns()
        waiters = [item._all_waiters() for item in items]
        assert len(waiters[0]) == 1
        assert all(each == waiters[0] for each in waiters)
        host.run()
        assert await gathering == list(range(100))

    asyncio.run(main())


def test_a_list_without_a_star_is_refused_with_the_star() -> None:
    async def main() -> None:
        _, items = numbers(2)
        with pytest.raises(UsageError, match=r"takes items, but was given \[.*write a \* before"):
            await ww.gather(items)  # type: ignore[call-overload]  # pyright: ignore
        with pytest.raises(UsageError, match="was given 3"):
            await ww.gather(3)  # type: ignore[call-overload]  # pyright: ignore

    asyncio.run(main())


def test_loose_items_cannot_be_gathered_outside_an_engine() -> None:
    item = number()
    with pytest.raises(ScopeError, match=r"number\[-\] was awaited outside any engine"):
        asyncio.run(ww.gather(item))


def test_items_are_given_in_the_order_of_their_ends() -> None:
    async def main() -> None:
        host, (a, b, c) = numbers(3)
        host.succeed(c, 3)
        loop = asyncio.get_running_loop()
        loop.call_soon(host.fail, a)
        loop.call_soon(loop.call_soon, host.succeed, b, 2)
        given = [item async for item in ww.as_completed([a, b, c, b])]
        assert given == [c, a, b]
        assert all(item.done() and item._seen for item in given)

    asyncio.run(main())


def test_what_is_not_given_yet_is_not_seen() -> None:
    async def main() -> None:
        host, (a, b) = numbers(2)
        host.fail(a)
        host.fail(b)
        async for _ in ww.as_completed([a, b]):
            break
        assert (a._seen, b._seen) == (True, False)

    asyncio.run(main())


def test_parts_and_their_item_are_given_when_the_item_ends() -> None:
    async def main() -> None:
        with hosting() as host:
            item = pair()
            asyncio.get_running_loop().call_soon(host.run)
            handles: list[ww.Item[object]] = [item[0], item, item[1]]
            given = [await each async for each in ww.as_completed(handles)]
            assert sorted(map(str, given)) == ["(1, 2)", "1", "2"]

    asyncio.run(main())


def test_several_coroutines_may_share_one_and_all_of_them_end() -> None:
    async def main() -> None:
        host, items = numbers(7)
        completed = ww.as_completed(items)
        got: list[str] = []

        async def worker() -> None:
            async for item in completed:
                got.append(item.label)  # noqa: PERF401 - others come in between

        workers = [asyncio.ensure_future(worker()) for _ in range(3)]
        await turns()
        gone = asyncio.ensure_future(worker())
        await turns()
        gone.cancel()
        for item in items:
            host.succeed(item)
            await turns(1)
        await asyncio.gather(*workers)
        assert sorted(got) == [item.label for item in items]

    asyncio.run(main())


def test_an_item_that_ends_just_before_somebody_sleeps_is_not_slept_over() -> None:
    class Sleepers(set[Wakening | Alarm]):
        """Lets the item end after the look and before the sleep."""

        def add(self, sleeper: Wakening | Alarm) -> None:
            if not item.done():
                host.succeed(item, 0)
            super().add(sleeper)

    host, (item,) = numbers(1)
    completed = ww.as_completed([item])
    completed._sleepers = Sleepers()
    assert asyncio.run(asyncio.wait_for(_first(completed), 10)) is item
    host, (item,) = numbers(1)
    completed = ww.as_completed([item])
    completed._sleepers = Sleepers()
    assert next(completed) is item


async def _first(completed: Completed[ww.Item[int]]) -> ww.Item[int]:
    return await anext(completed)


def test_a_thread_waits_with_a_plain_for() -> None:
    host, items = numbers(20)
    with LoopThread() as engine:
        ends = engine.start(_succeed_all(host, items))
        assert sorted(item.result() for item in ww.as_completed(items)) == list(range(20))
        ends.result()


def test_a_plain_for_on_the_engines_own_loop_is_refused() -> None:
    host, items = numbers(2)
    host.loop_thread = threading.get_ident()
    with pytest.raises(UsageError, match="write `async for`"):
        next(iter(ww.as_completed(items)))
    nothing: list[ww.Item[int]] = []
    assert list(ww.as_completed(nothing)) == []


def test_something_else_than_items_is_refused() -> None:
    with pytest.raises(UsageError, match=r"as_completed\(items\) takes items, but was given 3"):
        ww.as_completed([3])  # type: ignore[type-var]  # pyright: ignore
