"""The picture of a melting point campaign: three panels, safe for colour-blind eyes."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from analysis import Estimate, Growth, by_temperature
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

COLD, HOT, INK, PALE = "#0072B2", "#D55E00", "#222222", "#9A9A9A"
"""Blue and vermilion of Okabe and Ito, and two greys."""

SHOWN = 5
"""Temperatures whose crystal fraction is drawn."""


def style() -> AbstractContextManager[None]:
    """Return the context in which figures look alike, whatever a user's own settings are."""
    return mpl.rc_context(
        {
            "font.family": "sans-serif",
            "font.size": 9,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 10,
            "axes.titleweight": "bold",
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


def draw(growths: Sequence[Growth], rounds: Sequence[Estimate], path: Path) -> None:
    """Draw growth against temperature, the bracket round by round, and the crystal over time.

    Args:
        growths: All simulations that ended.
        rounds: What was known after each round, the last one final; at least one.
        path: Where to write; the suffix tells the format.
    """
    with style():
        figure = Figure(figsize=(11, 3.7), layout="constrained")
        left, middle, right = figure.subplots(1, 3, width_ratios=(1.25, 0.85, 1))
        draw_rates(left, growths, rounds[-1])
        draw_rounds(middle, rounds)
        draw_series(right, growths, rounds[-1])
        figure.savefig(path, dpi=200)


def shade(temperature: float, estimate: Estimate) -> tuple[float, float, float]:
    """Return a colour from cold through grey at the melting point to hot."""
    away = float(np.clip((temperature - estimate.temperature) / 0.04, -1, 1))
    towards = np.array(to_rgb(COLD if away < 0 else HOT))
    red, green, blue = np.array(to_rgb(PALE)) * (1 - abs(away)) + towards * abs(away)
    return float(red), float(green), float(blue)


def draw_rates(axes: Axes, growths: Sequence[Growth], estimate: Estimate) -> None:
    """Draw every simulation, the mean of each temperature, the line and the melting point."""
    spread = np.median([run.error for run in growths])
    axes.axhline(0, color=INK, lw=0.8)
    axes.axvspan(estimate.low, estimate.high, color=PALE, alpha=0.25, lw=0)
    axes.axvline(estimate.temperature, color=INK, lw=0.8, ls=(0, (4, 3)))
    for temperature, runs in by_temperature(growths).items():
        colour = shade(temperature, estimate)
        rates = np.array([run.rate for run in runs])
        axes.plot([temperature] * len(rates), rates, "o", ms=3, mfc="none", mec=colour, mew=0.7)
        error = spread / np.sqrt(len(rates))
        axes.errorbar(temperature, rates.mean(), error, fmt="o", ms=5, color=colour, capsize=2)
    if estimate.slope is not None:
        near = np.array([-0.04, 0.04])
        axes.plot(estimate.temperature + near, estimate.slope * near, color=INK, lw=1.4)
    axes.set(
        title="a  Which phase grows?",
        xlabel=r"temperature $T$ ($\varepsilon/k_\mathrm{B}$)",
        ylabel=r"growth of the crystal fraction ($1/\tau$)",
    )
    for text, ink, side, up in (("melts ↓", HOT, 0.02, -1), ("grows ↑", COLD, 0.98, 1)):
        axes.annotate(
            f"the crystal {text}",
            (side, 0),
            xycoords=("axes fraction", "data"),
            xytext=(0, 4 * up),
            textcoords="offset points",
            va="bottom" if up > 0 else "top",
            ha="left" if side < 0.5 else "right",
            color=ink,
        )
    axes.annotate(
        rf"$T_\mathrm{{m}}$ = {estimate.temperature:.3f} ± {estimate.error:.3f}",
        (estimate.high, axes.get_ylim()[1]),
        xytext=(5, -12),
        textcoords="offset points",
        weight="bold",
    )


def draw_rounds(axes: Axes, rounds: Sequence[Estimate]) -> None:
    """Draw the bracket after each round, the first one on top."""
    numbers = np.arange(1, len(rounds) + 1)
    found = np.array([estimate.temperature for estimate in rounds])
    axes.hlines(
        numbers, [known.low for known in rounds], [known.high for known in rounds], PALE, lw=5
    )
    axes.plot(found, numbers, "o-", color=INK, ms=4, lw=0.8)
    for number, known in zip(numbers, rounds, strict=True):
        axes.annotate(
            f"{known.width:.3f}",
            (known.high, float(number)),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK,
        )
    axes.set(
        title="b  The bracket closes",
        xlabel=r"temperature $T$ ($\varepsilon/k_\mathrm{B}$)",
        ylabel="round",
        yticks=numbers,
    )
    axes.margins(x=0.2)
    axes.set_ylim(len(rounds) + 0.6, 0.4)


def draw_series(axes: Axes, growths: Sequence[Growth], estimate: Estimate) -> None:
    """Draw the crystal fraction over time for a few temperatures, one simulation each."""
    groups = by_temperature(growths)
    chosen = np.unique(np.linspace(0, len(groups) - 1, SHOWN).round().astype(int))
    for temperature in [list(groups)[number] for number in chosen]:
        run = sorted(groups[temperature], key=lambda run: run.rate)[len(groups[temperature]) // 2]
        colour = shade(temperature, estimate)
        axes.plot(run.times, run.fractions, color=colour, lw=1.4)
        axes.annotate(
            f"{temperature:.3f}",
            (run.times[-1], run.fractions[-1]),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=colour,
        )
    axes.set(
        title="c  Crystal against liquid",
        xlabel=r"time ($\tau$)",
        ylabel="fraction of crystalline atoms",
        ylim=(0, 1),
    )
    axes.margins(x=0.1)
