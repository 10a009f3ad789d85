"""Any value as a pickle whose large parts lie in files. The engine passes it on unopened."""

import pickle
from collections.abc import Callable
from typing import Self

from weftwork.codecs.buffers import LARGE, BufferFile, BufferShelf, FileWire
from weftwork.codecs.encoder import BufferCallback, Reference, Sink, plain_encoder
from weftwork.errors import BackendError, UsageError
from weftwork.tasks.stored import Stored

PayloadWire = tuple[bytes | FileWire, tuple[FileWire, ...]]
"""A payload as messages carry it: the pickle or its file, then the files of its buffers."""


class Payload(Stored):
    """A pickle and its large buffers.

    Attributes:
        data: The pickle, or the file that holds it.
        buffers: What it left out, in its order.
    """

    __slots__ = ("buffers", "data")

    def __init__(self, data: bytes | BufferFile, buffers: tuple[BufferFile, ...] = ()) -> None:
        self.data = data
        self.buffers = buffers

    @classmethod
    def from_wire(cls, wire: PayloadWire, shelf: BufferShelf) -> Self:
        """Return what a message describes. On the engine's shelf its files become the engine's."""
        data, buffers = wire
        return cls(
            data if isinstance(data, bytes) else shelf.adopt(data),
            tuple(shelf.adopt(buffer) for buffer in buffers),
        )

    @property
    def wire(self) -> PayloadWire:
        """What a message needs to say of it."""
        data = self.data if isinstance(self.data, bytes) else self.data.wire
        return data, tuple(buffer.wire for buffer in self.buffers)

    @property
    def size(self) -> int:
        """Bytes in all."""
        data = len(self.data) if isinstance(self.data, bytes) else self.data.size
        return data + sum(buffer.size for buffer in self.buffers)

    def load(self) -> object:
        """Return the object: a new one each time, its large buffers writable and its own.

        Raises:
            Exception: Whatever unpickling raises, such as ImportError.
        """
        buffers = [buffer.map() for buffer in self.buffers]
        if isinstance(self.data, bytes):
            return pickle.loads(self.data, buffers=buffers)  # noqa: S301  # our own, or asked for
        with self.data.map() as data:
            return pickle.loads(data, buffers=buffers)  # noqa: S301


class NotPicklableError(UsageError):
    """A value cannot leave its process; the message names the path to what cannot be pickled."""


def encode(
    value: object,
    shelf: BufferShelf,
    *,
    root: str = "value",
    reference: Reference | None = None,
    limit: int = LARGE,
) -> Payload:
    """Pickle a value, with its large buffers in files, and by value what workers cannot import.

    Args:
        value: What to encode. It is not kept, and may change afterwards.
        shelf: Where the files go.
        root: What the value is called in an error, such as `result`.
        reference: Names what stays out of the pickle.
        limit: Bytes from which the pickle itself goes to a file.

    Raises:
        NotPicklableError: With the path to what cannot be pickled.
        BackendError: No room for the large buffers.
    """
    try:
        return _dump(value, shelf, reference, limit, plain_encoder)
    except BackendError:
        raise
    except Exception:  # noqa: BLE001, S110  # whatever a __reduce__ raises: the next way decides
        pass
    # Imported here, because it takes 20 ms, and most values never come this far.
    from weftwork.codecs.by_value import by_value_encoder  # noqa: PLC0415

    try:
        return _dump(value, shelf, reference, limit, by_value_encoder)
    except BackendError:
        raise
    except Exception as error:
        from weftwork.codecs.unpicklable import explain  # noqa: PLC0415

        raise NotPicklableError(explain(value, root, error)) from error


MakeEncoder = Callable[[Sink, BufferCallback, Reference | None], pickle.Pickler]


def _dump(
    value: object,
    shelf: BufferShelf,
    reference: Reference | None,
    limit: int,
    make_encoder: MakeEncoder,
) -> Payload:
    files: list[BufferFile] = []

    def keep(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < LARGE:
            return True  # Small ones stay in the pickle, from where they come back writable.
        files.append(shelf.put(raw))
        return False

    sink = Sink(shelf, limit)
    try:
        make_encoder(sink, keep, reference).dump(value)
    except BaseException:
        sink.discard()
        raise
    return Payload(sink.finish(), tuple(files))
