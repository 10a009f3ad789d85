"""The supervisor's end of the socket to its engine."""

import _socket  # The module `socket` takes a third of our whole start-up.
import struct
from collections import deque
from collections.abc import Sequence

from weftwork.process.supervisor.messages import Frames, News, Order, pack, read_orders

_CHUNK = 1 << 18
_MOST_FDS = 64


class Lifeline:
    """Orders in, news out, never waiting. Its end is the end of the engine.

    Args:
        fd: The socket; taken over.
    """

    def __init__(self, fd: int) -> None:
        self._socket = _socket.socket(fileno=fd)
        self._socket.settimeout(0)
        self._frames = Frames()
        self._fds: deque[int] = deque()
        self._unsent = b""

    def fileno(self) -> int:
        """Return the descriptor to poll."""
        return self._socket.fileno()

    @property
    def stuck(self) -> bool:
        """Whether there are news that the engine has not had room for."""
        return bool(self._unsent)

    def listen(self) -> list[Order] | None:
        """Return the orders that came in; None: there is no engine any more."""
        try:
            data, ancillary, _, _ = self._socket.recvmsg(
                _CHUNK, _socket.CMSG_SPACE(_MOST_FDS * 4), _socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return []
        except OSError:
            return None
        for _, _, raw in ancillary:
            self._fds.extend(struct.unpack(f"{len(raw) // 4}i", raw))
        if not data:
            return None
        return [order for body in self._frames.feed(data) for order in read_orders(body)]

    def descriptors(self, count: int) -> list[int]:
        """Return the next `count` descriptors that travelled with the orders."""
        return [self._fds.popleft() for _ in range(count)]

    def tell(self, news: Sequence[News]) -> None:
        """Send the news, and what was left of earlier ones; what finds no room waits."""
        if news:
            self._unsent += pack(news)
        if not self._unsent:
            return
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            # Nobody is left to be told.
            sent = len(self._unsent)
        self._unsent = self._unsent[sent:]
