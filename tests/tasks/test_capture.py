from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weftwork as ww
from weftwork.errors import UsageError
from weftwork.tasks.capture import Captured, Slot, capture, fill
from weftwork.tasks.kinds import is_dict, is_list, is_tuple
from weftwork.tasks.parts import Field


@ww.task
def same(*values: object, **named: object) -> object:
    return values, named


def filled(captured: Captured, *values: object) -> tuple[tuple[object, ...], dict[str, object]]:
    return fill(captured, values)


def round_trip(*args: object, **kwargs: object) -> tuple[tuple[object, ...], dict[str, object]]:
    """Capture a call whose inputs give the numbers 10, 11, ..., and fill it in."""
    captured = capture(args, kwargs)
    return fill(captured, range(10, 10 + len(captured.inputs)))


def test_atoms_are_not_copied_or_walked() -> None:
    args = (1, 2.0, 3j, "a", b"b", None, True)
    captured = capture(args, {"x": 1})
    assert captured.args is args
    assert captured.plain
    assert filled(captured) == (args, {"x": 1})


def test_items_at_any_depth_become_slots_and_one_item_is_one_input() -> None:
    a, b = same(), same()
    captured = capture((a, [a, {"k": b}], (b, {a}), frozenset({b})), {"y": a.part("x")})
    assert captured.inputs == (a, b)
    assert captured.args[0] == Slot(0)
    assert captured.kwargs == {"y": Slot(0, (Field("x"),))}
    args, kwargs = filled(captured, Thing(7), 5)
    assert args == (Thing(7), [Thing(7), {"k": 5}], (5, {Thing(7)}), frozenset({5}))
    assert kwargs == {"y": 7}


@dataclass(frozen=True)
class Thing:
    x: object


class Pair(NamedTuple):
    left: object
    right: object


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True, frozen=True)

    name: str
    value: object
    more: list[object] = []


@dataclass(slots=True)
class Slotted:
    values: list[object]
    count: int = 3


@dataclass
class Derived:
    start: object
    made: int = field(init=False)

    def __post_init__(self) -> None:
        self.made = 1


WRAPPINGS: list[Callable[[object], object]] = [
    lambda each: each,
    lambda each: [each],
    lambda each: (1, each),
    lambda each: {each, 2},
    lambda each: frozenset([each]),
    lambda each: {"k": {"l": [each]}},
    lambda each: Pair(1, each),
    Thing,
    lambda each: Thing([Thing(each)]),
    lambda each: Slotted([each]),
    Derived,
    lambda each: Model(name="a", value=each),
    lambda each: Model(name="a", value=1, more=[{"k": each}]),
    lambda each: OrderedDict[str, object](k=each),
    lambda each: defaultdict[str, object](int, k=each),
]


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_an_item_is_found_and_its_value_put_in_its_place(wrap: Callable[[object], object]) -> None:
    item = same()
    original = wrap(item)
    (once,), _ = round_trip(original)
    _, named = round_trip(x=original)
    expected = wrap(10)
    assert once == named["x"] == expected
    assert type(once) is type(expected)


def test_capture_leaves_the_users_objects_as_they_are() -> None:
    item = same()
    inner = [item]
    thing, model, slotted = Thing(inner), Model(name="a", value=item), Slotted([item])
    filled(capture((thing, model, slotted), {}), 1)
    assert thing.x is inner
    assert inner[0] is item
    assert model.value is item
    assert slotted.values == [item]


def test_containers_are_copied_at_the_call_and_again_for_each_attempt() -> None:
    values = [1, [2]]
    table = {"a": [1]}
    captured = capture((values, table), {"s": {1}})
    values.append(3)
    table["a"].append(2)
    first, first_named = filled(captured)
    assert first == ([1, [2]], {"a": [1]})
    assert isinstance(first[0], list)
    first[0].clear()
    first_named.clear()
    assert filled(captured) == (([1, [2]], {"a": [1]}), {"s": {1}})


def test_leaves_are_passed_as_they_are() -> None:
    class Opaque:
        pass

    leaf, thing = Opaque(), Thing(1)
    (one, two), _ = round_trip(leaf, [thing])
    assert one is leaf
    assert isinstance(two, list)
    assert two[0] is thing


def test_one_list_in_two_places_stays_one_list() -> None:
    shared = [1]
    (first, second), _ = round_trip(shared, (shared, 2))
    assert isinstance(second, tuple)
    assert first is second[0]
    assert first is not shared


def test_a_list_that_holds_itself_is_copied_with_its_items_filled_in() -> None:
    knot: list[object] = [same()]
    knot.append(knot)
    table: dict[str, object] = {"knot": knot}
    table["me"] = table
    (copied, copied_table), _ = round_trip(knot, table)
    assert isinstance(copied, list)
    assert copied[0] == 10
    assert copied[1] is copied
    assert isinstance(copied_table, dict)
    assert copied_table["me"] is copied_table
    assert copied_table["knot"] is copied


def test_a_tuple_that_holds_itself_through_a_list_is_refused() -> None:
    inner: list[object] = []
    knot = (inner, 1)
    inner.append(knot)
    with pytest.raises(UsageError, match=r"args\[0\]\[0\]\[0\] is a tuple that holds itself"):
        capture((knot,), {})


def test_a_tree_whose_children_know_their_parent_is_a_leaf_without_items() -> None:
    @dataclass(eq=False)
    class Node:
        parent: "Node | None" = None
        children: list["Node"] = field(default_factory=list["Node"])

    root = Node()
    root.children.append(Node(root))
    (found,), _ = round_trip(root)
    assert found is root


@dataclass(eq=False)
class Linked:
    value: object
    other: "Linked | None" = None


def test_objects_that_hold_each_other_are_leaves_without_items_and_refused_with_one() -> None:
    one = Linked(1)
    one.other = Linked(2, one)
    (found, table), _ = round_trip(one, {"again": one})
    assert found is one
    assert table == {"again": one}
    with_item = Linked(same(), one)
    one.other = with_item
    with pytest.raises(UsageError, match=r"args\[0\].* is a Linked that holds itself and an item"):
        capture((one,), {})


def test_an_object_with_an_item_in_two_places_stays_one_object() -> None:
    shared = Linked(same())
    (first, second, third), _ = round_trip(shared, [shared], Linked(3, shared))
    assert isinstance(first, Linked)
    assert isinstance(second, list)
    assert first is second[0]
    assert first.value == 10
    assert isinstance(third, Linked)
    assert third.other is first
    assert isinstance(shared.value, ww.Item)


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.just("item"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.builds(Thing, inner)
    ),
    max_leaves=12,
)


def put(value: object, item: object) -> object:
    """Return `value` with `item` in the place of the word."""
    if is_list(value):
        return [put(each, item) for each in value]
    if is_tuple(value):
        return tuple(put(each, item) for each in value)
    if is_dict(value):
        return {key: put(each, item) for key, each in value.items()}
    if isinstance(value, Thing):
        return Thing(put(value.x, item))
    return item if value == "item" else value


@given(VALUES)
def test_any_nest_is_rebuilt_with_the_value_in_the_place_of_the_item(value: object) -> None:
    item = same()
    given_value = put(value, item)
    captured = capture((given_value,), {})
    (result,), _ = fill(captured, [b"value"] * len(captured.inputs))
    assert result == put(value, b"value")
    assert given_value == put(value, item)
    assert captured.inputs in ((), (item,))
