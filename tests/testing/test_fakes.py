"""The scripted backend and the store in memory do what they are told, and remember."""

import asyncio
from collections.abc import Sequence

import pytest

from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause, ItemId
from weftwork.engine.ports import (
    Answer,
    Backend,
    Cancelled,
    Failed,
    Hit,
    Join,
    Lost,
    Miss,
    Report,
    Started,
    Store,
    Succeeded,
)
from weftwork.engine.work import Failure, FunctionWork, Work
from weftwork.tasks.capture import capture
from weftwork.tasks.resources import Resources
from weftwork.tasks.task import task
from weftwork.testing.fakes import MemoryStore, ScriptedBackend


@task
def solve(number: int) -> int:
    return number


A, B, C = (Attempt(ItemId(number), 1) for number in (1, 2, 3))


def work(attempt: Attempt, number: int = 0) -> FunctionWork:
    return FunctionWork(attempt, solve, capture((number,), {}))


def key(work: Work) -> str | None:
    assert isinstance(work, FunctionWork)
    captured = work.arguments
    return str(getattr(captured, "args", None))


def opened(backend: ScriptedBackend) -> list[Report]:
    port: Backend = backend
    reports: list[Report] = []
    asyncio.run(port.open(reports.extend))
    return reports


def test_attempts_start_and_succeed_unless_the_script_says_otherwise() -> None:
    backend = ScriptedBackend(value=lambda work: work.attempt.item * 10, fail=[B], lose=[C])
    reports = opened(backend)
    backend.submit([work(A), work(B), work(C)])
    assert [type(report) for report in reports] == [
        *(Started, Succeeded),
        *(Started, Failed),
        *(Started, Lost),
    ]
    assert reports[1] == Succeeded(A, 10)
    assert backend.take_asked() == [A, B, C]
    backend.assert_nothing_else_was_asked()


def test_held_attempts_end_when_the_test_says() -> None:
    backend = ScriptedBackend(hold=[A, B])
    reports = opened(backend)
    backend.submit([work(A), work(B)])
    assert reports == [Started(A), Started(B)]
    assert "waits" in backend.why(A)
    backend.succeed(A, 5)
    backend.cancel([A, B], CancelReason.TIMEOUT)
    assert reports[2:] == [Succeeded(A, 5), Cancelled(B)]
    assert "ended" in backend.why(A)
    assert backend.take_asked() == [A, B, (A, CancelReason.TIMEOUT), (B, CancelReason.TIMEOUT)]


def test_by_hand_nothing_happens_by_itself() -> None:
    backend = ScriptedBackend(manual=True)
    reports = opened(backend)
    backend.submit([work(A), work(B), work(C)])
    backend.cancel([A], CancelReason.REQUEST)
    assert reports == []
    failure = Failure(Cause.SIGNAL, "killed")
    backend.start(A)
    backend.confirm_cancel(A)
    backend.fail(B, failure)
    backend.lose(C)
    backend.report([Succeeded(C, "too late")])
    assert reports[:3] == [Started(A), Cancelled(A), Failed(B, failure)]
    assert [type(report) for report in reports[3:]] == [Lost, Succeeded]


def test_closing_ends_what_is_alive_once() -> None:
    backend = ScriptedBackend(hold=[A])
    reports = opened(backend)
    backend.submit([work(A), work(B)])
    asyncio.run(backend.close(0.0))
    asyncio.run(backend.close(0.0))
    assert backend.closed
    # By type, too: as tuples, Started(A) and Cancelled(A) are equal.
    cancelled = [report.attempt for report in reports if isinstance(report, Cancelled)]
    assert cancelled == [A]


def test_a_request_that_the_test_did_not_expect_is_named() -> None:
    backend = ScriptedBackend()
    opened(backend)
    backend.submit([work(A)])
    with pytest.raises(AssertionError, match="also asked"):
        backend.assert_nothing_else_was_asked()


def test_a_refusal_is_the_scripts() -> None:
    assert ScriptedBackend().refuse(Resources()) is None
    assert ScriptedBackend(refusal="no GPU here").refuse(Resources()) == "no GPU here"


class Kept:
    def __init__(self, store: MemoryStore) -> None:
        port: Store = store
        self.answers: list[Answer] = []
        self.recorded: list[Attempt] = []
        asyncio.run(port.open(self.answers.extend, self._record))

    def _record(self, attempts: Sequence[Attempt]) -> None:
        self.recorded += attempts


def test_equal_work_is_a_hit_or_joins_and_other_work_is_missed() -> None:
    store = MemoryStore(key, {"(7,)": "known"})
    kept = Kept(store)
    store.look_up([(A.item, work(A, 7)), (B.item, work(B, 8)), (C.item, work(C, 8))])
    assert kept.answers == [Hit(A.item, "known"), Miss(B.item), Join(C.item, B.item)]
    store.record([(B.item, Succeeded(B, 64))])
    store.look_up([(ItemId(4), work(C, 8))])
    assert kept.answers[-1] == Hit(ItemId(4), 64)
    assert store.looked_up == [1, 2, 3, 4]


def test_a_failure_is_kept_as_an_end_but_is_no_result() -> None:
    store = MemoryStore(key)
    kept = Kept(store)
    store.look_up([(A.item, work(A, 8))])
    failed = Failed(A, Failure(Cause.EXCEPTION, "no"))
    store.record([(A.item, failed)])
    store.look_up([(B.item, work(B, 8))])
    assert kept.answers == [Miss(A.item), Miss(B.item)]
    assert store.ends == [failed]


def test_work_without_a_key_always_runs() -> None:
    store = MemoryStore(lambda _: None)
    kept = Kept(store)
    store.look_up([(A.item, work(A)), (B.item, work(B))])
    assert kept.answers == [Miss(A.item), Miss(B.item)]


def test_acknowledgements_can_be_held_back() -> None:
    store = MemoryStore(key, hold=True)
    kept = Kept(store)
    store.record([(A.item, Succeeded(A, 1)), (B.item, Succeeded(B, 2))])
    assert kept.recorded == []
    assert store.acknowledge(1) == [A]
    assert kept.recorded == [A]
    asyncio.run(store.close())
    assert kept.recorded == [A, B]
    assert store.closed
