"""How calls are given to workers: whose processes are played by the test."""

import marshal
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.crew_stage import Stage, attempt, succeeded
from weftwork.backends.local.crew import SLICE, TICK
from weftwork.backends.local.following import INTERVAL
from weftwork.core.commands import CancelReason
from weftwork.engine.ports import Cancelled, Printed, Started
from weftwork.process.worker.wire import (
    RESULT,
    RETURNED,
)
from weftwork.testing import bodies


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path, most=2, free=2)
    yield stage
    stage.close()


@pytest.fixture
def warm(stage: Stage) -> Stage:
    """One worker that idles, and a function known to take a tenth of a millisecond."""
    stage.submit(1)
    stage.bookings.grant()
    stage.ready()
    stage.run()
    stage.reports.clear()
    return stage


def test_a_worker_is_started_by_the_first_call_and_no_other_is(stage: Stage) -> None:
    assert not stage.workshop.hired
    stage.submit(1)
    stage.bookings.grant()
    assert len(stage.workshop.hired) == 1
    assert stage.rooms == 1
    stage.ready()
    stage.run()
    assert stage.ends() == succeeded(1)
    stage.submit(2)
    assert stage.run() == 2
    assert len(stage.workshop.hired) == 1


def test_there_are_no_more_workers_than_may_be(stage: Stage) -> None:
    stage.bookings.free = 9
    stage.submit(1, 2, 3)
    stage.bookings.grant()
    assert len(stage.workshop.hired) == 2


def test_of_a_function_that_never_ran_each_worker_is_given_one(stage: Stage) -> None:
    stage.submit(1, 2, 3)
    stage.bookings.grant()
    assert [stage.read(0), stage.read(0)] == [1, None]
    assert [stage.read(1), stage.read(1)] == [2, None]


def test_of_a_quick_function_many_are_sent_ahead(warm: Stage) -> None:
    warm.submit(*range(2, 22))
    assert [warm.read() for _ in range(20)] == list(range(2, 22))


def test_of_a_slow_function_one_is_sent_at_a_time(stage: Stage) -> None:
    stage.submit(1)
    stage.bookings.grant()
    stage.ready()
    stage.run(seconds=0.1)
    stage.submit(2, 3)
    assert [stage.read(), stage.read()] == [2, None]


def test_an_idle_worker_takes_half_of_what_waits_at_another(warm: Stage) -> None:
    warm.submit(*range(2, 12))
    assert warm.read() == 2  # runs, and for long
    warm.bookings.grant()
    warm.ready(1)
    assert [warm.read(1) for _ in range(9)] == [3, 4, 5, 6, 7, None, None, None, None]
    assert warm.read() == 8


def test_what_waits_at_a_worker_that_is_starting_is_taken_too(stage: Stage) -> None:
    stage.submit(1, 2)
    stage.bookings.grant()
    stage.ready(0)
    assert stage.run() == 1
    assert stage.read() == 2
    stage.ready(1)
    assert stage.read(1) is None


def test_a_start_is_reported_when_it_lasts_and_otherwise_with_the_end(stage: Stage) -> None:
    stage.submit(1)
    stage.bookings.grant()
    stage.ready()
    assert stage.reports == []
    stage.clock.advance(TICK)
    assert stage.reports == [Started(attempt(1), 0.0)]
    stage.run()
    assert stage.reports == [Started(attempt(1), 0.0), *succeeded(1)]
    stage.submit(2)
    stage.run()
    assert stage.reports[2:] == [Started(attempt(2), TICK), *succeeded(2)]


def test_answers_that_ring_no_bell_are_found_a_moment_later(warm: Stage) -> None:
    warm.submit(2, 3)
    assert [warm.read(), warm.read()] == [2, 3]
    outcome = (2, 0.0, RETURNED, 20, None, None, "")
    with socket.socket(fileno=os.dup(warm.worker().given[0])) as end:
        end.send(RESULT + marshal.dumps(outcome))
    assert warm.ends() == []
    warm.clock.advance(TICK)
    assert warm.ends() == succeeded(2)


def test_a_long_call_keeps_no_timer(warm: Stage) -> None:
    warm.submit(2)
    warm.clock.advance(10 * TICK)
    assert warm.clock.pending == [TICK + INTERVAL], "but for the look at its output"


def test_what_a_long_call_prints_is_shown_while_it_runs(warm: Stage) -> None:
    warm.submit(2)
    assert warm.read() == 2
    warm.clock.advance(TICK)
    warm.workshop.outputs["worker-1"] = b"one\n"
    warm.clock.advance(INTERVAL)
    warm.clock.advance(INTERVAL)
    warm.workshop.outputs["worker-1"] = b"one\ntwo\n"
    warm.clock.advance(INTERVAL)
    shown = [report.text for report in warm.reports if isinstance(report, Printed)]
    assert shown == ["one\n", "two\n"]
    warm.answer(2)
    warm.clock.advance(2 * INTERVAL)
    assert warm.clock.pending == []


def test_an_idle_worker_gives_up_its_grant_and_stays_warm(warm: Stage) -> None:
    assert warm.bookings.free == 1
    warm.clock.advance(2 * TICK)
    assert warm.bookings.free == 2
    assert warm.clock.pending == []
    warm.submit(2)
    warm.bookings.grant()
    assert warm.run() == 2
    assert len(warm.workshop.hired) == 1


def test_a_worker_hands_over_its_grant_when_others_wait(warm: Stage) -> None:
    warm.submit(*range(2, 12))
    assert warm.read() == 2
    warm.bookings.is_contended = True
    warm.clock.advance(2 * SLICE)
    warm.answer(2)
    assert warm.bookings.free == 2, "what it was sent ahead is taken back"
    assert warm.read() is None
    warm.bookings.is_contended = False
    warm.bookings.free = 1
    warm.bookings.grant()
    assert [warm.read() for _ in range(2)] == [3, 4]


def test_what_is_no_longer_needed_is_no_longer_asked_for(stage: Stage) -> None:
    (call,) = stage.submit(1)
    stage.crew.cancel([call], CancelReason.REQUEST)
    assert stage.reports == [Cancelled(attempt(1))]
    assert stage.bookings.asked == {}


def test_why_says_what_a_call_waits_for(warm: Stage) -> None:
    calls = warm.submit(2, 3)
    assert warm.read() == 2
    assert [warm.crew.why(call) for call in calls] == ["runs on worker-1", "is next on worker-1"]
    warm.bookings.free = 0
    (waiting,) = warm.submit(4, task=bodies.size_of)
    assert warm.crew.why(waiting).startswith("waits as ")
