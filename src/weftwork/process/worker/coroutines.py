"""Async bodies: one event loop for the life of the worker, which also hears of cancels."""

import asyncio
import os
import select
import socket
from collections.abc import Coroutine

from weftwork.process.worker.wire import CANCEL, PACKET_LIMIT, number_of


class BodyLoop:
    """Runs one async body at a time and watches the worker's socket for an order to cancel it.

    Calls that were sent ahead are left in the socket, where the engine can take them back.

    Args:
        end: The worker's end of the socket.
    """

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._loop = asyncio.new_event_loop()
        # Edge-triggered: a call that is left in the socket must not wake the loop for ever.
        self._arrivals = select.epoll()
        self._arrivals.register(end.fileno(), select.EPOLLIN | select.EPOLLET)
        self._loop.add_reader(self._arrivals.fileno(), self._look)
        self._number = 0
        self._task: asyncio.Task[object] | None = None
        self._is_cancelled = False

    def run(self, body: Coroutine[object, object, object], number: int) -> object:
        """Return what the body of call `number` returns.

        Raises:
            BaseException: What the body raises.
        """
        self._number = number
        self._is_cancelled = False
        self._task = self._loop.create_task(body)
        try:
            return self._loop.run_until_complete(self._task)
        finally:
            if self._task.done() and not self._task.cancelled():
                self._task.exception()  # Raised already; else asyncio complains that nobody looked.
            self._task = None

    def ended_as_asked(self, number: int, error: BaseException) -> bool:
        """Whether what the body of call `number` raised is its answer to an order to cancel it."""
        asked = self._is_cancelled and self._number == number
        return asked and isinstance(error, asyncio.CancelledError)

    def _look(self) -> None:
        self._arrivals.poll(0)
        while self._first_tag() == CANCEL:
            packet = self._socket.recv(PACKET_LIMIT)
            if number_of(packet) == self._number and self._task is not None:
                self._is_cancelled = True
                self._task.cancel()

    def _first_tag(self) -> bytes:
        try:
            tag = self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b"nothing"
        if not tag:
            os._exit(0)  # The engine is gone.
        return tag
