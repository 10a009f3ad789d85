"""Progress as one live table on a terminal. The one door to rich."""

import sys

from rich.console import Console
from rich.live import Live
from rich.text import Text

from weftwork.cli.display import Picture
from weftwork.cli.layout import table

MARGIN = 2
"""Lines of the terminal that the table leaves free."""


class LiveTable:
    """One line per kind of task, redrawn in place; what is said scrolls above it.

    Args:
        console: Where to: standard error.
    """

    shows_ages = True

    def __init__(self, console: Console) -> None:
        self._console = console
        # What a block prints while the table stands must not tear it. Redirected output is no
        # terminal and is left alone.
        self._live = Live(
            console=console,
            auto_refresh=False,
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=True,
        )

    def paint(self, picture: Picture) -> None:
        """Draw the table anew."""
        self._live.start()
        for line in picture.lines:
            self._console.print(Text.from_ansi(line), soft_wrap=True)
        self._live.update(self._table(picture), refresh=True)

    def finish(self, picture: Picture) -> None:
        """Leave the last table standing."""
        self.paint(picture)
        self._live.stop()

    def _table(self, picture: Picture) -> Text:
        if not picture.rows:
            return Text("")
        lines = table(
            picture.rows,
            width=self._console.width,
            height=self._console.height - MARGIN,
            elapsed=picture.elapsed,
        )
        return Text("\n", no_wrap=True).join(Text.assemble(*line) for line in lines)
