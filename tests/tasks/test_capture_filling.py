"""What a body is called with: values in the places of items."""

import io
import pickle
from dataclasses import dataclass

import pytest

import weftwork as ww
from tasks.fake_host import Boxed, hosting
from weftwork.errors import UsageError
from weftwork.tasks.capture import Captured, Slot, capture, fill
from weftwork.tasks.constant import Constant


@ww.task
def same(*values: object, **named: object) -> object:
    return values, named


def filled(captured: Captured, *values: object) -> tuple[tuple[object, ...], dict[str, object]]:
    return fill(captured, values)


@dataclass(frozen=True)
class Thing:
    x: object


def test_items_that_only_come_before_follow_the_slots_and_count_once() -> None:
    a, b, c = same(), same(), same()
    captured = capture((1, b), {}, (a, b, c))
    assert captured.inputs == (b, a, c)
    assert filled(captured, 5) == ((1, 5), {})
    assert capture((1,), {}, (a,)).inputs == (a,)


def test_a_stored_value_is_loaded_once_for_all_its_slots() -> None:
    item = same()
    stored = Boxed(1, 2)
    args, _ = filled(capture((item, [item], item[1]), {}), stored)
    assert args == ([1, 2], [[1, 2]], 2)
    assert stored.loads == 1


def test_a_part_that_the_value_does_not_have_names_item_and_part() -> None:
    with hosting():
        item = same()
        captured = capture((item.msd,), {})
    with pytest.raises(UsageError, match=r"same\[1\].msd: .* a dict and has no .msd"):
        filled(captured, {})


def test_the_body_gets_the_value_of_a_constant() -> None:
    big = ww.constant([1, 2])
    assert isinstance(big, Constant)
    captured = capture((big, {"k": big}), {})
    assert captured.args[0] is big
    args, _ = filled(captured)
    assert args == ([1, 2], {"k": [1, 2]})


def test_constants_have_keys_of_their_own_and_say_what_they_are() -> None:
    first, second = Constant([1]), Constant([1])
    assert first.key != second.key
    assert repr(first) == f"constant(list {first.key})"


def test_what_is_pickled_with_values_in_the_slots_needs_no_filling() -> None:
    captured = capture((Thing(same()),), {})

    class Putting(pickle.Pickler):
        def persistent_id(self, obj: object) -> object:
            return obj.index if isinstance(obj, Slot) else None

    class Getting(pickle.Unpickler):
        def persistent_load(self, pid: object) -> object:
            return ("value", pid)

    file = io.BytesIO()
    Putting(file).dump(captured.args)
    file.seek(0)
    assert Getting(file).load() == (Thing(("value", 0)),)
