"""How long a process takes to start, and an engine in it to give a first result."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.rows import Budget, Row
from benchmarks.sizes import Size
from benchmarks.watches import Took, interleaved, stopwatch

_FIRST = """
import asyncio, time
import weftwork as ww

@ww.task
def double(number: int) -> int:
    return 2 * number

async def main():
    began = time.perf_counter()
    async with ww.WorkflowEngine(workers=2):
        await double(1)
        print(time.perf_counter() - began)

asyncio.run(main())
"""
_FIRST_RAW = """
import asyncio, time

def double(number):
    return 2 * number

began = time.perf_counter()
from concurrent.futures import ProcessPoolExecutor
with ProcessPoolExecutor(2) as pool:
    pool.submit(double, 1).result()
    print(time.perf_counter() - began)
"""
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


def first_result(size: Size) -> Iterator[Row]:
    """Measure from `async with` to the first value, in a script that has imported us."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = {"ours": Path(folder, "ours.py"), "raw": Path(folder, "raw.py")}
        scripts["ours"].write_text(_FIRST, encoding="utf-8")
        scripts["raw"].write_text(_FIRST_RAW, encoding="utf-8")
        took = interleaved(
            2 * size.repeats, {name: partial(_told, path) for name, path in scripts.items()}
        )
    yield Row(
        "first result after `async with`, worker processes",
        took["ours"].wall,
        "s",
        Budget(0.3),
        took["raw"].wall,
        "ProcessPoolExecutor (forks)",
        note=f"{took['ours'].cpu * 1e3:.0f} ms of CPU for the whole script",
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


def _told(script: Path) -> Took:
    """Run a script that prints how many seconds it took for what matters."""
    with stopwatch() as took:
        ended = subprocess.run(  # noqa: S603 - our own
            [sys.executable, script], check=True, capture_output=True, text=True
        )
    return Took(float(ended.stdout.split()[-1]), took.cpu)
