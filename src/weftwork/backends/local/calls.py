"""Works as packets for workers."""

import marshal
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard
from weakref import finalize

from weftwork.codecs.arguments import EncodedArguments, encode_arguments, slot_wire
from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.functions import encode_function
from weftwork.codecs.payload import Payload, encode
from weftwork.core.commands import CancelReason
from weftwork.core.packing import Bundle
from weftwork.engine.work import FunctionWork
from weftwork.process.worker.wire import (
    LARGE_CALL,
    NUMBER,
    PACKET_LIMIT,
    QUICK,
    PickledWire,
    PlainSlot,
    PlainWire,
    ValueWire,
    call_packet,
    is_atom,
    place_of,
)
from weftwork.tasks.capture import Captured, Slot
from weftwork.tasks.constant import Constant
from weftwork.tasks.stored import Stored

if TYPE_CHECKING:
    from weftwork.process.worker.wire import Atom
    from weftwork.tasks.task import Task

UNKNOWN = 1.0
"""Seconds that a function is taken to need that has not run yet: too long to be sent ahead."""

HUGE = 16 * 2**20
"""Bytes in buffers from which a constant is not kept twice, in memory and in its file."""

_LIVE_VALUES = 16


class ShippedFunction:
    """What is known of a task's function.

    Attributes:
        key: What workers know it by; negative, and so no constant's.
        wire: What makes a worker have it.
        seconds: What a call of it takes, going by the last ones.
    """

    __slots__ = ("_has_run", "_payload", "key", "seconds", "wire")

    def __init__(self, key: int, payload: Payload) -> None:
        self.key = key
        self._payload = payload  # keeps the file
        self.wire = payload.wire
        self.seconds = UNKNOWN
        self._has_run = False

    def learn(self, seconds: float) -> None:
        """Take into account how long one call took."""
        self.seconds = 0.7 * self.seconds + 0.3 * seconds if self._has_run else seconds
        self._has_run = True


class Call:
    """One attempt on its way through a worker.

    Attributes:
        work: What is to be done.
        bundle: What it is to be granted.
        number: Of the call, in its engine.
        function: What is known of its function; None until it is packed.
        packet: What is sent; b"" until it is packed.
        kept: What must stay until it has ended.
        is_waiting: Whether it is in the backlog.
        shown: Bytes of what it printed that were reported while it ran.
        seconds: How long it was expected to take when it was packed.
        started: When it began, on the engine's clock; None: not yet.
        is_reported: Whether that was reported.
        cancelled: Why it is being ended, if it is.
    """

    __slots__ = (
        "bundle",
        "cancelled",
        "function",
        "is_reported",
        "is_waiting",
        "kept",
        "number",
        "packet",
        "seconds",
        "shown",
        "started",
        "work",
    )

    def __init__(self, work: FunctionWork, number: int, bundle: Bundle) -> None:
        self.work = work
        self.bundle = bundle
        self.number = number
        self.function: ShippedFunction | None = None
        self.packet = b""
        self.seconds = UNKNOWN
        self.kept: tuple[object, ...] = ()
        self.is_waiting = False
        self.shown = 0
        self.started: float | None = None
        self.is_reported = False
        self.cancelled: CancelReason | None = None

    @property
    def place(self) -> str:
        """Name of the directory of the attempt."""
        return place_of(self.work.label, self.work.attempt.number)


