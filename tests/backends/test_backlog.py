"""Calls that no worker has yet."""

import pytest

from weftwork.backends.local.backlog import Backlog
from weftwork.backends.local.calls import Call
from weftwork.core.model import Attempt, ItemId
from weftwork.core.packing import Bundle
from weftwork.engine.work import FunctionWork
from weftwork.tasks.capture import Captured
from weftwork.testing import bodies


def call(number: int, priority: int = 0) -> Call:
    attempt = Attempt(ItemId(number), 1)
    return Call(
        FunctionWork(attempt, bodies.add, Captured((), {}), priority=priority), number, Bundle()
    )


@pytest.fixture
def backlog() -> Backlog:
    return Backlog()


def drain(backlog: Backlog) -> list[int]:
    return [each.number for each in backlog.clear()]


def test_the_urgent_come_first_and_equals_in_order(backlog: Backlog) -> None:
    for number, priority in enumerate([0, 5, 0, 5, -1]):
        backlog.append(call(number, priority))
    assert backlog.priority == 5
    assert backlog.first().number == 1
    assert drain(backlog) == [1, 3, 0, 2, 4]


def test_what_comes_back_stands_in_front_of_its_equals(backlog: Backlog) -> None:
    backlog.append(call(1))
    backlog.put_back([call(2), call(3), call(4, priority=-1)])
    assert drain(backlog) == [2, 3, 1, 4]


def test_one_can_be_taken_out(backlog: Backlog) -> None:
    calls = [call(1), call(2)]
    for each in calls:
        backlog.append(each)
    assert backlog.remove(calls[0])
    assert not backlog.remove(calls[0])
    assert len(backlog) == 1
    assert drain(backlog) == [2]
    assert len(backlog) == 0
    assert backlog.priority == 0
