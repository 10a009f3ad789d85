import asyncio
import functools
import io
import pickle
from collections import OrderedDict, UserList, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weftwork as ww
from tasks.fake_host import Boxed, hosting
from weftwork.errors import UsageError
from weftwork.tasks.capture import Captured, Slot, capture, fill
from weftwork.tasks.constant import Constant
from weftwork.tasks.kinds import is_dict, is_list, is_tuple
from weftwork.tasks.parts import Field


@ww.task
def same(*values: object, **named: object) -> object:
    return values, named


@ww.block
async def flow(*values: object) -> object:
    return values


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


def test_too_deep_a_nest_is_refused_with_its_place() -> None:
    nest: object = 1
    for _ in range(5000):
        nest = [nest, None, object()]
    with pytest.raises(UsageError, match=r"args\[0\]\[0\].* nested more than 100"):
        capture((nest,), {})


class Plain:
    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


PLACES: list[tuple[Callable[[ww.Item[object]], object], str]] = [
    (lambda item: Plain(start=item), "args[0].start"),
    (lambda item: {"b": Plain(start=[1, item])}, "args[0]['b'].start[1]"),
    (lambda item: [Plain(deep=Plain(table={"k": item}))], "args[0][0].deep.table['k']"),
    (lambda item: {item: 1}, "args[0] (a key)"),
    (lambda item: {(1, item): 1}, "args[0] (a key)"),
    (lambda item: deque[object]([1, item]), "args[0][1]"),
    (lambda item: {"a": item}.values(), "args[0][0]"),
    (lambda item: UserList[object]([item]), "args[0].data[0]"),
    (lambda item: functools.partial(print, 1, item), "args[0].args[1]"),
    (lambda item: Thing(Plain(start=item)), "args[0].x.start"),
    (lambda item: Slotted([Plain(start=item)]), "args[0].values[0].start"),
    (lambda item: Pair(item, Plain(start=item)), "args[0][1].start"),
    (lambda item: Plain(start=item.part("x")), "args[0].start"),
]


@pytest.mark.parametrize(("wrap", "place"), PLACES)
def test_an_item_where_it_is_not_looked_for_is_an_error_that_names_the_place(
    wrap: Callable[[object], object], place: str
) -> None:
    with pytest.raises(UsageError) as info:
        same(wrap(same()))
    assert str(info.value).startswith(f"same(): {place}")


def test_a_keyword_argument_is_named_in_the_place() -> None:
    with pytest.raises(UsageError, match=r"kwargs\['x'\].start is an item"):
        same(x=Plain(start=same()))


def test_objects_that_refer_to_each_other_are_looked_through_once() -> None:
    first = Plain()
    second = Plain(other=first, numbers=list(range(10_000)))
    first.__dict__["other"] = second
    assert filled(capture((first,), {})) == ((first,), {})


def test_a_task_in_the_place_of_a_value_is_a_forgotten_call() -> None:
    with pytest.raises(
        UsageError, match=r"args\[0\] is the function same itself: .*same\(\.\.\.\)"
    ):
        same(same)
    with pytest.raises(UsageError, match=r"args\[0\]\['f'\] is the block flow itself"):
        same({"f": flow})


def test_a_block_may_be_given_a_task_to_call() -> None:
    assert flow(same)._inputs() == ()


def test_a_coroutine_or_future_in_the_place_of_a_value_is_a_forgotten_await() -> None:
    async def value() -> int:
        return 1

    async def main() -> None:
        coroutine = value()
        future = asyncio.get_running_loop().create_future()
        with pytest.raises(UsageError, match=r"args\[0\] is a coroutine.*`await` it"):
            same(coroutine)
        with pytest.raises(UsageError, match=r"kwargs\['x'\] is a Future"):
            same(x=future)
        coroutine.close()

    asyncio.run(main())


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
