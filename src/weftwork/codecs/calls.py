"""What a function is called with, and how a worker reads it from its pickle."""

import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeGuard

from weftwork.codecs.payload import Payload

StepWire = tuple[bool, object]
"""A step of a path: whether it is an attribute, and its name or the key."""

SlotWire = tuple[int, tuple[StepWire, ...]]
"""What stands for an input: its index, and the path to the part that is meant."""


class Call(NamedTuple):
    """The arguments of one call."""

    args: tuple[object, ...]
    kwargs: dict[str, object]


class _Decoder(pickle.Unpickler):
    resolve: Callable[[object], object]

    def persistent_load(self, pid: object) -> object:
        return self.resolve(pid)


def decode_call(payload: Payload, resolve: Callable[[object], object]) -> Call:
    """Return the arguments in `payload`, with what `resolve` makes of each name in it.

    Raises:
        Exception: Whatever unpickling raises, such as ImportError.
    """
    file = io.BytesIO(payload.data) if isinstance(payload.data, bytes) else payload.data.map()
    with file:
        decoder = _Decoder(file, buffers=[buffer.map() for buffer in payload.buffers])
        decoder.resolve = resolve
        call: Call = decoder.load()
    return call


def named_value(name: object, inputs: Sequence[object], constants: Mapping[int, object]) -> object:
    """Return what a persistent id stands for: a constant by its key, or (part of) an input."""
    return constants[name] if isinstance(name, int) else filled(name, inputs)


def filled(value: object, values: Sequence[object]) -> object:
    """Return the (part of the) input that a slot stands for; anything else as it is."""
    if not _is_slot(value):
        return value
    index, steps = value
    return _part(values[index], steps) if steps else values[index]


def _is_slot(value: object) -> TypeGuard[SlotWire]:
    return type(value) is tuple


def _part(value: object, steps: Sequence[StepWire]) -> object:
    # Imported here, because most calls pass whole results.
    from weftwork.tasks.parts import Field, Index, take  # noqa: PLC0415

    return take(value, tuple(Field(str(key)) if field else Index(key) for field, key in steps))
