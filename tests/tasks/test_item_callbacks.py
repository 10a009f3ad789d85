"""Callbacks of items, and what counts as having seen a failure."""

import asyncio
import threading

import weftwork as ww
from tasks.fake_host import FakeEnding, FakeHost, LoopThread, turns
from weftwork.core.model import TaskState
from weftwork.errors import (
    DependencyFailureError,
)
from weftwork.tasks.scope import Scope, entered


@ww.task
def melt(temperature: float) -> float:
    return temperature


def an_item(host: FakeHost) -> ww.Item[float]:
    with entered(Scope(host)):
        return melt(1.0)


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