class CallWriter:
    """Packs calls; encodes functions, constants and values of this process once.

    Args:
        shelf: Where large values go.
        workspaces: Gives the directory in which workspaces are made.
        forget: Told the key of a function or constant that no call can need any more.
    """

    def __init__(
        self,
        shelf: BufferShelf,
        workspaces: Callable[[], Path],
        forget: Callable[[int], None],
    ) -> None:
        self._shelf = shelf
        self._workspaces = workspaces
        self._forget = forget
        self._functions: dict[int, ShippedFunction] = {}
        self._shipped = 0
        self._constants: dict[int, Payload] = {}
        self._live: OrderedDict[int, tuple[object, Payload]] = OrderedDict()
        self._ends: dict[int, finalize[..., object]] = {}
        self._lasting: list[object] = []

    def pack(self, call: Call) -> None:
        """Write the packet of a call.

        Raises:
            NotPicklableError: The function, an argument or an input cannot travel.
            BackendError: No room for large values.
        """
        work = call.work
        call.function = function = self._function(work.task)
        wire = (
            function.key,
            function.wire,
            work.label,
            work.attempt.number,
            self._arguments(work.arguments, call),
            tuple([self._input(value, call) for value in work.inputs]) if work.inputs else (),
            f"{self._workspaces()}/{call.place}" if work.workspace else None,
        )
        packet = call_packet(call.number, wire, quick=function.seconds < QUICK)
        if len(packet) > PACKET_LIMIT:
            file = self._shelf.put(memoryview(packet)[NUMBER.stop :])
            call.kept += (file,)
            packet = LARGE_CALL + packet[NUMBER] + marshal.dumps(file.wire)
        call.packet = packet
        call.seconds = function.seconds

    def close(self) -> None:
        """Let go of everything; functions and constants, which may live on, let go of this."""
        for end in self._ends.values():
            end.detach()
        self._ends.clear()
        self._live.clear()
        self._functions.clear()
        self._constants.clear()

    def rest(self) -> None:
        """Let go of values that were kept in case another call needs them."""
        self._live.clear()

    def _function(self, task: "Task[..., object]") -> ShippedFunction:
        # By the function, which a task has in common with all that `task.options` makes of it.
        identity = id(task.fn)
        function = self._functions.get(identity)
        if function is None:
            self._shipped += 1
            function = ShippedFunction(-self._shipped, encode_function(task.fn, self._shelf))
            self._functions[identity] = function
            self._watch(task.fn, function.key, self._drop_function, identity)
        return function

    def _watch(self, thing: object, key: int, drop: Callable[[int], None], identity: int) -> None:
        """Have `drop(identity)` called when `thing` is gone, unless this is closed by then."""
        try:
            end = finalize(thing, drop, identity)
        except TypeError:
            # Its class has `__slots__` and no room for that: so it stays, and its identity with it.
            self._lasting.append(thing)
            return
        end.atexit = False
        self._ends[key] = end

    def _drop_function(self, identity: int) -> None:
        function = self._functions.pop(identity, None)
        if function is not None:
            del self._ends[function.key]
            self._forget(function.key)

    def _arguments(
        self, arguments: Captured | EncodedArguments, call: Call
    ) -> PlainWire | PickledWire:
        if isinstance(arguments, Captured):
            plain = _plain(arguments)
            if plain is not None:
                return plain
            arguments = encode_arguments(arguments, self._shelf)
            call.kept += (arguments,)
        constants = tuple((each.key, self._constant(each).wire) for each in arguments.constants)
        return None, arguments.payload.wire, constants

    def _constant(self, constant: Constant[object]) -> Payload:
        payload = self._constants.get(constant.key)
        if payload is None:
            payload = encode(constant.value, self._shelf, root="the constant")
            self._constants[constant.key] = payload
            if sum(buffer.size for buffer in payload.buffers) >= HUGE:
                # Mapped, it takes no memory here until somebody looks at it.
                constant.value = payload.load()
            self._watch(constant, constant.key, self._drop_constant, constant.key)
        return payload

    def _drop_constant(self, key: int) -> None:
        if self._constants.pop(key, None) is not None:
            del self._ends[key]
            self._forget(key)

    def _input(self, value: object, call: Call) -> ValueWire:
        if isinstance(value, Payload):
            return value.wire
        if is_atom(value):
            return value
        payload = self._encoded(value.load() if isinstance(value, Stored) else value)
        call.kept += (payload,)
        return payload.wire

    def _encoded(self, value: object) -> Payload:
        """Encode a value of this process, once for the calls of about the same time."""
        key = id(value)
        if key not in self._live:
            self._live[key] = value, encode(value, self._shelf, root="an input")
            if len(self._live) > _LIVE_VALUES:
                self._live.popitem(last=False)
        return self._live[key][1]


def _plain(captured: Captured) -> PlainWire | None:
    """Return the arguments if all are atoms or slots, else None."""
    args = _atoms(captured.args)
    if args is None:
        return None
    kwargs = captured.kwargs
    if not kwargs:
        return args, {}
    values = _atoms(tuple(kwargs.values()))
    return None if values is None else (args, dict(zip(kwargs, values, strict=True)))


def _atoms(values: Sequence[object]) -> "tuple[Atom | PlainSlot, ...] | None":
    plain: list[Atom | PlainSlot] = []
    for value in values:
        if is_atom(value):
            plain.append(value)
        elif type(value) is Slot and _is_plain_slot(wire := slot_wire(value)):
            plain.append(wire)
        else:
            return None
    return tuple(plain)


def _is_plain_slot(wire: tuple[int, Sequence[tuple[bool, object]]]) -> TypeGuard[PlainSlot]:
    return all(is_atom(key) for _, key in wire[1])
