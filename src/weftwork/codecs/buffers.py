"""Large buffers lie in files: in shared memory where there is room, else in a spare directory.

A reader maps a file copy-on-write: what it gets is writable and its own, and costs no copy until
it is written to. The engine owns every file: one is removed when the last `BufferFile` that names
it is gone. Workers write files too; the engine adopts them when they are reported.
"""

import errno
import itertools
import mmap
import os
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from weftwork.errors import BackendError

LARGE = 64 * 1024
"""Bytes from which a buffer or a pickle goes to a file instead of through a socket."""

Bytes = bytes | bytearray | memoryview
FileWire = tuple[str, int]
"""Path and size of a file, as messages name it."""


class BufferFile:
    """One buffer in a file, which goes with the last reference to this (in the engine)."""

    __slots__ = ("__weakref__", "path", "size")

    def __init__(self, path: str, size: int) -> None:
        self.path = path
        self.size = size

    @property
    def wire(self) -> FileWire:
        """The file as messages name it."""
        return self.path, self.size

    def map(self) -> mmap.mmap:
        """Return the content, writable and private to the caller.

        Raises:
            FileNotFoundError: The engine let go of the value.
        """
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return mmap.mmap(descriptor, self.size, access=mmap.ACCESS_COPY)
        finally:
            os.close(descriptor)


class Directory(Protocol):
    """A directory that is made when it is first needed."""

    def make(self, *parts: str) -> Path:
        """Return a directory below it, made if need be."""
        ...


class BufferShelf:
    """Where one engine, or one of its workers, puts large buffers.

    Args:
        directory: Of the session, for what shared memory cannot hold.
        shared: For a worker: the directory of its engine.
        prefix: Start of the names of its files, unique among those who share the directory.
    """

    def __init__(
        self, directory: Directory, *, shared: Path | None = None, prefix: str = "engine"
    ) -> None:
        self._session = directory
        self._spare: Path | None = None
        self._shared = shared
        self._owner = shared is None
        self._removal: Callable[[], object] | None = None
        self._prefix = prefix
        self._numbers = itertools.count()
        self._live: set[str] = set()
        self._closed = False

    @property
    def shared(self) -> Path:
        """The directory in shared memory, or the spare one where there is none."""
        if self._shared is None:
            self._shared = self._make_shared()
        return self._shared

    @property
    def spare(self) -> Path:
        """The directory for what shared memory cannot hold."""
        if self._spare is None:
            self._spare = self._session.make("values")
        return self._spare

    def put(self, data: Bytes) -> BufferFile:
        """Write one buffer to a file of its own.

        Raises:
            BackendError: It cannot be written, mostly for want of room.
        """
        writer = BufferWriter(self, len(data))
        writer.write(data)
        return writer.finish()

    def adopt(self, wire: FileWire) -> BufferFile:
        """Return the file as one that the engine owns."""
        path, size = wire
        file = BufferFile(path, size)
        if self._owner:
            self._live.add(path)
            weakref.finalize(file, self._drop, path).atexit = False
        return file

    def place(self, size: int) -> str:
        """Return the path of a new file that has room for `size` bytes, as far as can be known."""
        if _has_room(self.shared, size):
            return f"{self.shared}/{self._prefix}-{next(self._numbers)}"
        return self.spare_place()

    def spare_place(self) -> str:
        """Return the path of a new file outside shared memory."""
        return f"{self.spare}/{self._prefix}-{next(self._numbers)}"

    def sweep(self, prefix: str) -> None:
        """Remove the files that a dead worker did not report."""
        for directory in (self._shared, self._spare):
            for entry in () if directory is None else os.scandir(directory):
                if entry.name.startswith(f"{prefix}-") and entry.path not in self._live:
                    unlink(entry.path)

    def close(self) -> None:
        """Remove the directory now, or with the last value in it that somebody still holds."""
        self._closed = True
        self._remove_if_unused()

    def _drop(self, path: str) -> None:
        unlink(path)
        self._live.discard(path)
        if self._closed:
            self._remove_if_unused()

    def _remove_if_unused(self) -> None:
        if self._removal is not None and not self._live:
            self._removal()

    def _make_shared(self) -> Path:
        # Imported here, because workers start quicker without what it needs.
        from weftwork.codecs.shared_memory import SharedDirectory  # noqa: PLC0415

        directory = SharedDirectory.make()
        if directory is None:
            return self.spare
        self._removal = weakref.finalize(self, directory.remove)
        return directory.path


class BufferWriter:
    """Writes one file piece by piece; moves to the spare directory when shared memory is full.

    Args:
        shelf: Where.
        expected: Size in bytes, as far as it is known.
    """

    def __init__(self, shelf: BufferShelf, expected: int) -> None:
        self._shelf = shelf
        self._size = 0
        try:
            self._path = shelf.place(expected)
            self._descriptor = _create(self._path)
        except OSError as error:
            raise BackendError(
                f"no file can be made for a large value: {error}; somebody removed the directory "
                "of this engine, or too many files are open"
            ) from error

    def write(self, data: Bytes) -> None:
        """Append `data`.

        Raises:
            BackendError: Neither directory has room; what was written is gone.
        """
        rest = memoryview(data).cast("B")
        while rest:
            try:
                written = os.write(self._descriptor, rest)
            except OSError as error:
                self._make_room(error)
                continue
            self._size += written
            rest = rest[written:]

    def finish(self) -> BufferFile:
        """Close the file and return it."""
        os.close(self._descriptor)
        return self._shelf.adopt((self._path, self._size))

    def discard(self) -> None:
        """Remove what was written."""
        os.close(self._descriptor)
        unlink(self._path)

    def _make_room(self, error: OSError) -> None:
        if error.errno != errno.ENOSPC or self._path.startswith(f"{self._shelf.spare}/"):
            self.discard()
            raise BackendError(
                f"a value of {self._size} bytes or more cannot be written to {self._path}: "
                f"{error.strerror}; make room there, or choose another place with --workdir"
            ) from error
        path = self._shelf.spare_place()
        descriptor = _create(path)
        offset = 0
        while offset < self._size:
            offset += os.sendfile(descriptor, self._descriptor, offset, self._size - offset)
        self.discard()
        self._path, self._descriptor = path, descriptor


def unlink(path: str) -> None:
    """Remove a file if it is there."""
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108  # called by finalizers, and often


def _create(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _has_room(directory: Path, size: int) -> bool:
    status = os.statvfs(directory)
    return (status.f_bavail - status.f_blocks // 10) * status.f_frsize > size
