"""Shows a run while it happens: a thread of its own draws, so that no terminal slows a run down."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from weftwork.cli.printed import PrintedLines
from weftwork.cli.progress import Progress, Row
from weftwork.engine.stream import StreamEvent, TaskPrinted

REFRESH = 0.25
"""Least seconds between two pictures."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be shown at one moment.

    Attributes:
        at: When, seconds.
        elapsed: Seconds since the start.
        rows: One per kind of task.
        lines: To be shown once, above the rows.
    """

    at: float
    elapsed: float
    rows: Sequence[Row]
    lines: Sequence[str]


class Painter(Protocol):
    """How a picture gets to the terminal. Called by one thread."""

    @property
    def shows_ages(self) -> bool:
        """Whether time alone changes the picture."""
        ...

    def paint(self, picture: Picture) -> None:
        """Show it."""
        ...

    def finish(self, picture: Picture) -> None:
        """Show the last one and leave the terminal in order."""
        ...


class Silence:
    """Shows nothing."""

    shows_ages = False

    def paint(self, picture: Picture) -> None:
        """Show nothing."""

    def finish(self, picture: Picture) -> None:
        """Show nothing."""


class Display:
    """Folds events into a `Progress` and has it painted when something changed.

    Args:
        painter: Draws.
        now: The clock of the events.
    """

    def __init__(self, painter: Painter, now: Callable[[], float] = time.monotonic) -> None:
        self.progress = Progress()
        self._painter = painter
        self._now = now
        self._started = now()
        self._changed_at = self._started
        self._printed = PrintedLines()
        self._state = threading.Condition()
        self._has_news = False
        self._is_urgent = False
        self._is_closing = False
        self._thread = threading.Thread(target=self._draw, name="weft-display", daemon=True)

    def start(self) -> None:
        """Begin to draw."""
        self._thread.start()

    def hear(self, events: Sequence[StreamEvent], engine: int = 0) -> None:
        """Take in events of the engine with this number. Any thread; returns at once."""
        with self._state:
            self.progress.fold(events, engine)
            for event in events:
                if isinstance(event, TaskPrinted):
                    self._printed.put(event)
            self._changed_at = self._now()
            self._tell()

    def say(self, sentence: str) -> None:
        """Show a sentence of ours at once. Any thread, also in a signal handler."""
        with self._state:
            self.progress.notices.append(f"weft: {sentence}")
            self._is_urgent = True
            self._has_news = False
            self._tell()

    def close(self) -> float:
        """Show the end and return the seconds since the start."""
        with self._state:
            self._is_closing = self._is_urgent = True
            self._state.notify()
        if self._thread.ident is not None:
            self._thread.join()
        self._show(self._painter.finish)
        return self._now() - self._started

    def patience(self) -> float | None:
        """Return the seconds after which ages are worth drawing again; None: when there is news.

        The longer nothing has happened the rarer, and never while nothing runs.
        """
        now = self._now()
        if not self._painter.shows_ages:
            return None
        if all(row.age is None for row in self.progress.rows(now)):
            return None
        return max(1.0, (now - self._changed_at) / 10)

    def _draw(self) -> None:
        while self._wait_for_news():
            self._show(self._painter.paint)
            with self._state:
                self._state.wait_for(lambda: self._is_urgent, REFRESH)
                self._is_urgent = self._is_closing

    def _show(self, draw: Callable[[Picture], None]) -> None:
        try:
            draw(self._picture())
        except OSError:
            # The terminal went away or the pipe was closed: the run matters more.
            self._painter = Silence()

    def _tell(self) -> None:
        # Once for each picture, however much happens until then.
        if not self._has_news:
            self._has_news = True
            self._state.notify()

    def _wait_for_news(self) -> bool:
        """Wait until there is something to draw; return False at the end."""
        with self._state:
            if not self._has_news and not self._is_closing:
                self._state.wait(self.patience())
            self._has_news = False
            return not self._is_closing

    def _picture(self) -> Picture:
        with self._state:
            at = self._now()
            lines = [*self.progress.notices, *self._printed.take()]
            self.progress.notices.clear()
            return Picture(at, at - self._started, self.progress.rows(at), lines)
