"""The line of calls that wait for their turn."""

from hypothesis import given
from hypothesis import strategies as st

from weftwork.backends.local.line import Line
from weftwork.core.model import Attempt, ItemId
from weftwork.engine.work import FunctionWork
from weftwork.tasks.capture import capture
from weftwork.tasks.task import task


@task
def nothing() -> None:
    pass


def work(number: int, priority: int = 0) -> FunctionWork:
    attempt = Attempt(ItemId(number), 1)
    return FunctionWork(attempt, nothing, capture((), {}), priority=priority)


def drained(line: Line) -> list[int]:
    taken: list[int] = []
    while (next_one := line.pop()) is not None:
        taken.append(next_one.attempt.item)
    return taken


def test_the_most_urgent_comes_first_and_equal_ones_in_order() -> None:
    line = Line()
    for number, priority in enumerate([0, 5, 0, 9, 5]):
        line.push(work(number, priority))
    assert (len(line), line.priority) == (5, 9)
    assert drained(line) == [3, 1, 4, 0, 2]
    assert not line


def test_who_leaves_the_line_is_not_served() -> None:
    line = Line()
    for number in range(3):
        line.push(work(number))
    left = line.remove(Attempt(ItemId(1), 1))
    assert left is not None
    assert left.attempt.item == 1
    assert line.remove(Attempt(ItemId(1), 1)) is None
    assert drained(line) == [0, 2]


def test_the_less_urgent_stay_when_only_urgent_ones_are_asked_for() -> None:
    line = Line()
    line.push(work(1, priority=2))
    line.push(work(2, priority=1))
    urgent = line.pop(2)
    assert urgent is not None
    assert urgent.attempt.item == 1
    assert line.pop(2) is None
    assert drained(line) == [2]


@given(st.lists(st.tuples(st.integers(-2, 2), st.booleans())))
def test_it_serves_like_a_stable_sort_of_who_stayed(calls: list[tuple[int, bool]]) -> None:
    line = Line()
    for number, (priority, _) in enumerate(calls):
        line.push(work(number, priority))
    for number, (_, leaves) in enumerate(calls):
        if leaves:
            assert line.remove(Attempt(ItemId(number), 1)) is not None
    stayed = [number for number, (_, leaves) in enumerate(calls) if not leaves]
    assert len(line) == len(stayed)
    assert bool(line) == bool(stayed)
    assert drained(line) == sorted(stayed, key=lambda number: -calls[number][0])
