"""The worker's ends of what joins it to the engine: a socket for packets, and a bell.

An answer is in the socket before the next call begins. The engine looks there when the bell is
rung, which after quick calls happens only now and then: to be woken for each would cost it more
than all else.
"""

import fcntl
import os
import socket
from time import perf_counter

from weftwork.process.worker.packets import Packets
from weftwork.process.worker.wire import CUT_OFF, RING

_SOCKET = 3
_BELL = 4


class Link:
    """Packets from and to the engine.

    Args:
        lowest: From here on a descriptor is out of the way of what tasks do.
    """

    def __init__(self, lowest: int) -> None:
        self.socket = socket.socket(fileno=_moved(_SOCKET, lowest))
        self._bell = _moved(_BELL, lowest)
        self._packets = Packets()
        self._rung = 0.0

    def receive(self) -> bytes:
        """Wait for a packet; b"" when the engine is gone."""
        return self._packets.receive(self.socket)

    def receive_now(self) -> bytes | None:
        """Return a packet that has arrived, if any."""
        return self._packets.receive_now(self.socket)

    def send(self, packet: bytes) -> None:
        """Send a packet; the engine looks for it when the bell is rung."""
        try:
            self._send(packet)
        except BrokenPipeError:
            os._exit(0)  # The engine is gone.
        except OSError:
            os._exit(CUT_OFF)

    def ring(self, *, may_wait: bool = False) -> None:
        """Have the engine look. `may_wait`: only if that was not done a moment ago."""
        now = perf_counter()
        if may_wait and now - self._rung < RING:
            return
        self._rung = now
        try:
            os.eventfd_write(self._bell, 1)
        except OSError:
            os._exit(CUT_OFF)

    def _send(self, packet: bytes) -> None:
        try:
            self.socket.send(packet, socket.MSG_DONTWAIT)
        except BlockingIOError:
            self.ring()
            self.socket.send(packet)


def _moved(descriptor: int, lowest: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, lowest)
    os.close(descriptor)
    return moved
