"""Annotations that are text, as everywhere in a module that begins with this import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from weftwork.tasks.annotations import MISSING, annotations_of
from weftwork.tasks.placeholders import Placeholder, placeholder
from weftwork.tasks.shapes import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable as NotHere


@dataclass
class Node:
    value: float
    rest: list[Node]
    other: NotHere[[], None]


class Pair(NamedTuple):
    number: int
    node: Node | None


class Row(TypedDict):
    name: str


def known(row: Row) -> Pair:
    return Pair(len(row), None)


def half_known(row: Row, other: NotHere[[], None]) -> NotHere[[], None]:
    assert row
    return other


def test_text_is_read_where_the_function_was_written() -> None:
    hints = annotations_of(known)
    assert hints == {"row": Row, "return": Pair}
    assert fields_of(hints["return"]) == ("number", "node")


def test_text_in_classes_is_read_where_they_were_written() -> None:
    pair = placeholder(Pair)
    assert isinstance(pair, Pair)
    assert isinstance(pair.node, Node)
    assert (pair.number, pair.node.value) == (0, 0.0)
    assert [isinstance(each, Placeholder) for each in pair.node.rest] == [True]
    assert type(pair.node.other) is Placeholder
    assert placeholder(Row) == {"name": ""}


def test_a_class_in_a_function_may_name_itself() -> None:
    @dataclass
    class Inner:
        again: list[Inner]

    made = placeholder(Inner)
    assert isinstance(made, Inner)
    assert isinstance(made.again, list)


def test_text_that_cannot_be_read_hides_nothing_else() -> None:
    assert annotations_of(half_known) == {"row": Row, "other": MISSING, "return": MISSING}
