"""The live table, drawn on a terminal that is only remembered."""

import io

from rich.console import Console

from weftwork.cli.display import Picture
from weftwork.cli.progress import Row
from weftwork.cli.table import LiveTable

MELT = Row(task="melt", kind="function", added=10, succeeded=4, running=2)


def drawn(*pictures: Picture) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, height=25, color_system=None)
    table = LiveTable(console)
    for picture in pictures[:-1]:
        table.paint(picture)
    table.finish(pictures[-1])
    return stream.getvalue()


def test_what_is_said_stands_above_the_table() -> None:
    text = drawn(Picture(100.0, 12.0, [MELT], ["melt[1] hello"]))
    assert text.index("melt[1] hello") < text.index("task (12 s)") < text.index("4/10")


def test_a_new_picture_takes_the_place_of_the_old_one() -> None:
    text = drawn(Picture(100.0, 12.0, [MELT], []), Picture(101.0, 13.0, [MELT], []))
    assert text.count("\x1b[1A") == 2


def test_the_cursor_is_shown_again_at_the_end() -> None:
    text = drawn(Picture(100.0, 12.0, [MELT], []))
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
