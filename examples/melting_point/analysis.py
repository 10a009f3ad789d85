"""From crystal fractions to a melting point: plain functions, no engine, no files but those given.

All quantities are in reduced Lennard-Jones units.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

SETTLED = 2.5
"""Time after which the box has relaxed to zero pressure."""

COEXISTING = (0.12, 0.9)
"""Crystal fractions between which both phases are really there."""

BLOCKS = 6
"""Parts of a series over which a rate and its error are estimated."""

CLEAR = 3.0
"""Standard errors from zero at which a sign is believed."""

LIKELY = 2.0
"""Standard errors from zero at which a sign is a reason to look elsewhere."""

LINEAR = 0.04
"""Distance from the melting point within which growth is a straight line in temperature."""

FEWEST = 6
"""Simulations from which a line is fitted."""

ENOUGH = 20
"""Simulations near the melting point from which the bootstrap's interval can be trusted."""

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Growth:
    """What one simulation says: the rate at which the crystal grows (> 0) or melts (< 0).

    Attributes:
        temperature: Of the thermostat.
        seed: Of the replica.
        rate: Change of the crystal fraction per unit of time.
        error: Standard error of `rate`.
        times: Of the samples.
        fractions: Fraction of crystalline atoms at `times`.
    """

    temperature: float
    seed: int
    rate: float
    error: float
    times: tuple[float, ...]
    fractions: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Where growth changes sign, as far as is known.

    Attributes:
        temperature: The melting point.
        error: Its standard error, by bootstrap over the simulations.
        low: Lower end of the bracket, in which the melting point lies with 95 % probability.
        high: Upper end of the bracket.
        slope: Change of the rate with temperature; None where no line could be fitted.
        simulations: How many were near enough to be fitted.
    """

    temperature: float
    error: float
    low: float
    high: float
    slope: float | None
    simulations: int

    @property
    def width(self) -> float:
        """Width of the bracket."""
        return self.high - self.low

    def is_within(self, tolerance: float) -> bool:
        """Whether the bracket is at most `tolerance` to each side, and well enough founded."""
        return self.width <= 2 * tolerance and self.simulations >= ENOUGH


def read_series(path: Path) -> tuple[Floats, Floats]:
    """Read the times and crystal fractions of a simulation: columns step, time, fraction.

    Raises:
        ValueError: The simulation was too short to say anything.
    """
    table = np.loadtxt(path, ndmin=2)
    if np.count_nonzero(table[:, 1] > SETTLED) < 2 * BLOCKS:
        raise ValueError(
            f"{path} ends at time {table[-1, 1]:g}: expected at least {2 * BLOCKS} samples "
            f"after time {SETTLED:g}; raise the number of steps"
        )
    return table[:, 1], table[:, 2]


def growth(temperature: float, seed: int, path: Path) -> Growth:
    """Measure how fast the crystal of one simulation grows or melts."""
    times, fractions = read_series(path)
    rate, error = growth_rate(times, fractions)
    return Growth(temperature, seed, rate, error, tuple(times.tolist()), tuple(fractions.tolist()))


def growth_rate(times: Floats, fractions: Floats) -> tuple[float, float]:
    """Return the rate of the crystal fraction and its standard error.

    The fraction drifts and, as atoms join and leave at random, also diffuses. So neighbouring
    samples are not independent, but the steps between the means of long blocks nearly are. Samples
    before the box settled and after one phase has won are left out.
    """
    used = times > SETTLED
    won = np.flatnonzero(used & ((fractions < COEXISTING[0]) | (fractions > COEXISTING[1])))
    first = int(np.argmax(used))
    last = max(int(won[0]), first + 2 * BLOCKS) if len(won) else len(times)
    block_times = [part.mean() for part in np.array_split(times[first:last], BLOCKS)]
    blocks = [part.mean() for part in np.array_split(fractions[first:last], BLOCKS)]
    rates = np.diff(blocks) / np.diff(block_times)
    return float(rates.mean()), float(rates.std(ddof=1) / np.sqrt(len(rates)))


def signs(growths: Sequence[Growth], errors: float = CLEAR) -> dict[float, int]:
    """Decide for each temperature: 1 grows, -1 melts, 0 cannot be told yet.

    The error of one run, from few blocks, is itself uncertain; all runs are equally long, so the
    median over them is the error of each.

    Args:
        growths: At least one.
        errors: Standard errors from zero that decide.
    """
    error = np.median([run.error for run in growths])
    ways: dict[float, int] = {}
    for at, runs in by_temperature(growths).items():
        mean = np.mean([run.rate for run in runs])
        clear = abs(mean) > errors * error / np.sqrt(len(runs))
        ways[at] = int(np.sign(mean)) if clear else 0
    return ways


def by_temperature(growths: Sequence[Growth]) -> dict[float, list[Growth]]:
    """Group replicas, lowest temperature first."""
    groups: defaultdict[float, list[Growth]] = defaultdict(list)
    for run in sorted(growths, key=lambda run: run.temperature):
        groups[run.temperature].append(run)
    return dict(groups)


def sign_change(
    growths: Sequence[Growth], low: float, high: float, errors: float = CLEAR
) -> tuple[float, float]:
    """Return the highest temperature that clearly freezes and the lowest above it that melts.

    Args:
        growths: What is known.
        low: Answer where nothing freezes clearly.
        high: Answer where nothing melts clearly.
        errors: Standard errors that make it clear.
    """
    ways = signs(growths, errors)
    freezes = max((at for at, way in ways.items() if way > 0), default=low)
    melts = min((at for at, way in ways.items() if way < 0 and at > freezes), default=high)
    return freezes, melts


def locate(growths: Sequence[Growth], low: float, high: float, *, seed: int = 0) -> Estimate:
    """Fit a line to the rates near the change of sign and resample the simulations for its error.

    Where they are too few for a line, the bracket is what their signs say.

    Args:
        growths: What is known.
        low: Lower end of the range searched.
        high: Upper end.
        seed: Of the resampling.
    """
    freezes, melts = sign_change(growths, low, high)
    near = [run for run in growths if freezes - LINEAR <= run.temperature <= melts + LINEAR]
    temperatures = np.array([run.temperature for run in near])
    rates = np.array([run.rate for run in near])
    enough = len(near) >= FEWEST
    zero, slope = zeros(temperatures[None], rates[None]) if enough else np.full((2, 1), np.nan)
    if not slope[0] < 0:
        width = melts - freezes
        return Estimate(freezes + width / 2, width / np.sqrt(12), freezes, melts, None, len(near))
    drawn = np.random.default_rng(seed).integers(len(near), size=(RESAMPLES, len(near)))
    found, slopes = zeros(temperatures[drawn], rates[drawn])
    ends = np.quantile(found[slopes < 0], (0.16, 0.84, 0.025, 0.975)).tolist()
    return Estimate(
        float(zero[0]), (ends[1] - ends[0]) / 2, ends[2], ends[3], float(slope[0]), len(near)
    )


def zeros(temperatures: Floats, rates: Floats) -> tuple[Floats, Floats]:
    """Fit a line to each row and return where it crosses zero, and its slope (nan: none)."""
    centre, level = temperatures.mean(axis=1), rates.mean(axis=1)
    away = temperatures - centre[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (away * rates).sum(axis=1) / (away**2).sum(axis=1)
        return centre - level / slope, slope


def spread(low: float, high: float, count: int = 7) -> list[float]:
    """Return temperatures evenly over a range, those in its middle first."""
    evenly = np.linspace(low, high, count).round(4).tolist()
    return sorted(evenly, key=lambda at: abs(at - (low + high) / 2))


def worth_asking(growths: Sequence[Growth], low: float, high: float) -> tuple[float, float]:
    """Return between which temperatures a simulation still says something new.

    That is where the sign is open, and as far beside it as the line is straight: a wrong guess
    here costs little, so a likely sign is enough.
    """
    freezes, melts = sign_change(growths, low, high, LIKELY)
    return max(low, freezes - LINEAR), min(high, melts + LINEAR)


def propose(estimate: Estimate, tolerance: float) -> list[float]:
    """Return the temperatures to simulate next: both ends of the bracket and its middle.

    They are rounded to a grid of half the tolerance, so that what stays ambiguous is repeated.
    """
    grid = tolerance / 2
    half = max(estimate.width / 2, 2 * tolerance)
    wanted = (estimate.temperature + half * side for side in (-1, 0, 1))
    return sorted({round(round(at / grid) * grid, 6) for at in wanted})
