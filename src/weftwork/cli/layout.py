"""The table of a run as lines of styled text that fit a terminal. Pure.

A number is never cut: where there is no room for a column, it is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from weftwork.cli.plain import rate
from weftwork.cli.progress import Row, duration

Segment = tuple[str, str]
"""Text and its style."""

_GAP = "  "
_LEAST_NAME = 20
"""Characters of a task's name that are worth more than a further column."""
_EXPENDABLE = ("oldest", "rate", "left", "retries", "cancelled", "skipped", "waiting")
"""Columns that are left out where there is no room, the first one first."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what stands above it and a cell for each row."""

    header: str
    cells: Sequence[Segment]

    @property
    def width(self) -> int:
        """Characters of the widest cell."""
        return max(len(text) for text in (self.header, *(cell[0] for cell in self.cells)))


def table(
    rows: Sequence[Row], *, width: int, height: int, elapsed: float
) -> Iterator[Sequence[Segment]]:
    """Yield the lines of a table that is at most `width` characters wide and `height` lines high.

    Args:
        rows: One per kind of task.
        width: Columns of the terminal.
        height: Lines to use.
        elapsed: Seconds since the start.
    """
    shown, hidden = choose(rows, max(height - 2, 1))
    wanted = [column for column in _columns(shown) if column is not None]
    title = f"task ({duration(elapsed)})"
    natural = max(len(title), *(len(_name(row)) for row in shown))
    columns = _fitting(wanted, width - min(natural, _LEAST_NAME))
    room = max(width - _total(columns), 1)
    name_width = min(natural, room)
    header = "".join(f"{_GAP}{column.header:>{column.width}}" for column in columns)
    yield [(f"{_cut(title, name_width):<{name_width}}{header}", "dim")]
    for number, row in enumerate(shown):
        yield [
            (f"{_cut(_name(row), name_width):<{name_width}}", _name_style(row)),
            *(
                (f"{_GAP}{column.cells[number][0]:>{column.width}}", column.cells[number][1])
                for column in columns
            ),
        ]
    if hidden:
        yield [(_cut(f"and {hidden} more kinds of task", width), "dim")]


def choose(rows: Sequence[Row], most: int) -> tuple[Sequence[Row], int]:
    """Return the rows that fit, in their order, and how many do not.

    What runs or failed is shown before what waits, and that before what is done.
    """
    if len(rows) <= most:
        return rows, 0
    ranked = sorted(rows, key=_dullness)[:most]
    names = {row.task for row in ranked}
    return [row for row in rows if row.task in names], len(rows) - len(ranked)


def _dullness(row: Row) -> int:
    if row.running or row.failed:
        return 0
    return 1 if row.waiting else 2


def _columns(rows: Sequence[Row]) -> Iterator[Column | None]:
    yield Column("done", [(f"{row.done:,}/{row.added:,}", "green") for row in rows])
    yield _counts("running", [row.running for row in rows], "cyan", always=True)
    yield _counts("waiting", [row.waiting for row in rows], "", always=True)
    yield _counts("failed", [row.failed for row in rows], "bold red")
    yield _counts("skipped", [row.skipped for row in rows], "yellow")
    yield _counts("cancelled", [row.cancelled for row in rows], "yellow")
    yield _counts("retries", [row.retries for row in rows], "yellow")
    yield _texts("rate", [None if row.rate is None else rate(row.rate) for row in rows])
    yield _texts("left", [None if row.left is None else duration(row.left) for row in rows])
    ages = [None if row.age is None else f"[{row.oldest}] {duration(row.age)}" for row in rows]
    yield _texts("oldest", ages)


def _counts(
    header: str, numbers: Sequence[int], style: str, *, always: bool = False
) -> Column | None:
    if not always and not any(numbers):
        return None
    return Column(header, [(f"{number:,}", style if number else "dim") for number in numbers])


def _texts(header: str, texts: Sequence[str | None]) -> Column | None:
    return Column(header, [(text or "", "") for text in texts]) if any(texts) else None


def _fitting(columns: Sequence[Column], width: int) -> Sequence[Column]:
    for unwanted in ("", *_EXPENDABLE):
        columns = [column for column in columns if column.header != unwanted]
        if _total(columns) <= width:
            break
    return columns


def _total(columns: Sequence[Column]) -> int:
    return sum(len(_GAP) + column.width for column in columns)


def _name(row: Row) -> str:
    return f"{row.task} (block)" if row.kind == "block" else row.task


def _name_style(row: Row) -> str:
    if row.failed:
        return "bold red"
    return "dim" if row.done == row.added else "bold"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
