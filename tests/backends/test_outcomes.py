"""What workers answer, and how they die, as reports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from weftwork.backends.local.calls import Call
from weftwork.backends.local.outcomes import death_of, report_of
from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.exceptions import encode_exception
from weftwork.codecs.payload import encode
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause, ItemId
from weftwork.core.packing import Bundle
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.ports import Cancelled, Failed, Lost, Succeeded
from weftwork.engine.work import FunctionWork
from weftwork.process.client import End
from weftwork.process.worker.wire import (
    BAD_INPUT,
    BAD_RESULT,
    CANCELLED,
    EXITED,
    RAISED,
    RETURNED,
)
from weftwork.tasks.capture import Captured
from weftwork.tasks.stored import Stored
from weftwork.testing import bodies

A = Attempt(ItemId(7), 1)
LOGS = Path("/logs/add.7.1")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[BufferShelf]:
    shelf = BufferShelf(SessionDirectory(tmp_path))
    yield shelf
    shelf.close()


@pytest.fixture
def call() -> Call:
    return Call(FunctionWork(A, bodies.add, Captured((1,), {})), 3, Bundle())


def test_a_plain_value_is_reported_as_it_is(call: Call, shelf: BufferShelf) -> None:
    assert report_of(call, (3, 0.1, RETURNED, 2.5, None, None, ""), shelf) == Succeeded(A, 2.5)


def test_any_other_value_is_passed_on_unopened(call: Call, shelf: BufferShelf) -> None:
    wire = encode([1, 2], shelf).wire
    report = report_of(call, (3, 0.1, RETURNED, wire, None, None, ""), shelf)
    assert isinstance(report, Succeeded)
    assert isinstance(report.value, Stored)
    assert report.value.load() == [1, 2]


@pytest.mark.parametrize(
    ("kind", "cause", "code"),
    [
        (RAISED, Cause.EXCEPTION, None),
        (EXITED, Cause.EXIT_CODE, 4),
        (BAD_INPUT, Cause.BAD_INPUT, None),
        (BAD_RESULT, Cause.BAD_RESULT, None),
    ],
)
def test_a_failure_has_cause_sentence_exception_and_logs(
    call: Call, shelf: BufferShelf, kind: int, cause: Cause, code: int | None
) -> None:
    _, payload = encode_exception(ValueError("bad"), shelf)
    outcome = (3, 0.1, kind, None, ("a sentence", 4, payload.wire), str(LOGS), "head")
    report = report_of(call, outcome, shelf)
    assert isinstance(report, Failed)
    failure = report.failure
    assert (failure.cause, failure.message, failure.exit_code) == (cause, "a sentence", code)
    assert isinstance(failure.exception, ValueError)
    assert failure.logs == LOGS


def test_an_obeyed_cancel_names_the_logs(call: Call, shelf: BufferShelf) -> None:
    outcome = (3, 0.1, CANCELLED, None, None, str(LOGS), "head")
    assert report_of(call, outcome, shelf) == Cancelled(A, LOGS)


def test_a_death_that_was_asked_for_is_the_end_of_the_cancelled(call: Call) -> None:
    call.cancelled = CancelReason.TIMEOUT
    assert death_of(call, End("signal", signal=15, killed=True), LOGS) == Cancelled(A, LOGS)


def test_want_of_memory_is_a_failure_of_its_own(call: Call) -> None:
    report = death_of(call, End("signal", signal=9, oom=True), None)
    assert isinstance(report, Failed)
    assert report.failure.cause is Cause.OUT_OF_MEMORY
    assert "memory" in report.failure.message


@pytest.mark.parametrize(
    ("end", "how"),
    [
        (End("signal", signal=9), "was killed from outside by SIGKILL"),
        (End("signal", signal=34), "was killed from outside by SIGRTMIN"),
        (End("signal", signal=40), "was killed from outside by signal 40"),
        (End("lost", message="the supervisor of process 5 was killed"), "supervisor of process 5"),
    ],
)
def test_what_came_from_outside_is_a_loss(call: Call, end: End, how: str) -> None:
    report = death_of(call, end, None)
    assert isinstance(report, Lost)
    assert how in report.message
    assert "add[7]" in report.message
