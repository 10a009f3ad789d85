"""`weft backends` lists what is installed, and what is broken with the reason."""

import json
from importlib.metadata import EntryPoint

import pytest

from weftwork.cli.listing import ListedBackend, backends, listed
from weftwork.config.backends import BUILT_IN
from weftwork.errors import UsageError


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, "weftwork.backends")


def test_a_backend_says_what_it_is_in_the_first_line_of_its_docstring() -> None:
    (one,) = listed([point("shutil", "shutil:which")])
    assert one == ListedBackend(
        "shutil",
        usable=True,
        says="Given a command, mode, and a PATH string, return the path which",
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nothing_of_this_name:make", "ModuleNotFoundError: No module named"),
        ("shutil:make", "AttributeError: module 'shutil' has no attribute 'make'"),
    ],
)
def test_a_broken_backend_says_why(value: str, reason: str) -> None:
    (one,) = listed([point("broken", value)])
    assert not one.usable
    assert one.says.startswith(reason)


def test_a_name_that_two_packages_provide_is_broken() -> None:
    (one,) = listed([point("x", "shutil:which"), point("x", "shutil:copy")])
    assert not one.usable
    assert one.says == "provided twice, by shutil:which and shutil:copy"


def test_the_same_entry_point_seen_twice_is_one_backend() -> None:
    (one,) = listed([point("x", "shutil:which"), point("x", "shutil:which")])
    assert one.usable


def test_the_built_in_ones_are_listed_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert backends(["--json"]) == 0
    names = [one["name"] for one in json.loads(capsys.readouterr().out)]
    assert set(BUILT_IN) <= set(names)
    assert names == sorted(names)
    assert backends([]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == names


def test_other_arguments_are_refused() -> None:
    with pytest.raises(UsageError, match="`weft backends` takes only --json, not '--all'"):
        backends(["--all"])
