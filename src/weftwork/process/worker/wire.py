"""Messages between the engine and one worker.

Both hold an end of a socket that keeps packets apart (SOCK_SEQPACKET), so there is nothing to
reassemble. A packet is a tag of one byte, for calls a number of eight, and a marshalled tuple.
The engine also keeps a copy of the worker's end: what the worker has not read yet the engine can
read back, and so knows exactly which calls never began.
"""

import marshal
from types import NoneType
from typing import TypeGuard

from weftwork.codecs.payload import PayloadWire

BOOT = (
    "import sys; sys.path[0] = sys.argv[1]; "
    "from weftwork.process.worker.program import main; main(*sys.argv[2:])"
)
"""What the interpreter of a worker is given, with the folder of our package, the path of a file
with a `StartWire` and the name of the worker."""

HEAD = 16 * 1024
"""Bytes of what an attempt printed that are shown while the engine runs."""

OUTPUT = "output.log"
"""Name of the file with what an attempt printed, in the directory of its logs."""

CUT_OFF = 113
"""Exit code of a worker whose end of the socket was closed by what it ran."""

CALL = b"C"
"""Engine to worker: number, then a `CallWire`."""
QUICK_CALL = b"Q"
"""As `CALL`, and known to be over soon."""
LARGE_CALL = b"L"
"""Engine to worker: number, then the `FileWire` of a file that holds the `CallWire`."""
CALLS = (CALL, QUICK_CALL, LARGE_CALL)
FORGET = b"F"
"""Engine to worker: a tuple of keys of functions and constants that are no longer needed."""
CANCEL = b"X"
"""Engine to worker: the number of the call with an async body that is to be cancelled."""
PIN = b"P"
"""Engine to worker: a tuple of the cores to run on from now on."""
READY = b"Y"
"""Worker to engine: it has started."""
RESULT = b"R"
"""Worker to engine: an `OutcomeWire`."""
LARGE_RESULT = b"S"
"""Worker to engine: the `FileWire` of a file that holds the `OutcomeWire`."""

NUMBER = slice(1, 9)
"""Where the number of a call stands in its packet."""
BODY = 9
"""Where the rest of a call begins."""

RING = 0.001
"""Seconds for which answers to quick calls may wait before the engine is told of them."""

QUICK = 0.0005
"""Seconds up to which a call is quick."""

PACKET_LIMIT = 100_000
"""Bytes of a packet; larger messages go by file. Half of what a socket takes by default."""

Atom = None | bool | int | float | str | bytes
ValueWire = Atom | PayloadWire
"""An atom by value; anything else, which a tuple tells, as a payload."""
PlainSlot = tuple[int, tuple[tuple[bool, Atom], ...]]
"""A `SlotWire` whose path holds only atoms."""
PlainWire = tuple[tuple[Atom | PlainSlot, ...], dict[str, Atom | PlainSlot]]
"""Arguments that are all atoms or slots."""
PickledWire = tuple[None, PayloadWire, tuple[tuple[int, PayloadWire], ...]]
"""Arguments as the pickle of a `Call`, and the constants it names."""
CallWire = tuple[
    int, PayloadWire, str, int, PlainWire | PickledWire, tuple[ValueWire, ...], str | None
]
"""Key of the function, the function, label, attempt number, arguments, inputs, workspace."""

RETURNED = 0
"""The body returned the value."""
RAISED = 1
"""The body raised; the failure says what."""
EXITED = 2
"""The body raised SystemExit."""
BAD_INPUT = 3
"""The call could not be decoded."""
BAD_RESULT = 4
"""What the body returned cannot be encoded."""
CANCELLED = 5
"""The async body ended as it was asked to."""

FailureWire = tuple[str, int, PayloadWire | None]
"""One sentence, the exit code, the exception."""
OutcomeWire = tuple[int, float, int, ValueWire, FailureWire | None, str | None, str]
"""Number of the call, seconds it took, kind, value, failure, directory of its logs, how they begin.
"""

StartWire = tuple[list[str], list[str], str, str, bool]
"""What a worker reads first: `sys.path`, `sys.argv`, the directory in shared memory, the session
directory, and whether workspaces are kept."""

_SHORT = 16 * 1024
_ANY = (NoneType, bool, float)
_SIZED = (str, bytes)


def is_atom(value: object) -> TypeGuard[Atom]:
    """Whether a message carries `value` by itself: exact plain types only, and short."""
    kind = type(value)
    if kind in _ANY:
        return True
    if isinstance(value, int):
        return kind is int and -(2**63) <= value < 2**63
    if isinstance(value, (str, bytes)):
        return kind in _SIZED and len(value) < _SHORT
    return False


def call_packet(number: int, call: CallWire, *, quick: bool) -> bytes:
    """Write a call. Longer than `PACKET_LIMIT` it must go by file."""
    return (QUICK_CALL if quick else CALL) + number.to_bytes(8, "little") + marshal.dumps(call)


def number_of(packet: bytes) -> int:
    """Return the number of the call in a packet."""
    return int.from_bytes(packet[NUMBER], "little")


def place_of(label: str, number: int) -> str:
    """Return the name of the directory of one attempt: `melt.12.1` for `melt[12]`, first try."""
    kept = "".join(c if c.isalnum() or c in "._-" else "." for c in label)
    return f"{kept.strip('.')}.{number}"


def forget_packet(key: int) -> bytes:
    """Write the order to drop a function or constant."""
    return FORGET + marshal.dumps((key,))
