"""Packets out of a socket."""

import socket

from weftwork.process.worker.wire import PACKET_LIMIT


class Packets:
    """Reads packets by way of one buffer: memory for the longest, each time anew, costs more."""

    __slots__ = ("_buffer", "_view")

    def __init__(self) -> None:
        self._buffer = bytearray(2 * PACKET_LIMIT)
        self._view = memoryview(self._buffer)

    def receive(self, end: socket.socket) -> bytes:
        """Wait for a packet; b"" when the other end is closed."""
        return bytes(self._view[: end.recv_into(self._buffer)])

    def receive_now(self, end: socket.socket) -> bytes | None:
        """Return a packet that has arrived, if any."""
        try:
            return bytes(self._view[: end.recv_into(self._buffer, 0, socket.MSG_DONTWAIT)])
        except BlockingIOError:
            return None
