"""The examples of the how-to pages run as they are printed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PRINTED = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["executables.md", "resources.md"])
def test_the_examples_of_a_page_run_in_their_order(name: str, tmp_path: Path) -> None:
    page = (HOWTO / name).read_text()
    script = tmp_path / "page.py"
    script.write_text("\n\n".join(EXAMPLE.findall(page)))
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "error", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert run.returncode == 0, run.stderr
    for printed in PRINTED.findall(page):
        assert printed in run.stdout
