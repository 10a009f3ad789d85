"""What functions print, on its way to the terminal: not more than one can read."""

from pathlib import Path

from weftwork.core.model import Attempt
from weftwork.engine.ports import Clock, Printed
from weftwork.process.worker.wire import HEAD

LINES_PER_SECOND = 100


def read_output(path: Path, offset: int) -> bytes:
    """Return how a file goes on after `offset` bytes, up to `HEAD` of them; b"" without a file."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(HEAD)
    except FileNotFoundError:
        return b""


class Printing:
    """Passes on the first lines of each second and counts the others.

    Args:
        clock: The engine's.
        quiet: Whether nothing is passed on.
    """

    def __init__(self, clock: Clock, *, quiet: bool) -> None:
        self._clock = clock
        self._quiet = quiet
        self._second = 0.0
        self._left = LINES_PER_SECOND

    def printed(self, attempt: Attempt, text: str, place: str) -> Printed | None:
        """Return what to report of `text`, printed by `attempt` and kept in `place`."""
        if self._quiet or not text:
            return None
        now = self._clock.now()
        if now >= self._second + 1.0:
            self._second, self._left = now, LINES_PER_SECOND
        if self._left <= 0:
            return None
        lines = text.splitlines()
        shown, hidden = lines[: self._left], len(lines) - self._left
        self._left -= len(lines)
        if hidden > 0:
            shown.append(f"... and {hidden} lines more in {place}")
        return Printed(attempt, "\n".join(shown) + "\n")
