"""Values to bytes and back."""

import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftwork.codecs.buffers import LARGE, BufferFile, BufferShelf
from weftwork.codecs.payload import NotPicklableError, Payload, encode
from weftwork.engine.directory import SessionDirectory
from weftwork.errors import BackendError


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[BufferShelf]:
    shelf = BufferShelf(SessionDirectory(tmp_path))
    yield shelf
    shelf.close()


@pytest.fixture(scope="module")
def lasting_shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BufferShelf]:
    shelf = BufferShelf(SessionDirectory(tmp_path_factory.mktemp("session")))
    yield shelf
    shelf.close()


def by_file(data: bytes | BufferFile) -> BufferFile:
    assert isinstance(data, BufferFile)
    return data


atoms = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    atoms | st.binary(max_size=100),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(value=values, limit=st.integers(0, 200))
def test_what_was_encoded_is_loaded_wherever_the_pickle_lies(
    lasting_shelf: BufferShelf, value: object, limit: int
) -> None:
    shelf = lasting_shelf
    payload = encode(value, shelf, limit=limit)
    assert payload.load() == value
    assert Payload.from_wire(payload.wire, shelf).load() == value


def test_a_large_array_lies_in_a_file_and_each_reader_may_write_to_its_own(
    shelf: BufferShelf,
) -> None:
    payload = encode({"a": np.zeros(LARGE // 8), "b": 1}, shelf)
    assert isinstance(payload.data, bytes)
    assert [file.size for file in payload.buffers] == [LARGE]
    first, second = payload.load(), payload.load()
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    first["a"][0] = 7.0
    assert second["a"][0] == 0.0


def test_an_array_that_is_in_two_places_is_encoded_once(shelf: BufferShelf) -> None:
    array = np.zeros(LARGE)
    payload = encode([array, array], shelf)
    assert len(payload.buffers) == 1
    loaded = payload.load()
    assert isinstance(loaded, list)
    assert loaded[0] is loaded[1]


def test_a_small_array_travels_in_the_pickle_and_stays_writable(shelf: BufferShelf) -> None:
    payload = encode(np.arange(3), shelf)
    assert payload.buffers == ()
    array = payload.load()
    assert isinstance(array, np.ndarray)
    array[0] = 5
    assert array.tolist() == [5, 1, 2]


def test_an_array_that_is_not_contiguous_keeps_its_values(shelf: BufferShelf) -> None:
    array = np.arange(LARGE).reshape(256, 256)[::2, ::2]
    assert np.array_equal(np.asarray(encode(array, shelf).load()), array)


@pytest.mark.parametrize("make", [bytes, bytearray])
def test_many_bytes_go_by_file(shelf: BufferShelf, make: Callable[[int], object]) -> None:
    payload = encode(make(LARGE), shelf)
    assert by_file(payload.data).size >= LARGE
    assert payload.load() == make(LARGE)
    assert LARGE <= payload.size < LARGE + 100


def test_the_files_go_with_the_payload(shelf: BufferShelf) -> None:
    payload = encode([np.zeros(LARGE), np.zeros(LARGE)], shelf, limit=0)
    paths = [Path(payload.buffers[0].path), Path(by_file(payload.data).path)]
    loaded = payload.load()
    del payload
    assert not any(path.exists() for path in paths)
    assert np.asarray(loaded).sum() == 0.0


def test_a_value_changed_after_encoding_is_as_it_was(shelf: BufferShelf) -> None:
    array = np.zeros(LARGE)
    payload = encode(array, shelf)
    array[:] = 1.0
    assert np.asarray(payload.load()).sum() == 0.0


def test_a_class_that_no_other_process_can_import_travels_by_value(shelf: BufferShelf) -> None:
    module = ModuleType("nowhere")
    exec("class Point:\n    def __init__(self, x): self.x = x", module.__dict__)  # noqa: S102
    point = module.__dict__["Point"](3)
    payload = encode(point, shelf)
    assert isinstance(payload.data, bytes)
    assert b"cloudpickle" in payload.data
    assert vars(payload.load()) == {"x": 3}


def test_a_class_that_can_be_imported_travels_by_name(shelf: BufferShelf) -> None:
    payload = encode(threading.Barrier, shelf)
    assert isinstance(payload.data, bytes)
    assert b"cloudpickle" not in payload.data
    assert payload.load() is threading.Barrier


class Holder:
    def __init__(self, part: object) -> None:
        self.part = part

    def method(self) -> None:
        pass


def closing_over(lock: object) -> Callable[[], object]:
    return lambda: lock


def counting() -> Iterator[int]:
    yield 1


LOCK = threading.Lock()


UNPICKLABLE: list[tuple[object, str]] = [
    (LOCK, "result: a _thread.lock"),
    ([1, {"lock": LOCK}], r"result\[1\]\['lock'\]: a _thread.lock"),
    ((0, (LOCK,)), r"result\[1\]\[0\]: "),
    (Holder([LOCK]), r"result\.part\[0\]: "),
    ({LOCK}, r"result \(the member <unlocked _thread.lock"),
    (closing_over(LOCK), "result, the closure variable 'lock': "),
    (Holder(closing_over([LOCK])), r"result\.part, the closure variable 'lock'\[0\]: "),
    (Holder(LOCK).method, r"result\.__self__\.part: "),
    (counting(), "result: a builtins.generator"),
]


@pytest.mark.parametrize(("value", "place"), UNPICKLABLE)
def test_the_error_names_the_path_to_what_cannot_be_pickled(
    shelf: BufferShelf, value: object, place: str
) -> None:
    with pytest.raises(NotPicklableError, match=f"^{place}") as caught:
        encode(value, shelf, root="result")
    assert 'backend="threads"' in str(caught.value)


def test_a_value_that_holds_itself_is_no_endless_search(shelf: BufferShelf) -> None:
    value: list[object] = [LOCK]
    value.insert(0, value)
    with pytest.raises(NotPicklableError, match=r"^result\[1\]: a _thread.lock"):
        encode(value, shelf, root="result")


def test_what_was_written_of_a_value_that_cannot_be_pickled_is_removed(shelf: BufferShelf) -> None:
    with pytest.raises(NotPicklableError):
        encode([np.zeros(LARGE), bytes(LARGE), LOCK], shelf)
    assert list(shelf.shared.iterdir()) == []


def test_a_full_machine_is_not_taken_for_a_bad_value(
    shelf: BufferShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_data: bytes) -> BufferFile:
        raise BackendError("no room")

    monkeypatch.setattr(shelf, "put", full)
    with pytest.raises(BackendError, match="no room"):
        encode(np.zeros(LARGE), shelf)


def test_names_can_stand_for_parts(shelf: BufferShelf) -> None:
    payload = encode(
        [1, LOCK], shelf, reference=lambda value: "the lock" if value is LOCK else None
    )
    assert isinstance(payload.data, bytes)
    with pytest.raises(pickle.UnpicklingError, match="persistent"):
        payload.load()
