"""The read model: what a display knows of a run."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftwork.cli.progress import Progress, Row, duration
from weftwork.core.model import TaskState
from weftwork.engine.ports import Capacity
from weftwork.engine.stream import (
    AttemptEnded,
    EngineOpened,
    Notice,
    StreamEvent,
    TaskAdded,
    TaskSettled,
    TaskStarted,
)


def added(*items: int, task: str = "melt") -> list[StreamEvent]:
    return [TaskAdded(0.0, item, task, "function") for item in items]


def started(item: int, at: float = 1.0, *, task: str = "melt", attempt: int = 1) -> TaskStarted:
    return TaskStarted(at, item, task, attempt)


def settled(
    item: int,
    state: TaskState = TaskState.SUCCEEDED,
    *,
    at: float = 2.0,
    task: str = "melt",
    message: str = "",
) -> TaskSettled:
    return TaskSettled(at, item, task, state, message)


def folded(*events: StreamEvent | list[StreamEvent]) -> Progress:
    progress = Progress()
    for one in events:
        progress.fold(one if isinstance(one, list) else [one])
    return progress


def only_row(progress: Progress, at: float = 10.0) -> Row:
    (row,) = progress.rows(at)
    return row


def test_an_item_waits_then_runs_then_is_done() -> None:
    progress = folded(added(1))
    assert only_row(progress).waiting == 1
    progress.fold([started(1)])
    assert (only_row(progress).waiting, only_row(progress).running) == (0, 1)
    progress.fold([settled(1)])
    row = only_row(progress)
    assert (row.waiting, row.running, row.succeeded, row.done) == (0, 0, 1, 1)


def test_items_that_never_started_are_counted_by_how_they_ended() -> None:
    row = only_row(
        folded(added(1, 2, 3), settled(1, TaskState.SKIPPED), settled(2, TaskState.CANCELLED))
    )
    assert (row.skipped, row.cancelled, row.waiting) == (1, 1, 1)


def test_a_retried_item_waits_between_its_attempts_and_is_counted_once() -> None:
    progress = folded(added(1), started(1), AttemptEnded(2.0, 1, "melt", 1, "failed", "no"))
    assert (only_row(progress).running, only_row(progress).waiting) == (0, 1)
    progress.fold([started(1, attempt=2), settled(1)])
    row = only_row(progress)
    assert (row.added, row.succeeded, row.failed, row.retries) == (1, 1, 0, 1)


def test_the_oldest_running_item_is_the_one_that_started_first() -> None:
    progress = folded(added(1, 2, 3), started(2, 1.0), started(1, 3.0), started(3, 4.0))
    row = only_row(progress, at=11.0)
    assert (row.oldest, row.age) == (2, 10.0)
    progress.fold([settled(2)])
    assert only_row(progress, at=11.0).oldest == 1


def test_equal_numbers_in_two_engines_are_two_items() -> None:
    progress = Progress()
    for engine in (0, 1):
        progress.fold([*added(1), started(1)], engine)
    progress.fold([settled(1)], 0)
    row = only_row(progress)
    assert (row.added, row.running, row.succeeded) == (2, 1, 1)


def test_a_rate_needs_a_second_and_gives_the_time_left() -> None:
    progress = folded(added(*range(1, 101)), started(1, 0.0), settled(1, at=0.0))
    assert only_row(progress, at=0.5).rate is None
    progress.fold([settled(item, at=float(item)) for item in range(2, 11)])
    row = only_row(progress, at=10.0)
    assert row.rate == pytest.approx(1.0, rel=0.1)
    assert row.left == pytest.approx(90, rel=0.1)


def test_a_rate_forgets_what_was_long_ago() -> None:
    progress = folded(added(*range(1, 200)), started(1, 0.0))
    progress.fold([settled(item, at=item / 50) for item in range(1, 101)])
    progress.fold([settled(100 + step, at=10.0 * step) for step in range(1, 10)])
    rate = only_row(progress, at=90.0).rate
    assert rate == pytest.approx(0.1, rel=0.2)


def test_a_block_has_no_rate() -> None:
    progress = folded([TaskAdded(0.0, 1, "campaign", "block"), started(1, 0.0, task="campaign")])
    progress.fold([TaskAdded(0.0, 2, "campaign", "block"), settled(1, at=9.0, task="campaign")])
    assert only_row(progress, at=10.0).rate is None


def test_tasks_are_listed_before_blocks_and_in_the_order_of_their_first_calls() -> None:
    progress = folded(
        [TaskAdded(0.0, 1, "campaign", "block")], added(2, task="melt"), added(3, task="analyse")
    )
    assert [row.task for row in progress.rows(1.0)] == ["melt", "analyse", "campaign"]


def test_the_same_mistake_in_many_items_is_one_cause() -> None:
    progress = folded(added(*range(1, 9)))
    progress.fold(
        [
            settled(item, TaskState.FAILED, message=f"melt[{item}] failed: exit code 1 at {item}.5")
            for item in (1, 2, 3)
        ]
    )
    progress.fold([TaskSettled(2.0, 4, "melt", TaskState.FAILED, "no such program", Path("/x"))])
    first, second = progress.causes()
    assert first.message == "melt[1] failed: exit code 1 at 1.5"
    assert (second.label, second.logs) == ("melt[4]", Path("/x"))


def test_a_block_that_failed_because_of_a_task_is_no_cause() -> None:
    progress = folded([TaskAdded(0.0, n, "campaign", "block") for n in (1, 2)], added(3, 4))
    words = "melt[{0}] failed: exit code {0}"
    for item in (3, 4):
        progress.fold([settled(item, TaskState.FAILED, message=words.format(item))])
    because = f"campaign[1] failed: TaskFailed: {words.format(4)} (script.py:3)"
    progress.fold([settled(1, TaskState.FAILED, task="campaign", message=because)])
    progress.fold([settled(2, TaskState.FAILED, task="campaign", message="campaign[2] failed: x")])
    assert [cause.label for cause in progress.causes()] == ["melt[3]", "campaign[2]"]


def test_only_three_causes_are_told_those_of_tasks_first() -> None:
    progress = folded([TaskAdded(0.0, 9, "campaign", "block")], added(1, 2, 3, 4))
    progress.fold([settled(9, TaskState.FAILED, task="campaign", message="a task in it failed")])
    words = ("alpha", "beta", "gamma", "delta")
    progress.fold(
        [settled(n, TaskState.FAILED, message=word) for n, word in enumerate(words, start=1)]
    )
    assert [cause.message for cause in progress.causes()] == ["alpha", "beta", "gamma"]


def test_the_opening_and_notices_are_told_once() -> None:
    progress = folded(
        EngineOpened(0.0, "processes", 2, Capacity(cores=2)), Notice(1.0, "disk is full")
    )
    assert list(progress.notices) == [
        "backend processes with 2 workers, 2 cores",
        "disk is full",
    ]


STATES = st.sampled_from([TaskState.SUCCEEDED, TaskState.FAILED, TaskState.SKIPPED])


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.none() | STATES), max_size=60))
def test_each_item_is_in_exactly_one_count(
    lives: list[tuple[bool, int, TaskState | None]],
) -> None:
    """Whatever happens to items, waiting, running and the final counts add up."""
    progress = Progress()
    for number, (starts, retries, end) in enumerate(lives, start=1):
        progress.fold(added(number))
        for attempt in range(1, retries + 1):
            progress.fold([started(number, attempt=attempt)])
            progress.fold([AttemptEnded(1.0, number, "melt", attempt, "failed", "")])
        if starts:
            progress.fold([started(number, attempt=retries + 1)])
        if end is not None:
            progress.fold([settled(number, end)])
    for row in progress.rows(5.0):
        assert row.added == len(lives)
        assert row.running == sum(starts and end is None for starts, _, end in lives)
        assert row.waiting == sum(not starts and end is None for starts, _, end in lives)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (10.0, "10 s"),
        (59.6, "1 min 0 s"),
        (200.0, "3 min 20 s"),
        (3_600.0, "1 h 0 min"),
        (100_000.0, "1 d 3 h"),
    ],
)
def test_a_duration_has_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
