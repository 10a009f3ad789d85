"""`python -m benchmarks [NAME...] [--share 0.1] [--repeats 5] [--json FILE]`."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.catalogue import BENCHMARKS
from benchmarks.fresh import measured
from benchmarks.machine import description
from benchmarks.rows import Row, table
from benchmarks.sizes import Size

RESULTS = Path(__file__).parent / "RESULTS.md"
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; return the exit code."""
    asked = _parser().parse_args(argv)
    machine = description()
    names: list[str] = asked.names or list(BENCHMARKS)
    size = Size(asked.share, asked.repeats)
    rows: list[Row] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows += measured(name, size)
    print(table(rows))
    when = f"{datetime.now(UTC):%Y-%m-%d}"
    if asked.json:
        facts = {"date": when, "machine": machine, "rows": [row.facts() for row in rows]}
        asked.json.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    if not asked.names and asked.share == 1:
        _keep(when, machine, rows)
    return 0


def _keep(when: str, machine: dict[str, str], rows: Sequence[Row]) -> None:
    """Put the table into the page, between what is written by hand."""
    page = RESULTS.read_text(encoding="utf-8")
    head, rest = page.split(_BEGIN)
    tail = rest.split(_END)[1]
    facts = "\n".join(f"- {name}: {text}" for name, text in {"date": when, **machine}.items())
    RESULTS.write_text(
        f"{head}{_BEGIN}\n\n{facts}\n\n{table(rows)}\n\n{_END}{tail}", encoding="utf-8"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHMARKS, []])
    parser.add_argument("--share", type=float, default=1.0, help="of the full sizes")
    parser.add_argument("--repeats", type=int, default=5, help="of each, by turns")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
