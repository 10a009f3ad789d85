"""Ranks under the launchers of real MPIs, where they are installed."""

import shutil
import sys
from pathlib import Path

import pytest

import weftwork as ww

LAUNCHERS = {"mpich": "mpiexec.hydra", "openmpi-bin": "mpirun.openmpi"}
"""By the Debian package that brings each."""

RANK = """#!/bin/sh
echo "${PMI_RANK:-$OMPI_COMM_WORLD_RANK} of ${PMI_SIZE:-$OMPI_COMM_WORLD_SIZE}"
"""


@ww.executable(resources=ww.Resources(ranks=3, threads=0))
def ranks(program: ww.File) -> list[object]:
    return [program]


@ww.block
async def what_ranks_say(program: ww.File) -> list[str]:
    record = await ranks(program)
    return sorted(record.stdout.read_text().splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("package", LAUNCHERS)
def test_each_rank_knows_its_number_and_how_many_there_are(package: str, tmp_path: Path) -> None:
    launcher = _launcher(LAUNCHERS[package])
    if launcher is None:
        pytest.skip(f"{LAUNCHERS[package]} is not there: apt install {package}")
    # The launcher that lies beside a program is the one that starts it.
    (tmp_path / "mpirun").symlink_to(launcher)
    program = tmp_path / "rank"
    program.write_text(RANK)
    program.chmod(0o700)
    assert ww.run(what_ranks_say(ww.File(program))) == ["0 of 3", "1 of 3", "2 of 3"]


def _launcher(name: str) -> str | None:
    """Find one on PATH, or beside the interpreter, where a wheel puts it."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
