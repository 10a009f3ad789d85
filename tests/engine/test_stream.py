"""The stream of events: everybody hears everything, and nobody can hurt the run."""

import asyncio
import gc
import logging
import threading
from collections.abc import Sequence

import pytest

from weftwork.engine.stream import EngineClosed, Feed, Notice, Stream, StreamEvent


def notices(*numbers: int) -> list[StreamEvent]:
    return [Notice(float(n), f"notice {n}") for n in numbers]


async def read_all(events: Feed) -> list[StreamEvent]:
    return [event async for event in events]


def test_each_subscriber_gets_each_batch_in_order() -> None:
    stream, first, second = Stream(), list[StreamEvent](), list[Sequence[StreamEvent]]()
    stream.subscribe(first.extend)
    stream.subscribe(second.append)
    stream.publish(notices(1, 2))
    stream.publish(notices(3))
    assert first == notices(1, 2, 3)
    assert second == [notices(1, 2), notices(3)]


def test_nothing_is_wanted_until_somebody_listens() -> None:
    stream = Stream()
    assert not stream.wanted
    leave = stream.subscribe(lambda _: None)
    assert stream.wanted
    leave()
    assert not stream.wanted


def test_leaving_ends_the_delivery_and_may_be_repeated() -> None:
    stream, seen, other = Stream(), list[StreamEvent](), list[StreamEvent]()
    leave = stream.subscribe(seen.extend)
    stream.subscribe(other.extend)
    leave()
    leave()
    stream.publish(notices(1))
    assert seen == []
    assert other == notices(1)


def test_a_failing_subscriber_is_logged_once_and_dropped(caplog: pytest.LogCaptureFixture) -> None:
    stream, seen = Stream(), list[StreamEvent]()

    def fail(_: Sequence[StreamEvent]) -> None:
        raise RuntimeError("broken display")

    stream.subscribe(fail)
    stream.subscribe(seen.extend)
    with caplog.at_level(logging.ERROR, logger="weftwork"):
        stream.publish(notices(1))
        stream.publish(notices(2))
    assert seen == notices(1, 2)
    assert [record.message for record in caplog.records] == [
        "a subscriber to engine events failed and is not called again"
    ]
    assert "broken display" in caplog.text


def test_a_subscriber_may_leave_while_it_is_called() -> None:
    stream, seen = Stream(), list[StreamEvent]()

    def once(events: Sequence[StreamEvent]) -> None:
        seen.extend(events)
        leave()

    leave = stream.subscribe(once)
    stream.publish(notices(1))
    stream.publish(notices(2))
    assert seen == notices(1)


def test_an_iterator_sees_what_comes_after_it_was_made_and_ends_at_close() -> None:
    async def scenario() -> list[StreamEvent]:
        stream = Stream()
        stream.publish(notices(1))
        events = stream.events()
        reader = asyncio.create_task(read_all(events))
        stream.publish(notices(2))
        stream.publish([EngineClosed(3.0)])
        stream.close()
        return await reader

    assert asyncio.run(scenario()) == [*notices(2), EngineClosed(3.0)]


def test_an_iterator_waits_for_events_that_come_later() -> None:
    async def scenario() -> None:
        stream = Stream()
        events = stream.events()
        for number in (1, 2, 3):
            asyncio.get_running_loop().call_soon(stream.publish, notices(number))
            assert await anext(events) == notices(number)[0]

    asyncio.run(scenario())


def test_an_iterator_may_be_read_on_another_loop_than_the_engines() -> None:
    stream = Stream()
    events = stream.events()
    waiting = threading.Event()

    async def scenario() -> list[StreamEvent]:
        asyncio.get_running_loop().call_soon(waiting.set)
        return await read_all(events)

    def publish() -> None:
        waiting.wait()
        stream.publish(notices(1))
        stream.close()

    publisher = threading.Thread(target=publish)
    publisher.start()
    assert asyncio.run(scenario()) == notices(1)
    publisher.join()


def test_a_slow_iterator_loses_the_oldest_and_is_told_how_many() -> None:
    async def scenario() -> list[StreamEvent]:
        stream = Stream(limit=3)
        events = stream.events()
        stream.publish(notices(1, 2))
        stream.publish(notices(3, 4, 5))
        stream.close()
        return await read_all(events)

    lost, *kept = asyncio.run(scenario())
    assert isinstance(lost, Notice)
    assert lost.message.startswith("2 events were dropped")
    assert kept == notices(3, 4, 5)


def test_an_iterator_made_after_the_close_is_empty() -> None:
    stream = Stream()
    stream.close()
    assert asyncio.run(read_all(stream.events())) == []


def test_an_iterator_that_was_forgotten_is_no_listener() -> None:
    stream = Stream()
    events = stream.events()
    assert stream.wanted
    del events
    gc.collect()
    assert not stream.wanted
