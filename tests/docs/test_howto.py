"""The examples of the pages that are no notebooks run as they are printed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOWTO = ROOT / "docs" / "howto"
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
ANY_EXAMPLE = re.compile(
    r"^```(?:python|\{code-block\} python)\n(.*?)^```", re.MULTILINE | re.DOTALL
)
PRINTED = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)

# Pages that begin with a header are notebooks, whose cells Sphinx executes.
PAGES = [
    *(page for page in sorted(HOWTO.glob("*.md")) if not page.read_text().startswith("---")),
    ROOT / "README.md",
    ROOT / "docs" / "index.md",
]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_run_in_their_order(page: Path, tmp_path: Path) -> None:
    text = page.read_text()
    examples = EXAMPLE.findall(text)
    assert examples
    script = tmp_path / "page.py"
    script.write_text("\n\n".join(examples))
    run = _run(tmp_path, "-W", "error", str(script))
    assert run.returncode == 0, run.stderr
    for printed in PRINTED.findall(text):
        assert printed in run.stdout


@pytest.mark.slow
def test_the_tests_on_the_page_about_tests_pass(tmp_path: Path) -> None:
    page = (HOWTO / "testing.md").read_text()
    script = tmp_path / "test_page.py"
    script.write_text("import pytest\n" + "\n\n".join(ANY_EXAMPLE.findall(page)))
    run = _run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(script))
    assert run.returncode == 0, run.stdout
    assert "2 passed" in run.stdout


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
