"""One crew of workers, whose processes are played by the test."""

import marshal
import os
import socket
from collections.abc import Callable, Hashable
from pathlib import Path

from weftwork.backends.local.calls import Call, CallWriter
from weftwork.backends.local.crew import Crew
from weftwork.backends.local.news import News
from weftwork.backends.local.printing import Printing
from weftwork.backends.local.tools import Tools
from weftwork.backends.local.worker import Worker
from weftwork.codecs.buffers import BufferShelf
from weftwork.core.model import Attempt, ItemId
from weftwork.core.packing import Bundle, Grant
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.ports import Report, Started, Succeeded
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
