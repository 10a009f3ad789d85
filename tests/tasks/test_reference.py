import asyncio
import warnings
from dataclasses import dataclass
from typing import NamedTuple

import pytest

import weftwork as ww
from tasks.fake_host import Boxed, hosting
from weftwork.errors import TaskFailed, UsageError
from weftwork.tasks.parts import Field, Index, take
from weftwork.tasks.reference import Reference


@dataclass
class Melted:
    energy: float
    steps: list[dict[str, float]]


@ww.task
def melt(temperature: float) -> Melted:
    return Melted(-temperature, [{"msd": temperature}, {"msd": 2 * temperature}])


@ww.task
def anything(value: object) -> object:
    return value


@ww.task
def double(value: float) -> float:
    return 2 * value


def test_parts_of_parts_are_awaited_like_items() -> None:
    async def main() -> None:
        with hosting() as host:
            item = melt(3.0)
            asyncio.get_running_loop().call_soon(host.run)
            assert await item.steps[1]["msd"] == 6.0
            assert await item.energy == -3.0
            assert await item.part("energy") == -3.0

    asyncio.run(main())


def test_parts_are_inputs_and_one_item_is_one_input() -> None:
    with hosting() as host:
        item = melt(3.0)
        twice = double(item.steps[0]["msd"])
        both = anything([item.energy, item.steps])
        assert twice._inputs() == both._inputs() == (item,)
        host.run()
        assert twice.result() == 6.0
        assert both.result() == [-3.0, [{"msd": 3.0}, {"msd": 6.0}]]


def test_a_part_of_a_stored_value_is_loaded() -> None:
    with hosting() as host:
        item = anything(1)
    host.succeed(item, Boxed("a", "b"))
    assert item[1].result() == "b"


def test_a_field_that_the_annotation_does_not_have_is_named_with_the_nearest() -> None:
    with hosting():
        item = melt(1.0)
        with pytest.raises(AttributeError, match=r"no 'enrgy'.*'energy'"):
            item.enrgy  # noqa: B018 - the access itself is refused
        assert not hasattr(item, "shape")
        assert isinstance(item.part("enrgy"), Reference)


def test_any_public_name_is_a_part_where_no_annotation_tells_the_fields() -> None:
    with hosting():
        item = anything(1)
        assert repr(item.model.weights[0]) == "<Reference anything[1].model.weights[0]: queued>"
        with pytest.raises(AttributeError, match="_hidden"):
            item._hidden  # noqa: B018 - likewise
        with pytest.raises(AttributeError, match="_hidden"):
            item.model._hidden  # noqa: B018 - likewise


def test_a_part_stands_for_its_item_in_all_else() -> None:
    called: list[str] = []

    async def main() -> None:
        with hosting() as host:
            item = anything([1])
            part = item[0]
            assert (part.label, part.state, part.done()) == ("anything[1][0]", item.state, False)
            assert part.uid is part.fingerprint is None
            assert part.cancel("no use") is True
            assert host.cancels == [("anything[1]", "no use")]

            def wanted(item: ww.Item[object]) -> None:
                called.append(item.label)

            def unwanted(item: ww.Item[object]) -> None:
                called.append(f"{item.label} again")

            part.add_done_callback(wanted)
            part.add_done_callback(unwanted)
            assert part.remove_done_callback(unwanted) == 1
            asyncio.get_running_loop().call_soon(host.fail, item)
            with pytest.raises(TaskFailed):
                await part
            assert part.done()
            assert not part.cancelled()
            assert part.exception() is item.exception()
            assert part.explain() == item.explain()

    asyncio.run(main())
    assert called == ["anything[1]"]


def test_equal_parts_are_equal_and_can_be_keys() -> None:
    with hosting():
        item, other = anything(1), anything(1)
        assert item.a[0] == item.a[0]
        assert item.a[0] != item.a[1]
        assert item.a != other.a
        assert len({item.a, item.a, item.b, item[0:2]}) == 3
        with pytest.raises(UsageError, match=r"anything\[1\].a was used in a comparison"):
            assert item.a == 3


def test_a_slice_is_a_part() -> None:
    with hosting() as host:
        item = anything([1, 2, 3])
        host.run()
        assert item[1:].result() == [2, 3]


class Point(NamedTuple):
    x: float


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"rdf": 1, "vaf": 2}, (Field("msd"),), "a dict and has no .msd; it has 'rdf', 'vaf'"),
        ({"msd": 1}, (Field("msd"),), r"keys are taken with brackets: \['msd'\]"),
        ({}, (Index("msd"),), "nothing in it"),
        ([1, 2], (Index(2),), r"a list and has no \[2\]; it has 2 elements"),
        (None, (Field("out"),), "the result is None and has no .out"),
        (Point(1.0), (Field("z"),), "a Point and has no .z"),
        (Melted(1.0, []), (Field("energi"),), "did you mean .energy?"),
        ({"a": [1]}, (Index("a"), Index(5)), r"the result\['a'\] is a list and has no \[5\]"),
        (3, (Index(0),), r"an int and has no \[0\]"),
    ],
)
def test_a_part_that_is_not_there_says_what_there_is(
    value: object, path: tuple[Field | Index, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        take(value, path)


def test_a_result_whose_field_has_the_name_of_an_items_member_warns_once() -> None:
    @dataclass
    class Report:
        state: str

    def report() -> Report:
        return Report("solid")

    with pytest.warns(UserWarning, match=r"'state'.*item.part\('state'\)"):
        task = ww.task(report)
    with hosting() as host, warnings.catch_warnings():
        warnings.simplefilter("error")
        item = task()
        host.run()
        assert item.part("state").result() == "solid"
