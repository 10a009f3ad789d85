import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Literal, NamedTuple, NewType, TypedDict, TypeVar

import numpy as np
import numpy.typing as npt
import pytest
from pydantic import BaseModel, field_validator

from weftwork.errors import UsageError
from weftwork.tasks.annotations import MISSING
from weftwork.tasks.files import File, Out
from weftwork.tasks.placeholders import Placeholder, placeholder, record_placeholder

Kelvin = NewType("Kelvin", float)
Bounded = TypeVar("Bounded", bound=int)


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


class Point(NamedTuple):
    x: float
    label: str = "here"


class Row(TypedDict):
    name: str
    value: float


class Model(BaseModel):
    width: float
    rows: list[Point]

    @field_validator("width")
    @classmethod
    def _positive(cls, width: float) -> float:
        if width <= 0:
            raise ValueError("a width is positive")
        return width


class Recursive(NamedTuple):
    value: int
    rest: "Recursive | None"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (float, 0.0),
        (int, 0),
        (bool, False),
        (str, ""),
        (complex, 0j),
        (bytes, b""),
        (None, None),
        (np.float64, np.float64(0)),
        (np.int32, np.int32(0)),
        (Fraction, Fraction(0)),
        (Kelvin, 0.0),
        (Bounded, 0),
        (float | None, 0.0),
        (None | int, 0),
        (Phase, Phase.SOLID),
        (Literal["b", "a"], "b"),
        (list, []),
        (dict, {}),
        (list[float], [0.0]),
        (Sequence[str], [""]),
        (set[int], {0}),
        (tuple[int, str], (0, "")),
        (tuple[int, ...], (0,)),
        (tuple[()], ()),
        (dict[str, list[int]], {"": [0]}),
        (Mapping[str, float], {"": 0.0}),
        (Point, Point(0.0, "")),
        (Row, {"name": "", "value": 0.0}),
        (File, File("/dry-run/fit[1]")),
        (Path, Path("/dry-run/fit[1]")),
    ],
)
def test_a_dry_run_gets_something_of_the_annotated_type(
    annotation: object, expected: object
) -> None:
    made = placeholder(annotation, "fit[1]")
    assert made == expected
    assert type(made) is type(expected)


def test_a_type_within_itself_ends_in_a_placeholder() -> None:
    made = placeholder(Recursive | None)
    assert isinstance(made, Recursive)
    assert made.value == 0
    assert isinstance(made.rest, Placeholder)


def test_the_fields_of_a_result_are_filled_without_its_own_checks() -> None:
    fit = placeholder(Fit)
    assert isinstance(fit, Fit)
    assert (fit.slope, fit.phase, fit.steps) == (0.0, Phase.SOLID, [0])
    model = placeholder(Model)
    assert isinstance(model, Model)
    assert (model.width, model.rows) == (0.0, [Point(0.0, "")])


@pytest.mark.parametrize(
    "annotation",
    [
        MISSING,
        object,
        "text",
        [int],
        5,
        np.ndarray,
        npt.NDArray[np.float64],
        Iterator[int],
        datetime,
    ],
)
def test_what_is_not_known_is_a_placeholder(annotation: object) -> None:
    assert type(placeholder(annotation)) is Placeholder


class Hostile:
    __annotations__ = {"x": 1 / 3}
    model_fields = 7

    @classmethod
    def model_construct(cls) -> "Hostile":
        raise RuntimeError("no")


def test_a_class_that_cannot_be_made_is_a_placeholder() -> None:
    assert type(placeholder(Hostile, "fit[1]")) is Placeholder


def test_a_placeholder_can_be_passed_on_and_shown() -> None:
    made = placeholder(MISSING, "fit[3]")
    assert isinstance(made, Placeholder)
    assert repr(made) == f"{made}" == "<Placeholder of fit[3]>"
    assert repr(made.model[0]) == "<Placeholder of fit[3].model[0]>"
    assert repr(pickle.loads(pickle.dumps(made))) == repr(made)  # noqa: S301
    assert {made: 1}[made] == 1


UNKNOWN = (
    ", but a dry run has no value for it and knows nothing: annotate what its task returns with "
    "a plain type, a dataclass or a NamedTuple"
)


@pytest.mark.parametrize(
    ("use", "how"),
    [
        ("made + 1", "in arithmetic"),
        ("1 + made", "in arithmetic"),
        ("-made", "in arithmetic"),
        ("made < 1", "in a comparison"),
        ("made == 1", "in a comparison with 1"),
        ("float(made)", "as a number"),
        ("bool(made)", "as a condition"),
        ("list(made)", "in a loop"),
        ("len(made)", "with len()"),
        ("1 in made", "with `in`"),
        ("made(1)", "as a function"),
        ("format(made, '.3f')", "with the format '.3f'"),
    ],
)
def test_using_a_placeholder_says_what_it_is(use: str, how: str) -> None:
    with pytest.raises(UsageError) as caught:
        eval(use, {"made": Placeholder("fit[3]")})  # noqa: S307 - type checkers refuse these
    assert str(caught.value) == f"fit[3] was used {how}{UNKNOWN}"


def test_a_placeholder_says_what_it_knows() -> None:
    with pytest.raises(UsageError) as caught:
        bool(placeholder(np.ndarray, "fit[3]"))
    assert str(caught.value) == (
        "fit[3] was used as a condition, but a dry run has no value for it and knows only that it "
        "is of type ndarray: do this in a task, which a dry run does not call"
    )


def test_a_record_of_a_dry_run_has_files_with_the_right_names() -> None:
    outs = {"out": Out("msd.dat"), "frames": Out("*.xyz", optional=True)}
    record = record_placeholder("melt[2]", outs)
    assert record.out.path == Path("/dry-run/melt[2]/msd.dat")
    assert [each.name for each in record.matches("frames")] == ["*.xyz"]
    assert record.exit_code == 0
