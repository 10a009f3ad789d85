"""Plain pickle that says no to names which only this process knows."""

import pickle
from collections.abc import Callable
from types import FunctionType

from weftwork.codecs.buffers import BufferFile, BufferShelf, BufferWriter, Bytes
from weftwork.codecs.importable import travels_by_value

PROTOCOL = 5

Reference = Callable[[object], object]
"""Names what stays out of a pickle (its persistent id); None for what goes into it."""

BufferCallback = Callable[[pickle.PickleBuffer], bool]


class ByReferenceOnlyError(Exception):
    """Plain pickle would name something that only this process knows."""


class Encoder(pickle.Pickler):
    """Plain pickle, which refuses names that other processes cannot import."""

    def reducer_override(self, obj: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
        """Leave everything to pickle but the names that must travel by value."""
        if isinstance(obj, (type, FunctionType)) and travels_by_value(obj.__module__):
            raise ByReferenceOnlyError(obj)
        return NotImplemented


class ReferencingEncoder(Encoder):
    """Leaves out of the pickle what `reference` names."""

    reference: Reference

    def persistent_id(self, obj: object) -> object:
        """Return the name of what stays out."""
        return self.reference(obj)


class Sink:
    """What a pickler writes to: memory at first, a file once it holds `limit` bytes."""

    def __init__(self, shelf: BufferShelf, limit: int) -> None:
        self._shelf = shelf
        self._limit = limit
        self._chunks: list[bytes] = []
        self._size = 0
        self._writer: BufferWriter | None = None

    def write(self, data: Bytes) -> int:
        """Append `data`."""
        if self._writer is not None:
            self._writer.write(data)
            return len(data)
        self._size += len(data)
        if self._size < self._limit:
            self._chunks.append(bytes(data))
            return len(data)
        self._writer = BufferWriter(self._shelf, self._size)
        self._writer.write(b"".join(self._chunks))
        self._writer.write(data)
        return len(data)

    def finish(self) -> bytes | BufferFile:
        """Return all that was written."""
        return b"".join(self._chunks) if self._writer is None else self._writer.finish()

    def discard(self) -> None:
        """Remove what was written."""
        if self._writer is not None:
            self._writer.discard()


def plain_encoder(sink: Sink, keep: BufferCallback, reference: Reference | None) -> pickle.Pickler:
    """Make the pickler for one value."""
    if reference is None:
        return Encoder(sink, PROTOCOL, buffer_callback=keep)
    encoder = ReferencingEncoder(sink, PROTOCOL, buffer_callback=keep)
    encoder.reference = reference
    return encoder
