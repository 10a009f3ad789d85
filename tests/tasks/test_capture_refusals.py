"""What cannot be an argument, and how that is said."""

import asyncio
import functools
from collections import UserList, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import pytest

import weftwork as ww
from weftwork.errors import UsageError
from weftwork.tasks.capture import Captured, capture, fill


@ww.task
def same(*values: object, **named: object) -> object:
    return values, named


@ww.block
async def flow(*values: object) -> object:
    return values


def filled(captured: Captured, *values: object) -> tuple[tuple[object, ...], dict[str, object]]:
    return fill(captured, values)


@dataclass(frozen=True)
class Thing:
    x: object


class Pair(NamedTuple):
    left: object
    right: object


@dataclass(slots=True)
class Slotted:
    values: list[object]
    count: int = 3


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
