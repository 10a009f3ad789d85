import warnings
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial, wraps
from typing import Annotated, NamedTuple, NewType, TypedDict

import numpy as np
import pytest
from pydantic import BaseModel

from weftwork.tasks.annotations import MISSING, return_annotation
from weftwork.tasks.shapes import fields_of, warn_of_hidden_fields

Kelvin = NewType("Kelvin", float)


class Phase(Enum):
    SOLID = "solid"
    LIQUID = "liquid"


@dataclass(frozen=True, slots=True)
class Fit:
    slope: float
    phase: Phase
    steps: list[int]

    def __post_init__(self) -> None:
        if self.slope <= 0:
            raise ValueError("a slope is positive")


@dataclass
class Derived:
    x: float

    @property
    def double(self) -> float:
        return 2 * self.x

    @cached_property
    def half(self) -> float:
        return self.x / 2

    def shift(self) -> float:
        return self.x + 1


class Point(NamedTuple):
    x: float
    label: str = "here"


class Row(TypedDict):
    name: str
    value: float


class Model(BaseModel):
    width: float
    rows: list[Point]


@pytest.mark.parametrize(
    ("annotation", "fields"),
    [
        (Fit, ("slope", "phase", "steps")),
        (Fit | None, ("slope", "phase", "steps")),
        (Annotated[Point, "cm"], ("x", "label")),
        (Derived, ("x", "double", "half")),
        (float, ("real", "imag")),
        (Kelvin, ("real", "imag")),
        (list[Fit], ()),
        (Row, ()),
        (None, ()),
        (np.ndarray, None),
        (object, None),
        (MISSING, None),
        ("text", None),
        ([int], None),
    ],
)
def test_the_fields_of_a_result_are_known_from_its_annotation(
    annotation: object, fields: tuple[str, ...] | None
) -> None:
    assert fields_of(annotation) == fields


def test_the_fields_of_a_model_are_known() -> None:
    assert (fields_of(Model) or ())[:2] == ("width", "rows")


def test_the_function_below_its_wrappers_is_asked() -> None:
    def plain(x: int, y: int) -> float:
        return x / y

    @wraps(plain)
    def wrapper(*args: int) -> float:
        return plain(*args)

    class Callable_:  # noqa: N801
        def __call__(self) -> str:
            return ""

    asked = (plain, wrapper, partial(wrapper, 1), Callable_(), Fit(1.0, Phase.SOLID, []).__repr__)
    found = [return_annotation(each) for each in asked]
    assert found[:4] == [float, float, float, str]
    assert return_annotation(lambda: 1) is MISSING
    assert return_annotation(len) is MISSING


def test_a_field_that_an_item_hides_is_warned_of_once() -> None:
    class Outcome(NamedTuple):
        state: str
        result: float

    with pytest.warns(UserWarning, match="fit: ") as caught:
        warn_of_hidden_fields("fit", Outcome, ("state", "result", "done"))
    assert [str(each.message) for each in caught] == [
        "fit: its result's field 'state' has the name of a member of Item, so `item.state` is not "
        "that field: write `item.part('state')`"
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_hidden_fields("fit", Fit, ("state", "result", "done"))
        warn_of_hidden_fields("fit", "Outcome", ("state", "result", "done"))
