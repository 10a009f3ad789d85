"""One figure with its budget and its baseline, and a table of them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum


class Of(Enum):
    """What of a row a budget limits."""

    VALUE = "value"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit.

    Attributes:
        limit: In the unit of the row's value, or a ratio.
        of: What it limits.
        at_least: Whether it is the least, else the most.
    """

    limit: float
    of: Of = Of.VALUE
    at_least: bool = False

    def is_met(self, row: "Row") -> bool | None:
        """Whether the row keeps it; None where there is no ratio."""
        seen = row.value if self.of is Of.VALUE else row.ratio
        if seen is None:
            return None
        return seen >= self.limit if self.at_least else seen <= self.limit

    def text(self, unit: str) -> str:
        """The limit as it is shown."""
        sign = "≥" if self.at_least else "≤"
        suffix = f" {unit}" if self.of is Of.VALUE else " x"
        return f"{sign} {shown(self.limit)}{suffix}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        work: What was done.
        value: How much it took, or how much was done in a second.
        unit: Of the value and the baseline.
        budget: Its limit, or None.
        baseline: The same by raw means, in the same run.
        raw: What those means are.
        cpu_ratio: The ratio by processor time of all processes, which other users of a machine
            disturb less; None where not told.
        note: Further figures.
    """

    work: str
    value: float
    unit: str
    budget: Budget | None = None
    baseline: float | None = None
    raw: str = ""
    cpu_ratio: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over baseline."""
        return self.value / self.baseline if self.baseline else None

    def facts(self) -> dict[str, object]:
        """All of it, for a JSON file."""
        facts = asdict(self)
        facts["budget"] = self.budget.text(self.unit) if self.budget else None
        facts["ratio"] = self.ratio
        facts["met"] = self.budget.is_met(self) if self.budget else None
        return facts


_HEADS = ("work", "measured", "budget", "met", "raw baseline", "ratio", "by CPU", "note")


def table(rows: Iterable[Row]) -> str:
    """Return a Markdown table."""
    lines = [_HEADS, ("---",) * len(_HEADS), *map(_cells, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(number: float) -> str:
    """Return a number with three digits that count, and thousands apart."""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def _cells(row: Row) -> tuple[str, ...]:
    baseline = "" if row.baseline is None else f"{shown(row.baseline)} {row.unit} {row.raw}"
    return (
        row.work,
        f"**{shown(row.value)}** {row.unit}",
        row.budget.text(row.unit) if row.budget else "",
        _verdict(row),
        baseline,
        "" if row.ratio is None else f"{row.ratio:.2f}",
        "" if row.cpu_ratio is None else f"{row.cpu_ratio:.2f}",
        row.note,
    )


def _verdict(row: Row) -> str:
    if row.budget is None:
        return ""
    met = row.budget.is_met(row)
    return "" if met is None else "yes" if met else "**no**"
