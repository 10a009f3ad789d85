"""How ranks are launched."""

from pathlib import Path

import pytest

from weftwork.errors import BackendError
from weftwork.process.launch import find_launchers, launcher, launcher_environment


def program(directory: Path, name: str) -> str:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_one_rank_needs_no_launcher() -> None:
    assert launcher(1, {}) == ()


def test_the_first_that_was_found_launches() -> None:
    found = {"mpiexec": "/venv/bin/mpiexec", "mpirun": "/usr/bin/mpirun"}
    assert launcher(4, found) == ("/venv/bin/mpiexec", "-n", "4")


def test_without_a_launcher_it_says_how_to_get_one() -> None:
    with pytest.raises(BackendError) as caught:
        launcher(4, {})
    assert str(caught.value) == (
        "needs mpirun or mpiexec for ranks=4; none is on PATH: pip install mpich, "
        "or apt install openmpi-bin"
    )


def test_the_launcher_beside_the_program_is_of_the_same_mpi(tmp_path: Path) -> None:
    site = program(tmp_path / "site", "mpirun")
    venv = program(tmp_path / "venv", "mpiexec")
    program(tmp_path / "venv", "lmp")
    path = f"{tmp_path}/site:{tmp_path}/venv"
    assert list(find_launchers("lmp", path).items()) == [("mpiexec", venv), ("mpirun", site)]
    assert list(find_launchers("vasp", path)) == ["mpirun", "mpiexec"]


def test_a_link_to_hydra_is_resolved_as_it_needs_what_lies_beside_it(tmp_path: Path) -> None:
    real = program(tmp_path / "real", "mpiexec")
    program(tmp_path / "real", "hydra_pmi_proxy")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "mpiexec").symlink_to(real)
    assert find_launchers("lmp", f"{tmp_path}/linked") == {"mpiexec": real}


def test_only_open_mpi_is_told_to_leave_cores_to_us() -> None:
    assert launcher_environment("/usr/bin/mpiexec.hydra", is_root=True) == {}
    env = launcher_environment("/usr/bin/orterun", is_root=False)
    assert env["OMPI_MCA_rmaps_base_oversubscribe"] == "1"
    assert not any("ROOT" in name for name in env)
    assert launcher_environment("/usr/bin/orterun", is_root=True)["OMPI_ALLOW_RUN_AS_ROOT"] == "1"
