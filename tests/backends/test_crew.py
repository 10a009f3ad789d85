"""How calls are given to workers: whose processes are played by the test."""

import marshal
import os
import socket
import threading
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path

import pytest

from weftwork.backends.local.calls import Call, CallWriter
from weftwork.backends.local.crew import FAILED_STARTS, SLICE, TICK, Crew
from weftwork.backends.local.following import INTERVAL
from weftwork.backends.local.news import News
from weftwork.backends.local.printing import Printing
from weftwork.backends.local.tools import Tools
from weftwork.backends.local.worker import Worker
from weftwork.codecs.buffers import BufferShelf
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause, ItemId
from weftwork.core.packing import Bundle, Grant
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.ports import Cancelled, Failed, Lost, Printed, Report, Started, Succeeded
from weftwork.engine.work import FunctionWork
from weftwork.process.client import End
from weftwork.process.worker.wire import (
    CALLS,
    READY,
    RESULT,
    RETURNED,
    number_of,
)
from weftwork.tasks.capture import Captured
from weftwork.tasks.task import FunctionTask
from weftwork.testing import bodies
from weftwork.testing.clocks import JumpClock

KILLED = End("signal", signal=9)


class FakeBookings:
    """Grants up to a number of bundles, when the test says so."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.asked: dict[Hashable, tuple[Bundle, Callable[[Grant], None]]] = {}
        self.is_contended = False

    def request(
        self, key: Hashable, bundle: Bundle, priority: int, granted: Callable[[Grant], None]
    ) -> None:
        del priority
        self.asked[key] = bundle, granted

    def withdraw(self, key: Hashable) -> None:
        del self.asked[key]

    def release(self, key: Hashable) -> None:
        del key
        self.free += 1

    def contended(self, key: Hashable) -> bool:
        del key
        return self.is_contended

    def why(self, key: Hashable) -> str:
        return f"waits as {key}"

    def grant(self) -> None:
        while self.free and self.asked:
            key, (bundle, granted) = next(iter(self.asked.items()))
            del self.asked[key]
            self.free -= 1
            granted(Grant(key, bundle, (0,), ()))


class FakeWorkshop:
    """Workers whose processes are the test."""

    def __init__(self, shelf: BufferShelf, logs: Path) -> None:
        self._shelf = shelf
        self._logs = logs
        self.hired: list[Worker] = []
        self.killed: list[Worker] = []
        self.ended: list[tuple[Worker, int]] = []
        self.outputs: dict[str, bytes] = {}
        self.trouble: OSError | None = None

    def hire(
        self,
        grant: Grant,
        on_answer: Callable[[Worker], None],
        on_end: Callable[[Worker, End], None],
    ) -> Worker:
        if self.trouble is not None:
            raise self.trouble
        worker = Worker(f"worker-{len(self.hired) + 1}", grant, self._shelf)
        self.on_answer, self.on_end = on_answer, on_end
        self.hired.append(worker)
        return worker

    def end(self, worker: Worker, call: Call, grace: float) -> None:
        del grace
        worker.is_dying = True
        self.ended.append((worker, call.number))

    def logs(self, worker: Worker, place: str) -> Path | None:
        del worker, place
        return None

    def last_words(self, worker: Worker) -> str:
        return f"last words of {worker.name}"

    def printed_so_far(self, worker: Worker, shown: int) -> bytes:
        return self.outputs.get(worker.name, b"")[shown:]


class Stage:
    """One crew, and all that it talks to."""

    def __init__(self, directory: Path, most: int, free: int) -> None:
        session = SessionDirectory(directory)
        self.shelf = BufferShelf(session)
        self.clock = JumpClock()
        self.bookings = FakeBookings(free)
        self.workshop = FakeWorkshop(self.shelf, directory)
        self.reports: list[Report] = []
        self.rooms = 0
        printing = Printing(self.clock, quiet=False)
        tools = Tools(
            self.workshop,
            self.bookings,
            CallWriter(self.shelf, session.make, self._forget),
            News(self.reports.extend, printing, self.shelf),
            self.clock,
            1.0,
            self._make_room,
        )
        self.crew = Crew(Bundle(), most, tools)

    def submit(self, *numbers: int, task: FunctionTask[..., object] = bodies.add) -> list[Call]:
        calls = [
            Call(
                FunctionWork(Attempt(ItemId(number), 1), task, Captured((number,), {})),
                number,
                Bundle(),
            )
            for number in numbers
        ]
        self.crew.submit(calls)
        return calls

    def worker(self, index: int = 0) -> Worker:
        return self.workshop.hired[index]

    def ready(self, index: int = 0) -> None:
        self._say(self.worker(index), READY)

    def read(self, index: int = 0) -> int | None:
        """Return the number of the next call that the process of the worker reads."""
        packet = self._packet(index)
        return number_of(packet) if packet[:1] in CALLS else None

    def answer(self, number: int, index: int = 0, seconds: float = 0.0001) -> None:
        outcome = (number, seconds, RETURNED, number * 10, None, None, "")
        self._say(self.worker(index), RESULT + marshal.dumps(outcome))

    def run(self, index: int = 0, seconds: float = 0.0001) -> int:
        """Have the process of the worker run its next call."""
        number = self.read(index)
        assert number is not None
        self.answer(number, index, seconds)
        return number

    def die(self, index: int = 0, end: End = KILLED) -> None:
        self.workshop.on_end(self.worker(index), end)

    def ends(self) -> list[Report]:
        return [report for report in self.reports if not isinstance(report, Started)]

    def close(self) -> None:
        for worker in self.workshop.hired:
            worker.close()
        self.shelf.close()

    def _packet(self, index: int) -> bytes:
        end = socket.socket(fileno=os.dup(self.worker(index).given[0]))
        with end:
            try:
                return end.recv(10_000, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return b""

    def _say(self, worker: Worker, packet: bytes) -> None:
        with socket.socket(fileno=os.dup(worker.given[0])) as end:
            end.send(packet)
        os.eventfd_write(worker.bell, 1)
        self.workshop.on_answer(worker)

    def _forget(self, key: int) -> None:
        raise AssertionError(key)

    def _make_room(self) -> None:
        self.rooms += 1


def attempt(number: int) -> Attempt:
    return Attempt(ItemId(number), 1)


def succeeded(*numbers: int) -> list[Report]:
    return [Succeeded(attempt(number), number * 10) for number in numbers]


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


def test_why_says_what_a_call_waits_for(warm: Stage) -> None:
    calls = warm.submit(2, 3)
    assert warm.read() == 2
    assert [warm.crew.why(call) for call in calls] == ["runs on worker-1", "is next on worker-1"]
    warm.bookings.free = 0
    (waiting,) = warm.submit(4, task=bodies.size_of)
    assert warm.crew.why(waiting).startswith("waits as ")
