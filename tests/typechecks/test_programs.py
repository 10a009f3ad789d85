"""Type checkers on programs as users write them, in the modes that users have by default."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "src"

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A user's project with a right and a wrong program, and no settings of note."""
    (tmp_path / "right.py").write_text((HERE / "right.py").read_text())
    (tmp_path / "wrong.py").write_text((HERE / "wrong.txt").read_text())
    settings = {"extraPaths": [str(SOURCES)], "pythonPath": sys.executable}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    (tmp_path / "mypy.ini").write_text(
        f"[mypy]\nmypy_path = {SOURCES}\ncheck_untyped_defs = true\n"
    )
    return tmp_path


def found_by(tool: str, program: str, project: Path) -> set[int]:
    """Return the lines of `program` in which `tool` finds an error."""
    command = [sys.executable, "-m", tool, program]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {int(line) for line in re.findall(rf"{program}:(\d+):.*error", done.stdout)}


def marked_for(tool: str) -> set[int]:
    """Return the lines of the wrong program in which `tool` has to find an error."""
    lines = (HERE / "wrong.txt").read_text().splitlines()
    marks = ("# wrong", f"# wrong for {tool}")
    return {number for number, line in enumerate(lines, 1) if line.endswith(marks)}


@pytest.mark.parametrize("tool", ["mypy", "pyright"])
def test_right_programs_are_right_and_each_mistake_is_found_in_its_line(
    tool: str, project: Path
) -> None:
    assert found_by(tool, "right.py", project) == set()
    assert found_by(tool, "wrong.py", project) == marked_for(tool)
