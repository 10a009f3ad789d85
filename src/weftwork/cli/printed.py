"""What functions print, as lines with the item's name, never too many. Pure."""

from collections import deque

from weftwork.engine.stream import TaskPrinted

PER_SECOND = 100


class PrintedLines:
    """Lines waiting to be shown: at most `PER_SECOND` in any second, the others are counted."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=10 * PER_SECOND)
        self._second = float("-inf")
        self._taken = 0
        self._left_out = 0

    def put(self, event: TaskPrinted) -> None:
        """Take in what a function printed."""
        for line in event.text.splitlines():
            if event.at - self._second >= 1.0:
                self._second, self._taken = event.at, 0
            if self._taken < PER_SECOND:
                self._taken += 1
                self._lines.append(f"{event.task}[{event.item}] {line}")
            else:
                self._left_out += 1

    def take(self) -> list[str]:
        """Return, once, what is to be shown now."""
        lines = list(self._lines)
        self._lines.clear()
        if self._left_out:
            lines.append(
                f"... {self._left_out:,} more lines were printed (shown are {PER_SECOND}/s)"
            )
            self._left_out = 0
        return lines
