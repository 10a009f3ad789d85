"""One-line bugs to plant in copies of the core, to see whether its tests notice."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = "20"
"""Of each hypothesis test: what needs more luck than this should be a scenario, too."""


class Mutant(NamedTuple):
    """A bug: `old`, which occurs once in `file` of the core, becomes `new`."""

    file: str
    old: str
    new: str


MUTANTS = [
    Mutant("graph.py", "number = last.number + 1", "number = last.number"),
    Mutant("graph.py", "if not self.turn.is_doomed(node.item):", "if True:"),
    Mutant("turn.py", "heappop(self._doomed)", "self._doomed.pop()"),
    Mutant(
        "release.py", "_NONE, frozenset({_SKIPPED, _CANCELLED})", "_NONE, frozenset({_SKIPPED})"
    ),
    Mutant("scheduler.py", "node.failures > retry.repeats", "node.failures >= retry.repeats"),
    Mutant("scheduler.py", "sorted(items, reverse=True)", "list(items)"),
    Mutant("node.py", "if heir.state is TaskState.LOOKUP:", "if heir:"),
    Mutant("groups.py", "if item not in kept:", "if item in kept:"),
    Mutant("pool.py", "len(self._gpus) - self._held_gpus", "len(self._gpus)"),
    Mutant("packing.py", "pool.hold(queue.bundle)", "pool.hold(Bundle(1))"),
]


def survives(mutant: Mutant | None, place: Path) -> bool:
    """Run the core's quick tests on a copy of the package made in `place`, with the bug."""
    package = shutil.copytree(REPOSITORY / "src" / "weftwork", place / "weftwork")
    if mutant is not None:
        file = package / "core" / mutant.file
        source = file.read_text()
        assert source.count(mutant.old) == 1, f"{mutant.file} holds this not once: {mutant.old}"
        file.write_text(source.replace(mutant.old, mutant.new))
    options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", "-o"]
    run = subprocess.run(  # noqa: S603 - our own interpreter on our own tests
        [sys.executable, "-m", "pytest", *options, f"pythonpath={place} tests", "tests/core"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(place), "WEFT_EXAMPLES": EXAMPLES},
        capture_output=True,
        check=False,
    )
    return run.returncode == 0
