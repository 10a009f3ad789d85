"""What engine and supervisor say to each other, and how it looks on the socket.

A frame is a length (4 bytes, little-endian) and a marshalled list of tuples `(tag, *fields)`. Both
ends run the same Python, and each trusts the other. Paths, arguments and environment are bytes.
"""

import marshal
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

EndKind = Literal[
    "exit",
    "signal",
    "not_found",
    "not_executable",
    "bad_interpreter",
    "bad_directory",
    "bad_input",
    "exhausted",
    "not_started",
    "lost",
]
"""How a program ended, or why it never began. `exhausted`: the machine had no process or file to
spare for some seconds. `not_started`: it was killed before its turn. `lost`: its supervisor died.
"""


class Start(NamedTuple):
    """Start a program.

    Attributes:
        token: Its name between engine and supervisor.
        mark: Value of `MARK` in its environment, unique on this machine.
        argv: Program and arguments; a program without a slash is sought on the PATH of `env`.
        env: Its whole environment but `MARK`.
        cwd: Absolute; None: the engine's when the supervisor was started.
        stdin: File to read; None: nothing to read.
        stdout: File to make; it must not exist. None: thrown away.
        stderr: As `stdout`; the same path means the same file.
        cpus: Affinity; None: as the engine's.
        fds: How many descriptors travel with the order; the program has them as 3, 4, ...
    """

    token: str
    mark: bytes
    argv: Sequence[bytes]
    env: Mapping[bytes, bytes]
    cwd: bytes | None
    stdin: bytes | None
    stdout: bytes | None
    stderr: bytes | None
    cpus: Sequence[int] | None
    fds: int


class Kill(NamedTuple):
    """End a program and all that came of it: TERM, then KILL after `grace` seconds."""

    token: str
    grace: float


class Hunt(NamedTuple):
    """End what is left of a program whose supervisor died. Answered by `Ended`, kind lost."""

    token: str
    mark: bytes
    pid: int
    grace: float


class Close(NamedTuple):
    """End everything as by `Kill`, then exit."""

    grace: float


class Sweep(NamedTuple):
    """Remove the directory `path` at the end, if the engine has died without closing."""

    path: bytes


class Started(NamedTuple):
    """The program runs."""

    token: str
    pid: int


class Ended(NamedTuple):
    """The program ended; after a `Kill`: so did all that came of it.

    Attributes:
        token: Which.
        kind: How.
        code: Exit code or number of the signal, else 0.
        message: What was wrong when it could not be started.
        max_rss: Largest resident size of the program, bytes; never less than the supervisor's.
        oom: Whether the kernel killed it for want of memory.
        killed: Whether a signal of ours was sent before it ended.
        remains: Whether something that it left behind may not be dead yet.
    """

    token: str
    kind: EndKind
    code: int = 0
    message: str = ""
    max_rss: int = 0
    oom: bool = False
    killed: bool = False
    remains: bool = False


Order = Start | Kill | Hunt | Close | Sweep
News = Started | Ended

MARK = b"WEFT_TOKEN"
"""Environment variable by which a process is known as a program's offspring."""

_TAGS: Mapping[type[Order | News], str] = {
    Start: "start",
    Kill: "kill",
    Hunt: "hunt",
    Close: "close",
    Sweep: "sweep",
    Started: "started",
    Ended: "ended",
}
_ORDERS: Mapping[str, Callable[..., Order]] = {
    "start": Start,
    "kill": Kill,
    "hunt": Hunt,
    "close": Close,
    "sweep": Sweep,
}
_NEWS: Mapping[str, Callable[..., News]] = {"started": Started, "ended": Ended}
_LENGTH = 4


def pack(messages: Sequence[Order | News]) -> bytes:
    """Return one frame that holds these messages."""
    body = marshal.dumps([(_TAGS[type(message)], *message) for message in messages])
    return len(body).to_bytes(_LENGTH, "little") + body


def read_orders(frame: bytes) -> list[Order]:
    """Return the orders in the body of a frame."""
    return [_ORDERS[tag](*fields) for tag, *fields in marshal.loads(frame)]  # noqa: S302


def read_news(frame: bytes) -> list[News]:
    """Return the news in the body of a frame."""
    return [_NEWS[tag](*fields) for tag, *fields in marshal.loads(frame)]  # noqa: S302


class Frames:
    """Cuts a stream of bytes into the bodies of frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take what was read; return the bodies that are now complete."""
        self._buffer += chunk
        bodies: list[bytes] = []
        at = 0
        while len(self._buffer) - at >= _LENGTH:
            start = at + _LENGTH
            end = start + int.from_bytes(self._buffer[at:start], "little")
            if end > len(self._buffer):
                break
            bodies.append(bytes(self._buffer[start:end]))
            at = end
        del self._buffer[:at]
        return bodies
