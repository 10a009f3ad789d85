"""One worker process as the engine sees it, with the other end of its socket in the test."""

import marshal
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from weftwork.backends.local.calls import Call
from weftwork.backends.local.worker import AHEAD, MOST_AHEAD, Worker
from weftwork.codecs.buffers import BufferShelf
from weftwork.core.model import Attempt, ItemId
from weftwork.core.packing import Bundle, Grant
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.work import FunctionWork
from weftwork.errors import InternalError
from weftwork.process.worker.wire import (
    CALL,
    LARGE_RESULT,
    PIN,
    READY,
    RESULT,
    RETURNED,
    OutcomeWire,
    forget_packet,
)
from weftwork.tasks.capture import Captured
from weftwork.testing import bodies


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[BufferShelf]:
    shelf = BufferShelf(SessionDirectory(tmp_path))
    yield shelf
    shelf.close()


@pytest.fixture
def worker(shelf: BufferShelf) -> Iterator[Worker]:
    worker = Worker("worker-1", Grant("key", Bundle(), (0,), ()), shelf)
    yield worker
    worker.close()


@pytest.fixture
def process(worker: Worker) -> Iterator[socket.socket]:
    """What the worker process would hold."""
    with socket.socket(fileno=os.dup(worker.given[0])) as end:
        yield end


def call(number: int, seconds: float = 0.0) -> Call:
    made = Call(
        FunctionWork(Attempt(ItemId(number), 1), bodies.add, Captured((1,), {})), number, Bundle()
    )
    made.packet = CALL + number.to_bytes(8, "little") + b"body"
    made.seconds = seconds
    return made


def outcome(number: int, value: int) -> OutcomeWire:
    return number, 0.0, RETURNED, value, None, None, ""


def read_all(process: socket.socket) -> list[bytes]:
    packets: list[bytes] = []
    while True:
        try:
            packets.append(process.recv(1000, socket.MSG_DONTWAIT))
        except BlockingIOError:
            return packets


def test_calls_arrive_one_by_one_in_order(worker: Worker, process: socket.socket) -> None:
    assert all(worker.send(call(number)) for number in (1, 2, 3))
    assert [packet[1] for packet in read_all(process)] == [1, 2, 3]


def test_answers_belong_to_the_oldest_call(worker: Worker, process: socket.socket) -> None:
    first, second = call(1), call(2)
    worker.send(first)
    worker.send(second)
    process.send(RESULT + marshal.dumps(outcome(1, 10)))
    (answer,) = worker.receive(most=9)
    assert worker.answered(answer[0]) is first
    assert list(worker.calls) == [second]


def test_an_answer_out_of_turn_is_a_bug_of_ours(worker: Worker) -> None:
    worker.send(call(1))
    with pytest.raises(InternalError, match="answered 2 instead of 1"):
        worker.answered(2)


def test_an_answer_too_large_for_a_packet_comes_by_file(
    worker: Worker, process: socket.socket, shelf: BufferShelf
) -> None:
    written = BufferShelf(SessionDirectory(), shared=shelf.shared, prefix="worker-1")
    wire = written.put(marshal.dumps(outcome(1, 10))).wire
    process.send(LARGE_RESULT + marshal.dumps(wire))
    assert worker.receive(most=9) == [outcome(1, 10)]
    assert not Path(wire[0]).exists()


def test_it_is_ready_when_it_says_so(worker: Worker, process: socket.socket) -> None:
    worker.send(call(1))
    assert worker.unstarted == 1
    process.send(READY)
    assert worker.receive(most=9) == []
    assert worker.is_ready
    assert worker.unstarted == 0


def test_a_long_call_is_not_sent_ahead_nor_is_one_sent_behind_it(worker: Worker) -> None:
    assert worker.has_room_for(call(1, seconds=AHEAD))
    worker.send(call(1, seconds=AHEAD))
    assert not worker.has_room_for(call(2, seconds=0.0))


def test_short_calls_are_sent_ahead_up_to_a_few_milliseconds(worker: Worker) -> None:
    sent = 0
    while worker.has_room_for(call(sent, seconds=AHEAD / 10)):
        worker.send(call(sent, seconds=AHEAD / 10))
        sent += 1
    assert 8 <= sent <= 10


def test_there_is_a_bound_to_what_is_sent_ahead(worker: Worker) -> None:
    for number in range(MOST_AHEAD):
        assert worker.has_room_for(call(number))
        worker.send(call(number))
    assert not worker.has_room_for(call(MOST_AHEAD))


def test_what_was_not_read_can_be_taken_back_oldest_first(
    worker: Worker, process: socket.socket
) -> None:
    calls = [call(number, seconds=0.001) for number in range(4)]
    for each in calls:
        worker.send(each)
    process.recv(1000)
    assert worker.take_back(2) == calls[1:3]
    assert list(worker.calls) == [calls[0], calls[3]]
    assert [packet[1] for packet in read_all(process)] == [3]
    assert worker.take_back(9) == []
    assert worker.has_room_for(call(9, seconds=0.002))


def test_orders_among_calls_taken_back_stay(worker: Worker, process: socket.socket) -> None:
    calls = [call(1), call(2)]
    worker.send(calls[0])
    worker.post(forget_packet(7))
    worker.send(calls[1])
    assert worker.take_back(2) == calls
    assert read_all(process) == [forget_packet(7)]


def test_a_full_socket_sends_nothing(worker: Worker) -> None:
    while worker.post(b"x" * 1000):
        pass
    assert not worker.send(call(1))
    assert not worker.calls


def test_other_cores_are_told_to_the_worker(worker: Worker, process: socket.socket) -> None:
    worker.move(Grant("next", Bundle(), (0,), ()))
    worker.move(Grant("after", Bundle(), (1,), ()))
    assert read_all(process) == [PIN + marshal.dumps((1,))]


def test_a_process_reads_the_end_when_the_engine_lets_go(shelf: BufferShelf) -> None:
    worker = Worker("worker-1", Grant("key", Bundle(), (0,), ()), shelf)
    with socket.socket(fileno=os.dup(worker.given[0])) as process:
        worker.close()
        assert process.recv(1000) == b""
