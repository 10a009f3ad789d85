"""The pages of decisions are complete, and what they name as their checks is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "adr").glob("0*.md"))
PARTS = ["Context", "Choice", "Consequences", "How we check it"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_is_complete_and_made(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.stem[:4]} ")
    assert re.search(r"^Status: (Accepted|Superseded by \d{4})$", text, re.MULTILINE)
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert [heading for heading in headings if heading != "Options"] == PARTS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_decision_is_checked_by_exists(page: Path) -> None:
    text = page.read_text()
    named = re.findall(r"`((?:tests|src)/[\w/]+(?:\.py)?)/?`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name in re.findall(r"`(test_\w+)`", text) if f"def {name}(" not in tests] == []


def test_decisions_are_numbered_in_a_row() -> None:
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))
