"""What happens when tasks fail: retry, give up, skip what depends on it, and go on with the rest.

weft run examples/errors_and_retries.py
python examples/errors_and_retries.py
"""

import tempfile
import time
from pathlib import Path

import weftwork as ww


@ww.task(retry=ww.Retry(times=3, wait=0.05))
def unsteady(counter: Path) -> int:
    """Fail twice, as a licence server does on Monday mornings; succeed at the third try."""
    tries = int(counter.read_text()) + 1 if counter.exists() else 1
    counter.write_text(str(tries))
    if tries < 3:
        raise ConnectionError(f"try {tries}: the licence server does not answer")
    return tries


@ww.task
def broken(value: int) -> float:
    """Fail whatever one does."""
    return value / 0


@ww.task(timeout=0.3)
def endless() -> None:
    """Take longer than is allowed."""
    time.sleep(60)


@ww.task
def report(value: float) -> str:
    """Depend on a result."""
    return f"the value is {value}"


@ww.block
async def mixed_fortunes() -> str:
    """See each kind of end. A failure that is seen here does not fail the block."""
    with tempfile.TemporaryDirectory() as folder:
        tries = await unsteady(Path(folder) / "tries")
    lines = [f"unsteady: succeeded at try {tries}"]

    try:
        await broken(1)
    except ww.TaskFailed as failure:
        lines.append(f"broken: {type(failure.__cause__).__name__}")

    try:
        await report(broken(2))
    except ww.DependencyFailureError as skipped:
        lines.append(f"report: skipped, because {skipped.root_cause}")

    good, late = await ww.gather(report(3.0), endless(), return_exceptions=True)
    lines.append(f"gather: {good!r} and {type(late).__name__}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(ww.run(mixed_fortunes()))
