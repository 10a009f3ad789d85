"""The reference has every public name."""

from pathlib import Path

import pytest

import weftwork
from weftwork import errors

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text()
DOCUMENTED = {line.rpartition("weftwork.")[2] for line in PAGE.splitlines() if ".. auto" in line}


@pytest.mark.parametrize("name", [name for name in dir(weftwork) if not name.startswith("_")])
def test_every_public_name_is_in_the_reference(name: str) -> None:
    # The page of errors is made of their module as a whole.
    assert name in DOCUMENTED or hasattr(errors, name)
