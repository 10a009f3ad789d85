"""How long a process takes to start, over a bare `python -c pass`."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.rows import Budget, Row
from benchmarks.sizes import Size
from benchmarks.watches import Took, interleaved, stopwatch

_SCRIPT = """
import weftwork as ww

@ww.task
def double(number: int) -> int:
    return 2 * number
"""


def startup(size: Size) -> Iterator[Row]:
    """Measure the whole process, from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.py")
        script.write_text(_SCRIPT, encoding="utf-8")
        commands = {
            "pass": ["-c", "pass"],
            "import weftwork": ["-c", "import weftwork"],
            "a script with one @ww.task": [str(script)],
            "weft --help": ["-m", "weftwork.cli.main", "--help"],
            "weft run --help": ["-m", "weftwork.cli.main", "run", "--help"],
        }
        took = interleaved(
            4 * size.repeats, {name: _starting(words) for name, words in commands.items()}
        )
    bare = took.pop("pass")
    for name, mine in took.items():
        limit = _BUDGETS[name]
        yield Row(
            f"{name}, over `python -c pass`",
            (mine.wall - bare.wall) * 1e3,
            "ms",
            None if limit is None else Budget(limit),
            bare.wall * 1e3,
            "python -c pass",
            note=f"{(mine.cpu - bare.cpu) * 1e3:.0f} ms of CPU more than bare",
        )


_BUDGETS = {
    "import weftwork": None,
    "a script with one @ww.task": 120.0,
    "weft --help": 80.0,
    "weft run --help": 300.0,
}


def _starting(words: list[str]) -> Callable[[], Took]:
    def start() -> Took:
        with stopwatch() as took:
            subprocess.run(  # noqa: S603 - our own
                [sys.executable, *words], check=True, stdout=subprocess.DEVNULL
            )
        return took

    return start
