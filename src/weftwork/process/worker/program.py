"""The worker: read a call, run it, write its outcome, until the engine is gone.

Started as `python -c BOOT ROOT START NAME`, with its ends of socket and bell as fds 3 and 4.
"""

import fcntl
import marshal
import os
import resource
import signal
import sys
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import Never

from weftwork.codecs.buffers import BufferFile, BufferShelf
from weftwork.process.worker.bodies import Bodies
from weftwork.process.worker.link import Link
from weftwork.process.worker.output import Output
from weftwork.process.worker.wire import (
    BODY,
    CALLS,
    CUT_OFF,
    FORGET,
    LARGE_CALL,
    LARGE_RESULT,
    PACKET_LIMIT,
    PIN,
    QUICK_CALL,
    READY,
    RESULT,
    CallWire,
    StartWire,
    number_of,
)

_HIGH = 1000


def main(start_path: str, name: str) -> Never:
    """Be the worker `name` of the engine that wrote the file `start_path`."""
    with open(start_path, "rb") as file:  # noqa: PTH123
        start: StartWire = marshal.loads(file.read())  # noqa: S302
    # Ctrl-C is the engine's; with a handler, unlike SIG_IGN, what a task starts does hear it.
    signal.signal(signal.SIGINT, _heard)
    sys.path[:], sys.argv[:] = start[0], start[1]
    Worker(name, start).serve()


class Session:
    """The session directory, which the engine has made."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def make(self, *parts: str) -> Path:
        """Return a directory below it, made if need be."""
        path = self._path.joinpath(*parts)
        path.mkdir(mode=0o700, exist_ok=True)
        return path


class Worker:
    """One worker process.

    Args:
        name: Of this worker, unique in its engine.
        start: What the engine tells all its workers.
    """

    def __init__(self, name: str, start: StartWire) -> None:
        _, _, shared, session, keep = start
        # Out of the way of tasks that close or duplicate the first few descriptors.
        lowest = min(_HIGH, resource.getrlimit(resource.RLIMIT_NOFILE)[0]) - 10
        self._link = Link(lowest)
        self._home = fcntl.fcntl(_home(), fcntl.F_DUPFD_CLOEXEC, lowest)
        self._shelf = BufferShelf(Session(session), shared=Path(shared), prefix=name)
        self._output = Output(str(Session(session).make("logs")), name, lowest)
        self._bodies = Bodies(self._shelf, self._link.socket, keep=keep)

    def serve(self) -> Never:
        """Answer calls until the engine closes its end."""
        link = self._link
        link.send(READY)
        link.ring()
        packet = link.receive()
        while packet:
            is_call = packet[:1] in CALLS
            if is_call:
                link.send(self._answer(packet))
            else:
                self._obey(packet)
            following = link.receive_now()
            if is_call:
                link.ring(may_wait=following is not None and following[:1] == QUICK_CALL)
            packet = link.receive() if following is None else following
        # Not sys.exit: threads and exit handlers of tasks could hold the process for ever.
        os._exit(0)

    def _obey(self, packet: bytes) -> None:
        if packet[:1] == FORGET:
            self._bodies.loader.forget(marshal.loads(packet[1:]))  # noqa: S302
        elif packet[:1] == PIN:
            _pin(marshal.loads(packet[1:]))  # noqa: S302

    def _answer(self, packet: bytes) -> bytes:
        began = perf_counter()
        number, wire = number_of(packet), self._call(packet)
        kind, value, failure = self._bodies.run(number, wire)
        try:
            self._output.restore()
            os.fchdir(self._home)
        except OSError:
            os._exit(CUT_OFF)
        logs, head = self._output.collect(wire[2], wire[3])
        outcome = (number, perf_counter() - began, kind, value, failure, logs, head)
        answer = RESULT + marshal.dumps(outcome)
        if len(answer) > PACKET_LIMIT:
            answer = LARGE_RESULT + marshal.dumps(self._shelf.put(answer[1:]).wire)
        return answer

    def _call(self, packet: bytes) -> CallWire:
        wire: CallWire
        if packet[:1] != LARGE_CALL:
            wire = marshal.loads(packet[BODY:])  # noqa: S302
            return wire
        path, size = marshal.loads(packet[BODY:])  # noqa: S302
        with BufferFile(path, size).map() as body:
            wire = marshal.loads(body)  # noqa: S302
        return wire


def _heard(number: int, frame: FrameType | None) -> None:
    del number, frame


def _home() -> int:
    return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _pin(cores: tuple[int, ...]) -> None:
    for thread in os.listdir("/proc/self/task"):  # noqa: PTH208
        os.sched_setaffinity(int(thread), cores)
