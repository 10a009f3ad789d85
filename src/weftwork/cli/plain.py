"""Progress as lines, for files, pipes and terminals that cannot move the cursor."""

from typing import TextIO

from weftwork.cli.display import Picture
from weftwork.cli.progress import Row, duration

INTERVAL = 10.0
"""Least seconds between two lines on one kind of task."""


class PlainLines:
    """One line per kind of task when it starts, when it is done, and now and then between.

    Args:
        stream: Where to.
    """

    shows_ages = False

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told: dict[str, tuple[float, int]] = {}

    def paint(self, picture: Picture) -> None:
        """Write what is new."""
        self._write([*picture.lines, *self._news(picture)])

    def finish(self, picture: Picture) -> None:
        """Write how each kind ended, unless its last line said so."""
        changed = [row for row in picture.rows if self._told.get(row.task, (0, -1))[1] != row.done]
        self._write([*picture.lines, *(describe(row) for row in changed)])

    def _news(self, picture: Picture) -> list[str]:
        lines: list[str] = []
        for row in picture.rows:
            told = self._told.get(row.task)
            if told is None:
                if row.added == row.waiting:
                    continue
            elif told[1] == row.done or picture.at - told[0] < INTERVAL:
                continue
            self._told[row.task] = (picture.at, row.done)
            lines.append(describe(row))
        return lines

    def _write(self, lines: list[str]) -> None:
        if lines:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()


def describe(row: Row) -> str:
    """Write a row as one line."""
    parts = [f"{row.done:,} of {row.added:,} done"]
    counts = {
        "failed": row.failed,
        "skipped": row.skipped,
        "cancelled": row.cancelled,
        "running": row.running,
        "waiting": row.waiting,
    }
    parts += [f"{count:,} {name}" for name, count in counts.items() if count]
    if row.rate is not None:
        parts.append(f"{rate(row.rate)}")
    if row.left is not None:
        parts.append(f"about {duration(row.left)} left")
    return f"{row.task}: {', '.join(parts)}"


_UNITS = ((1.0, "s"), (60.0, "min"), (3600.0, "h"))
_MANY = 10


def rate(per_second: float) -> str:
    """Write a rate in the smallest unit that shows a digit before the point."""
    scale, unit = next((one for one in _UNITS if per_second * one[0] >= 1), _UNITS[-1])
    number = per_second * scale
    return f"{number:,.0f}/{unit}" if number >= _MANY else f"{number:.1f}/{unit}"
