"""One supervisor process, seen from the engine's loop."""

import asyncio
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from weftwork.effects.processes import start_process
from weftwork.process import supervisor
from weftwork.process.supervisor.messages import Close, Frames, News, Order, pack, read_news

_PROGRAM = Path(supervisor.__file__ or "").with_name("__main__.py")
_ISOLATED = ("-I", "-S")
_CHUNK = 1 << 18


class Link:
    """Starts a supervisor; sends it orders, batched per turn of the loop; hears its news.

    Args:
        grace: Seconds between TERM and KILL for what programs leave behind.
        on_news: Called with what the supervisor said.
        on_death: Called once when the supervisor is gone, unless it was asked to `finish`.

    Attributes:
        pid: The supervisor's process number.
        gone: Set when it is gone.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(
        self,
        grace: float,
        on_news: Callable[["Link", Sequence[News]], None],
        on_death: Callable[["Link"], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_news = on_news
        self._on_death = on_death
        self._frames = Frames()
        self._orders: list[Order] = []
        self._outbox: deque[tuple[bytes, list[int]]] = deque()
        self._writing = False
        self.gone = asyncio.Event()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._socket.settimeout(0)
            argv = [sys.executable, *_ISOLATED, str(_PROGRAM), "3", str(grace)]
            try:
                self.pid = start_process(argv, [theirs.fileno()])
            except OSError:
                self._socket.close()
                raise
        self._loop.add_reader(self._socket, self._read)

    def send(self, order: Order, fds: Sequence[int] = ()) -> None:
        """Send an order before the loop next waits. `fds` travel with it and are closed here."""
        if not self._orders and not self._outbox:
            self._loop.call_soon(self._flush)
        self._orders.append(order)
        if fds:
            self._pack(list(fds))

    def finish(self, grace: float) -> None:
        """Have the supervisor end everything and exit."""
        self.send(Close(grace))

    def abandon(self) -> None:
        """Let go of the socket. The supervisor, if it lives, ends everything by itself."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()
        for _, fds in self._outbox:
            close_all(fds)
        self._outbox.clear()
        self._orders.clear()

    def _pack(self, fds: list[int]) -> None:
        if self._orders:
            self._outbox.append((pack(self._orders), fds))
            self._orders.clear()

    def _flush(self) -> None:
        self._pack([])
        while self._outbox and self._socket.fileno() >= 0:
            data, fds = self._outbox[0]
            try:
                sent = (
                    socket.send_fds(self._socket, [data], fds) if fds else self._socket.send(data)
                )
            except BlockingIOError:
                break
            except OSError:
                # The supervisor is dead; `_read` hears of it, too.
                break
            close_all(fds)
            if sent == len(data):
                self._outbox.popleft()
            else:
                self._outbox[0] = (data[sent:], [])
        self._wait_for_room()

    def _wait_for_room(self) -> None:
        if bool(self._outbox) == self._writing or self._socket.fileno() < 0:
            return
        self._writing = bool(self._outbox)
        if self._writing:
            self._loop.add_writer(self._socket, self._flush)
        else:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._die()
            return
        for body in self._frames.feed(data):
            self._on_news(self, read_news(body))

    def _die(self) -> None:
        self.abandon()
        # Its socket closes in the midst of its exit: the rest takes no time that matters.
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self.gone.set()
        self._on_death(self)


def close_all(fds: Sequence[int]) -> None:
    """Close descriptors."""
    for fd in fds:
        os.close(fd)
