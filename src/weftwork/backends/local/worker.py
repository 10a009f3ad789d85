"""One worker process, as the engine sees it: what was sent to it, what it answered."""

import marshal
import os
import socket
from collections import deque
from contextlib import suppress

from weftwork.backends.local.calls import Call
from weftwork.codecs.buffers import BufferShelf
from weftwork.core.packing import Grant
from weftwork.errors import InternalError
from weftwork.process.worker.packets import Packets
from weftwork.process.worker.wire import (
    CALLS,
    CANCEL,
    PIN,
    READY,
    RESULT,
    OutcomeWire,
    number_of,
)

AHEAD = 0.005
"""Seconds of work, as far as is known, that a worker is given before it asks."""

MOST_AHEAD = 128
"""Calls that a worker is given before it asks."""


class Worker:
    """One worker process and the engine's ends of its socket.

    Attributes:
        name: Token at the supervisor, name of its log, prefix of its files.
        grant: What it runs on; None: it idles.
        calls: Sent and not answered, oldest first. The first may be running, the others are not.
        is_ready: Whether it has started.
        is_dying: Whether it was told to end. Nothing is sent to it any more.
        idle_since: When it last had nothing to do, on the engine's clock.
        bell: Readable when the worker has answered.
        heard: When it last answered, on the engine's clock.
        slice_end: Until when it need not ask who else waits for its grant.
    """

    def __init__(self, name: str, grant: Grant, shelf: BufferShelf) -> None:
        self.name = name
        self._shelf = shelf
        self.grant: Grant | None = grant
        self.gpus = grant.gpus
        self.cores = grant.cores
        self.calls: deque[Call] = deque()
        self.is_ready = False
        self.is_dying = False
        self.idle_since = 0.0
        self.heard = 0.0
        self.slice_end = 0.0
        self._expected = 0.0
        self._packets = Packets()
        # Packets, so that both ends of a queue may be read without losing the borders.
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        except OSError:
            self._ours.close()
            self._theirs.close()
            raise

    @property
    def given(self) -> tuple[int, int]:
        """What the worker process is to inherit."""
        return self._theirs.fileno(), self.bell

    @property
    def unstarted(self) -> int:
        """Calls that it has not begun, as far as is known."""
        return len(self.calls) - self.is_ready if self.calls else 0

    def move(self, grant: Grant) -> None:
        """Go on with another grant, of the same shape and the same devices."""
        self.grant = grant
        if self.cores != grant.cores:
            self.cores = grant.cores
            self.post(PIN + marshal.dumps(grant.cores))

    def stop_bell(self) -> None:
        """Have the bell ring anew at the next answer."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.bell)

    def has_room_for(self, call: Call) -> bool:
        """Whether the call would soon begin here."""
        if not self.calls:
            return True
        return len(self.calls) < MOST_AHEAD and self._expected + call.seconds < AHEAD

    def send(self, call: Call) -> bool:
        """Send a call; false if the socket is full."""
        if not self.post(call.packet):
            return False
        self.calls.append(call)
        self._expected += call.seconds
        return True

    def post(self, packet: bytes) -> bool:
        """Send a packet; false if the socket is full or closed."""
        try:
            self._ours.send(packet, socket.MSG_DONTWAIT)
        except OSError:
            return False
        return True

    def cancel(self, call: Call) -> bool:
        """Ask an async body to end. Everything unread must have been taken back before."""
        return self.post(CANCEL + call.number.to_bytes(8, "little"))

    def receive(self, most: int) -> list[OutcomeWire]:
        """Return up to `most` answers that have arrived."""
        outcomes: list[OutcomeWire] = []
        while len(outcomes) < most:
            packet = self._packets.receive_now(self._ours)
            if packet is None:
                break
            if packet[:1] == READY:
                self.is_ready = True
            else:
                outcomes.append(self._outcome(packet))
        return outcomes

    def answered(self, number: int) -> Call:
        """Return the call that was answered, which is the oldest."""
        call = self.calls.popleft()
        if call.number != number:
            raise InternalError(f"worker {self.name} answered {number} instead of {call.number}")
        self._expected -= call.seconds
        return call

    def take_back(self, most: int) -> list[Call]:
        """Take back `most` calls, oldest first, or as many as the worker has not read yet.

        All of them if there is an order among them, so that it stays in front of calls.
        """
        numbers: set[int] = set()
        others: list[bytes] = []
        while others or len(numbers) < most:
            packet = self._packets.receive_now(self._theirs)
            if packet is None:
                break
            if packet[:1] in CALLS:
                numbers.add(number_of(packet))
            else:
                others.append(packet)
        for packet in others:
            self.post(packet)
        taken = [call for call in self.calls if call.number in numbers]
        self.calls = deque(call for call in self.calls if call.number not in numbers)
        self._expected = sum(call.seconds for call in self.calls)
        return taken

    def close(self) -> None:
        """Close both ends; a worker that lives finds that the engine has gone, and ends."""
        os.close(self.bell)
        self._ours.close()
        self._theirs.close()

    def _outcome(self, packet: bytes) -> OutcomeWire:
        outcome: OutcomeWire
        if packet[:1] == RESULT:
            outcome = marshal.loads(packet[1:])  # noqa: S302  # from a process of ours
            return outcome
        file = self._shelf.adopt(marshal.loads(packet[1:]))  # noqa: S302
        with file.map() as body:
            outcome = marshal.loads(body)  # noqa: S302
        return outcome
