"""Where large buffers lie, and when they go."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from weftwork.codecs import buffers
from weftwork.codecs.buffers import BufferShelf, BufferWriter
from weftwork.codecs.shared_memory import SharedDirectory
from weftwork.engine.directory import SessionDirectory
from weftwork.errors import BackendError


@pytest.fixture
def shelf(tmp_path: Path) -> BufferShelf:
    return BufferShelf(SessionDirectory(tmp_path))


def names(directory: Path) -> set[str]:
    return {entry.name for entry in directory.iterdir()}


def test_a_buffer_is_mapped_writable_and_private(shelf: BufferShelf) -> None:
    file = shelf.put(b"x" * 100)
    with file.map() as first, file.map() as second:
        first[0:1] = b"y"
        assert first[:2] == b"yx"
        assert second[:2] == b"xx"


def test_a_file_goes_with_the_last_reference_to_it(shelf: BufferShelf) -> None:
    file = shelf.put(b"x")
    path = Path(file.path)
    assert path.exists()
    del file
    assert not path.exists()


def test_what_was_mapped_outlives_its_file(shelf: BufferShelf) -> None:
    file = shelf.put(b"abc")
    content = file.map()
    del file
    assert content[:] == b"abc"


def test_files_and_directory_are_private(shelf: BufferShelf) -> None:
    file = shelf.put(b"x")
    assert Path(file.path).stat().st_mode & 0o777 == 0o600
    assert shelf.shared.stat().st_mode & 0o777 == 0o700


def test_closing_removes_the_directory(shelf: BufferShelf) -> None:
    directory = shelf.shared
    shelf.close()
    assert not directory.exists()


def test_closing_waits_for_values_that_somebody_holds(shelf: BufferShelf) -> None:
    file = shelf.put(b"abc")
    shelf.close()
    assert file.map()[:] == b"abc"
    directory = shelf.shared
    del file
    assert not directory.exists()


def test_a_worker_writes_what_the_engine_owns(shelf: BufferShelf, tmp_path: Path) -> None:
    worker = BufferShelf(SessionDirectory(tmp_path), shared=shelf.shared, prefix="worker-1")
    wire = worker.put(b"abc").wire
    assert Path(wire[0]).exists(), "the worker's reference is gone, but the file is not its own"
    adopted = shelf.adopt(wire)
    assert adopted.map()[:] == b"abc"
    del adopted
    assert not Path(wire[0]).exists()


def test_a_dead_workers_unreported_files_are_swept(shelf: BufferShelf, tmp_path: Path) -> None:
    worker = BufferShelf(SessionDirectory(tmp_path), shared=shelf.shared, prefix="worker-1")
    other = BufferShelf(SessionDirectory(tmp_path), shared=shelf.shared, prefix="worker-11")
    lost, reported = worker.put(b"lost").wire, shelf.adopt(worker.put(b"kept").wire)
    others = other.put(b"other").wire
    shelf.sweep("worker-1")
    assert not Path(lost[0]).exists()
    assert Path(reported.path).exists()
    assert Path(others[0]).exists()


def test_without_room_in_shared_memory_a_buffer_goes_to_the_session(
    shelf: BufferShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_directory: Path, _size: int) -> bool:
        return False

    monkeypatch.setattr(buffers, "_has_room", no_room)
    file = shelf.put(b"abc")
    assert Path(file.path).is_relative_to(tmp_path)
    assert file.map()[:] == b"abc"


def test_a_buffer_moves_on_when_shared_memory_fills_up_meanwhile(
    shelf: BufferShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def full_after_three(descriptor: int, data: memoryview) -> int:
        place = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        if place.startswith(str(shelf.shared)) and os.fstat(descriptor).st_size >= 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[:3])

    monkeypatch.setattr(os, "write", full_after_three)
    writer = BufferWriter(shelf, 6)
    writer.write(b"abcdef")
    file = writer.finish()
    assert Path(file.path).is_relative_to(tmp_path)
    assert file.map()[:] == b"abcdef"
    assert names(shelf.shared) == set()


def test_without_room_anywhere_the_error_names_place_and_remedy(
    shelf: BufferShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int, _data: memoryview) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(BackendError, match=r"values/engine-1: No space left .*--workdir"):
        shelf.put(b"abc")
    assert names(shelf.shared) | names(shelf.spare) == set()


def test_a_directory_that_somebody_removed_is_no_fault_of_the_value(shelf: BufferShelf) -> None:
    shelf.shared.rmdir()
    with pytest.raises(BackendError, match=r"somebody removed the directory of this engine"):
        shelf.put(b"abc")


def test_directories_of_dead_engines_are_removed(tmp_path: Path) -> None:
    dead = SharedDirectory.make(tmp_path)
    alive = SharedDirectory.make(tmp_path)
    assert dead is not None
    assert alive is not None
    (dead.path / "engine-0").write_bytes(b"x")
    fcntl.flock(dead._lock, fcntl.LOCK_UN)  # as the death of its process does
    new = SharedDirectory.make(tmp_path)
    assert new is not None
    assert names(tmp_path) == {alive.path.name, new.path.name}


def test_without_shared_memory_all_goes_to_the_session(tmp_path: Path) -> None:
    assert SharedDirectory.make(tmp_path / "nowhere") is None
