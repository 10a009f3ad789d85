"""Exceptions on their way to the engine."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.exceptions import RemoteError, decode_exception, encode_exception
from weftwork.codecs.payload import encode
from weftwork.engine.directory import SessionDirectory


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[BufferShelf]:
    shelf = BufferShelf(SessionDirectory(tmp_path))
    yield shelf
    shelf.close()


class TwoArgumentsError(Exception):
    def __init__(self, code: int, where: str) -> None:
        super().__init__(f"code {code} at {where}")
        self.code = code


class RewordingError(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(f"oh no: {text}")


class LockedError(Exception):
    def __init__(self) -> None:
        super().__init__("locked")
        self.lock = threading.Lock()


class HostileError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not telling")

    def __reduce__(self) -> tuple[object, ...]:
        raise RuntimeError("not going")

    def add_note(self, note: str) -> None:
        raise RuntimeError(note)


class WorldEnd(BaseException):
    pass


def raise_it(error: BaseException) -> None:
    raise error


def raised(error: BaseException) -> BaseException:
    try:
        raise_it(error)
    except BaseException as caught:  # noqa: BLE001
        return caught
    raise AssertionError


def travelled(error: BaseException, shelf: BufferShelf) -> BaseException:
    sentence, payload = encode_exception(raised(error), shelf)
    return decode_exception(payload, sentence)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("bad"),
        KeyError("key"),
        OSError(2, "No such file", "x.dat"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        KeyboardInterrupt(),
        WorldEnd("end"),
        ExceptionGroup("two", [ValueError(1), TypeError(2)]),
        TwoArgumentsError(5, "here"),
        RewordingError("again"),
    ],
)
def test_type_and_text_arrive(shelf: BufferShelf, error: BaseException) -> None:
    arrived = travelled(error, shelf)
    assert type(arrived).__name__ == type(error).__name__
    assert str(arrived) == str(error)
    assert not isinstance(arrived, RemoteError)


def test_attributes_arrive(shelf: BufferShelf) -> None:
    arrived = travelled(TwoArgumentsError(5, "here"), shelf)
    assert vars(arrived)["code"] == 5


def test_the_traceback_arrives_as_a_note(shelf: BufferShelf) -> None:
    notes = travelled(ValueError("bad"), shelf).__notes__
    assert "In the worker:" in notes[-1]
    assert "in raised" in notes[-1]
    assert notes[-1].endswith("ValueError: bad")


def test_the_sentence_says_what_and_where(shelf: BufferShelf) -> None:
    sentence, _ = encode_exception(raised(ValueError("bad\nnews")), shelf)
    assert sentence.startswith("ValueError: bad (")
    assert "test_exceptions.py, line " in sentence
    assert sentence.endswith(", in raise_it)")


@pytest.mark.parametrize(
    ("error", "text"),
    [(LockedError(), "locked"), (HostileError(), "(its message cannot be had: RuntimeError)")],
)
def test_what_cannot_travel_is_replaced_by_its_description(
    shelf: BufferShelf, error: BaseException, text: str
) -> None:
    arrived = travelled(error, shelf)
    assert isinstance(arrived, RemoteError)
    assert arrived.type_name.endswith(type(error).__name__)
    assert arrived.text == text
    assert "in raised" in arrived.__notes__[-1]


def test_what_cannot_be_rebuilt_here_is_replaced_by_its_sentence(shelf: BufferShelf) -> None:
    payload = encode(ValueError("bad"), shelf)
    assert isinstance(payload.data, bytes)
    payload.data = payload.data.replace(b"ValueError", b"NoSuchNane")
    arrived = decode_exception(payload, "ValueError: bad (x.py, line 1, in f)")
    assert isinstance(arrived, RemoteError)
    assert str(arrived) == "ValueError: bad (x.py, line 1, in f)"
    assert "cannot be rebuilt here" in arrived.__notes__[-1]
