"""What a run returned, as text and as JSON."""

import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

from weftwork.cli.results import show_result


class Phase(Enum):
    """Of matter."""

    SOLID = "solid"


@dataclass
class Point:
    """A record."""

    temperature: float
    where: Path


class Model(BaseModel):
    """Another."""

    phase: Phase = Phase.SOLID


@pytest.mark.parametrize(
    ("value", "text"), [("plain", "plain\n"), (0.5, "0.5\n"), (["a"], "['a']\n"), (None, "")]
)
def test_a_result_is_printed_as_print_does(
    value: object, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show_result(value, as_json=False)
    assert capsys.readouterr().out == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ({"a": (1, True, None, "x")}, {"a": [1, True, None, "x"]}),
        (Point(0.5, Path("a/b")), {"temperature": 0.5, "where": "a/b"}),
        (Model(), {"phase": "solid"}),
        ({Phase.SOLID: {3, 1, 2}}, {"solid": [1, 2, 3]}),
        (np.arange(3.0), [0.0, 1.0, 2.0]),
        (np.float64("nan"), None),
        (np.int64(7), 7),
        ([float("inf"), 1e300], [None, 1e300]),
        (1 + 2j, "(1+2j)"),
    ],
)
def test_json_is_strict_and_knows_records(
    value: object, expected: object, capsys: pytest.CaptureFixture[str]
) -> None:
    show_result(value, as_json=True)
    assert json.loads(capsys.readouterr().out) == expected
