"""What is said at the end of a run. Pure."""

from collections.abc import Sequence

from weftwork.cli.progress import CauseOfFailure, Row, counted, duration

NOTHING_RECORDED = "nothing is recorded: this version has no store"


def summary(rows: Sequence[Row], causes: Sequence[CauseOfFailure], elapsed: float) -> list[str]:
    """Return the closing lines: counts and wall time, then the first distinct causes of failure."""
    tasks = [row for row in rows if row.kind != "block"]
    return [f"{_counts(tasks or rows)} in {duration(elapsed)}; {NOTHING_RECORDED}"] + [
        line for cause in causes for line in _cause(cause)
    ]


def _counts(rows: Sequence[Row]) -> str:
    counts = {
        "succeeded": sum(row.succeeded for row in rows),
        "failed": sum(row.failed for row in rows),
        "skipped": sum(row.skipped for row in rows),
        "cancelled": sum(row.cancelled for row in rows),
    }
    said = [f"{count:,} {name}" for name, count in counts.items() if count or name == "succeeded"]
    return f"{counted(sum(row.added for row in rows), 'task')}: {', '.join(said)}"


def _cause(cause: CauseOfFailure) -> list[str]:
    message = cause.message
    lines = [message if cause.label in message else f"{cause.label}: {message}"]
    if cause.logs is not None:
        lines += [f"  logs: {cause.logs}", f"  next: less {cause.logs}/*"]
    return lines
