"""A small molecular dynamics program in pure NumPy: the stand-in where LAMMPS is not installed.

It simulates what `melt.in` simulates (a Lennard-Jones crystal in contact with its liquid, cut-off
2.5, zero pressure, reduced units) and writes the same file, but it is honest teaching code: 384
atoms, a Langevin thermostat, a Berendsen barostat (right averages, wrong fluctuations), some
five times fewer atom steps per second than LAMMPS. In so small a box crystal and liquid are six
layers each and feel their boundaries: expect a melting point near 0.65, where LAMMPS says 0.62.

    python numpy_md.py --temperature 0.66 --seed 1 --out coex.dat
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating]

CUTOFF = 2.5
SKIN = 0.6
STEP = 0.005
FRICTION = 0.5
PRESSURE_TIME = 0.5
COMPRESSIBILITY = 0.1
DENSITY = 0.93
CRYSTALLINE = 0.45
SAMPLE_EVERY = 50


def fcc(cells: int, layers: int) -> tuple[Vectors, Vectors]:
    """Place atoms on an fcc lattice, lowest z first.

    Args:
        cells: Unit cells along x and y.
        layers: Unit cells along z.

    Returns:
        Positions, shape (3, atoms), and the edges of the box, shape (3, 1).
    """
    edge = (4 / DENSITY) ** (1 / 3)
    corners = np.stack(np.meshgrid(*map(np.arange, (cells, cells, layers)), indexing="ij"), -1)
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    positions = (corners.reshape(-1, 1, 3) + basis).reshape(-1, 3) * edge
    lowest_first = np.argsort(positions[:, 2], kind="stable")
    return positions[lowest_first].T.copy(), np.array([[cells], [cells], [layers]]) * edge


class Box:
    """Atoms and their velocities, shape (3, atoms), in a periodic box."""

    def __init__(self, cells: int, layers: int, seed: int) -> None:
        """Start from a crystal at rest."""
        self.positions, self.edges = fcc(cells, layers)
        self.count = self.positions.shape[1]
        self.velocities = np.zeros_like(self.positions)
        self.random = np.random.default_rng(seed)
        self._list_pairs()
        self.forces, self.virial = self.interact()

    def _list_pairs(self) -> None:
        """List the pairs within the cut-off and a skin, with the image that is nearest."""
        first, second = np.triu_indices(self.count, 1)
        apart = self.positions[:, first] - self.positions[:, second]
        images = np.rint(apart / self.edges)
        apart -= images * self.edges
        close = np.einsum("ij,ij->j", apart, apart) < (CUTOFF + SKIN) ** 2
        self._first, self._second, self._images = first[close], second[close], images[:, close]
        self._listed = self.positions.copy()

    def pairs(self) -> tuple[Vectors, Vectors]:
        """Return vectors between near atoms, shape (3, pairs), and their squared lengths."""
        moved = self.positions - self._listed
        if np.einsum("ij,ij->j", moved, moved).max() > (SKIN / 2) ** 2:
            self._list_pairs()
        apart = self.positions.take(self._first, axis=1)
        apart -= self.positions.take(self._second, axis=1)
        apart -= self._images * self.edges
        return apart, np.einsum("ij,ij->j", apart, apart)

    def interact(self) -> tuple[Vectors, Vectors]:
        """Return forces, shape (3, atoms), and the virial along x, y, z, shape (3, 1)."""
        apart, squared = self.pairs()
        inverse = 1 / squared
        sixth = inverse * inverse * inverse
        strength = 24 * inverse * sixth * (2 * sixth - 1) * (squared < CUTOFF**2)
        forces = np.empty_like(self.positions)
        virial = np.empty_like(self.edges)
        for axis, along in enumerate(apart):
            push = strength * along
            virial[axis] = np.einsum("i,i", push, along)
            forces[axis] = np.bincount(self._first, push, self.count)
            forces[axis] -= np.bincount(self._second, push, self.count)
        return forces, virial

    def step(self, temperature: float, moving: slice) -> None:
        """Advance the atoms in `moving` by one Langevin step (BAOAB).

        Source: Leimkuhler, Matthews, Appl. Math. Res. eXpress 2013, 34.
        """
        velocities, positions = self.velocities[:, moving], self.positions[:, moving]
        velocities += STEP / 2 * self.forces[:, moving]
        positions += STEP / 2 * velocities
        kept = np.exp(-FRICTION * STEP)
        noise = self.random.normal(scale=np.sqrt(temperature), size=velocities.shape)
        velocities *= kept
        velocities += np.sqrt(1 - kept**2) * noise
        positions += STEP / 2 * velocities
        self.forces, self.virial = self.interact()
        velocities += STEP / 2 * self.forces[:, moving]

    def relax(self) -> None:
        """Scale the box towards zero pressure, x and y together, z by itself (Berendsen)."""
        kinetic = np.sum(self.velocities**2, axis=1, keepdims=True)
        pressure = (kinetic + self.virial) / np.prod(self.edges)
        pressure[:2] = pressure[:2].mean()
        scale = 1 + COMPRESSIBILITY * STEP / PRESSURE_TIME * pressure
        self.edges *= scale
        self.positions *= scale
        self._listed *= scale

    def crystalline(self) -> float:
        """Return the fraction of atoms whose bond order q6 (12 nearest) exceeds 0.45.

        Source: Steinhardt, Nelson, Ronchetti, Phys. Rev. B 28, 784 (1983), the sum over m done
        by the addition theorem, so that no spherical harmonics are needed.
        """
        apart, squared = self.pairs()
        vectors = np.zeros((3, self.count, self.count))
        vectors[:, self._first, self._second] = apart
        vectors[:, self._second, self._first] = -apart
        distances = np.full((self.count, self.count), np.inf)
        distances[self._first, self._second] = distances[self._second, self._first] = squared
        nearest = np.argpartition(distances, 12, axis=1)[:, :12]
        bonds = np.take_along_axis(vectors, nearest[None], axis=2)
        bonds /= np.linalg.norm(bonds, axis=0)
        cosine = np.einsum("xni,xnj->nij", bonds, bonds)
        legendre = (231 * cosine**6 - 315 * cosine**4 + 105 * cosine**2 - 5) / 16
        q6 = np.sqrt(np.maximum(legendre.mean(axis=(1, 2)), 0))
        return float(np.mean(q6 > CRYSTALLINE))


def simulate(temperature: float, seed: int, steps: int) -> Vectors:
    """Melt half of a crystal, then let both phases compete at `temperature` and zero pressure.

    Args:
        temperature: In units of the well depth.
        seed: Of the random forces.
        steps: Of 0.005 each, of the competition.

    Returns:
        Shape (samples, 3): step, time, fraction of crystalline atoms.
    """
    box = Box(cells=4, layers=6, seed=seed)
    upper = slice(int(0.4 * box.count), None)
    box.velocities[:, upper] = box.random.normal(scale=2, size=box.velocities[:, upper].shape)
    for bath, length in ((2.0, 250), (temperature, 150)):
        for _ in range(length):
            box.step(bath, upper)
    box.velocities = box.random.normal(scale=np.sqrt(temperature), size=box.velocities.shape)
    series: list[tuple[float, float, float]] = []
    for number in range(1, steps + 1):
        box.step(temperature, slice(None))
        box.relax()
        if number % SAMPLE_EVERY == 0:
            series.append((number, number * STEP, box.crystalline()))
    return np.array(series)


def main() -> None:
    """Run one simulation as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--temperature", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1300)
    parser.add_argument("--out", type=Path, default=Path("coex.dat"))
    options = parser.parse_args()
    series = simulate(options.temperature, options.seed, options.steps)
    np.savetxt(options.out, series, fmt=("%d", "%.3f", "%.5f"), header="step time fraction")


if __name__ == "__main__":
    main()
