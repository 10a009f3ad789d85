"""How calls on workers end: deaths, cancels, and where there can be no worker."""

import marshal
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.crew_stage import Stage, attempt, succeeded
from weftwork.backends.local.calls import Call
from weftwork.backends.local.crew import FAILED_STARTS
from weftwork.core.commands import CancelReason
from weftwork.core.model import Cause
from weftwork.core.packing import Bundle
from weftwork.engine.ports import Cancelled, Failed, Lost, Succeeded
from weftwork.engine.work import FunctionWork
from weftwork.process.client import End
from weftwork.process.worker.wire import (
    RESULT,
    RETURNED,
)
from weftwork.tasks.capture import Captured
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


def test_a_death_concerns_the_running_call_alone(warm: Stage) -> None:
    warm.submit(2, 3, 4)
    assert warm.read() == 2
    warm.die()
    assert warm.ends() == [
        Lost(attempt(2), "the worker of add[2] was killed from outside by SIGKILL")
    ]
    warm.bookings.free = 1
    warm.bookings.grant()
    warm.ready(1)
    assert [warm.run(1), warm.run(1)] == [3, 4]


def test_an_answer_that_came_before_the_death_counts(warm: Stage) -> None:
    warm.submit(2, 3)
    assert [warm.read(), warm.read()] == [2, 3]
    outcome = (2, 0.0, RETURNED, 20, None, None, "")
    with socket.socket(fileno=os.dup(warm.worker().given[0])) as end:
        end.send(RESULT + marshal.dumps(outcome))
    warm.die()
    assert [type(end) for end in warm.ends()] == [Succeeded, Lost]


def test_a_worker_that_dies_before_it_read_anything_costs_no_call(stage: Stage) -> None:
    stage.submit(1)
    stage.bookings.grant()
    stage.die()
    assert stage.ends() == []
    stage.bookings.grant()
    stage.ready(1)
    assert stage.run(1) == 1


def test_workers_that_never_begin_are_given_up_with_their_last_words(stage: Stage) -> None:
    stage.submit(1)
    for index in range(FAILED_STARTS):
        assert stage.ends() == []
        stage.bookings.grant()
        stage.die(index, End("exit", exit_code=1))
    (end,) = stage.ends()
    assert isinstance(end, Failed)
    assert end.failure.cause is Cause.UNAVAILABLE
    assert f"last words of worker-{FAILED_STARTS}" in end.failure.message


def test_calls_fail_where_there_can_be_no_worker(stage: Stage) -> None:
    stage.submit(1, 2, 3)
    stage.workshop.trouble = OSError("no descriptors")
    stage.bookings.grant()
    failures = [end.failure for end in stage.ends() if isinstance(end, Failed)]
    assert [failure.cause for failure in failures] == [Cause.UNAVAILABLE] * 3
    assert failures[0].message == "no worker process can be started: no descriptors"
    assert not stage.bookings.asked
    stage.workshop.trouble = None
    stage.submit(4)
    stage.bookings.grant()
    assert stage.read() == 4


def test_where_no_more_workers_can_be_those_that_are_go_on(stage: Stage) -> None:
    stage.submit(1, 2)
    stage.bookings.free = 1
    stage.bookings.grant()
    stage.workshop.trouble = OSError("no descriptors")
    stage.bookings.free = 1
    stage.bookings.grant()
    assert stage.ends() == []
    assert stage.read() == 1


def test_waiting_calls_are_cancelled_at_once(warm: Stage) -> None:
    calls = warm.submit(*range(2, 8))
    assert warm.read() == 2
    warm.crew.cancel(calls[1:5], CancelReason.REQUEST)
    assert warm.ends() == [Cancelled(attempt(number)) for number in (3, 4, 5, 6)]
    assert not warm.workshop.ended
    warm.answer(2)
    assert warm.read() == 7


def test_a_running_call_is_cancelled_with_its_worker_when_that_is_dead(warm: Stage) -> None:
    running, _ = warm.submit(2, 3)
    assert warm.read() == 2
    warm.crew.cancel([running], CancelReason.TIMEOUT)
    assert warm.workshop.ended == [(warm.worker(), 2)]
    assert warm.ends() == []
    warm.die(0, End("signal", signal=15, killed=True))
    assert warm.ends() == [Cancelled(attempt(2))]
    warm.bookings.grant()
    warm.ready(1)
    assert warm.run(1) == 3


def test_a_result_may_beat_the_cancel(warm: Stage) -> None:
    (call,) = warm.submit(2)
    assert warm.read() == 2
    warm.crew.cancel([call], CancelReason.REQUEST)
    warm.answer(2)
    warm.die(0, End("signal", signal=15, killed=True))
    assert warm.ends() == succeeded(2)


def test_a_call_that_cannot_be_sent_fails_alone(warm: Stage) -> None:
    lock = threading.Lock()
    bad = Call(FunctionWork(attempt(2), bodies.add, Captured((lock,), {})), 2, Bundle())
    warm.crew.submit([bad])
    (end,) = warm.ends()
    assert isinstance(end, Failed)
    assert end.failure.cause is Cause.BAD_INPUT
    assert end.failure.message.startswith("args[0]: a _thread.lock cannot be pickled")
    warm.submit(3)
    assert warm.run() == 3
