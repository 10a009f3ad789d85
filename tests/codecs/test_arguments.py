"""Captured calls as one pickle."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from weftwork.codecs.arguments import encode_arguments, slot_wire
from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.payload import NotPicklableError
from weftwork.engine.directory import SessionDirectory
from weftwork.errors import UsageError
from weftwork.tasks.capture import Captured, Slot, capture
from weftwork.tasks.constant import Constant
from weftwork.tasks.parts import Field, Index
from weftwork.tasks.task import task


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[BufferShelf]:
    shelf = BufferShelf(SessionDirectory(tmp_path))
    yield shelf
    shelf.close()


@task
def source() -> list[int]:
    return [1, 2]


@dataclass(frozen=True)
class Settings:
    start: object
    steps: int = 3


def test_values_take_the_places_of_items_at_any_depth(shelf: BufferShelf) -> None:
    a, b = source(), source()
    captured = capture((a, [b, {"k": a}]), {"named": Settings(b)})
    call = encode_arguments(captured, shelf).decode(["A", "B"])
    assert call.args == ("A", ["B", {"k": "A"}])
    assert call.kwargs == {"named": Settings("B")}


def test_parts_are_taken_of_the_values(shelf: BufferShelf) -> None:
    captured = Captured((Slot(0, (Field("steps"),)), Slot(1, (Index("k"), Index(-1)))), {})
    call = encode_arguments(captured, shelf).decode([Settings(0, 9), {"k": [1, 2]}])
    assert call.args == (9, 2)


def test_a_part_that_is_not_there_is_named(shelf: BufferShelf) -> None:
    arguments = encode_arguments(Captured((Slot(0, (Field("stepz"),)),), {}), shelf)
    with pytest.raises(UsageError, match=r"\.steps"):
        arguments.decode([Settings(0)])


def test_constants_stay_out_and_are_named_once(shelf: BufferShelf) -> None:
    value = threading.Lock()  # could not be pickled
    constant: Constant[object] = Constant(value)
    arguments = encode_arguments(capture((constant, [constant]), {}), shelf)
    assert arguments.constants == (constant,)
    call = arguments.decode([])
    assert call.args == (value, [value])


def test_what_changes_after_the_call_does_not_matter(shelf: BufferShelf) -> None:
    listed = [1]
    arguments = encode_arguments(capture((listed,), {}), shelf)
    listed.append(2)
    first = arguments.decode([]).args[0]
    assert first == [1]
    assert arguments.decode([]).args[0] is not first


@pytest.mark.parametrize(
    ("args", "kwargs", "place"),
    [
        (([{"lock": threading.Lock()}],), {}, r"args\[0\]\[0\]\['lock'\]: a _thread.lock"),
        ((), {"x": threading.Lock()}, r"kwargs\['x'\]: a _thread.lock"),
    ],
)
def test_the_error_names_the_argument(
    shelf: BufferShelf, args: tuple[object, ...], kwargs: dict[str, object], place: str
) -> None:
    with pytest.raises(NotPicklableError, match=f"^{place}"):
        encode_arguments(Captured(args, kwargs), shelf)


def test_slots_are_named_by_plain_values() -> None:
    slot = Slot(3, (Field("out"), Index(0)))
    assert slot_wire(slot) == (3, ((True, "out"), (False, 0)))
