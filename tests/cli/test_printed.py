"""What functions print: named, in order, never a flood."""

from weftwork.cli.printed import PER_SECOND, PrintedLines
from weftwork.engine.stream import TaskPrinted


def test_each_line_bears_the_name_of_its_item() -> None:
    lines = PrintedLines()
    lines.put(TaskPrinted(0.0, 12, "diffusion", "one\ntwo"))
    assert lines.take() == ["diffusion[12] one", "diffusion[12] two"]
    assert lines.take() == []


def test_a_flood_is_cut_and_counted() -> None:
    lines = PrintedLines()
    for number in range(PER_SECOND + 50):
        lines.put(TaskPrinted(0.5, 1, "noisy", f"line {number}"))
    *shown, last = lines.take()
    assert len(shown) == PER_SECOND
    assert shown[-1] == f"noisy[1] line {PER_SECOND - 1}"
    assert last == f"... 50 more lines were printed (shown are {PER_SECOND}/s)"


def test_the_next_second_shows_lines_again() -> None:
    lines = PrintedLines()
    for number in range(PER_SECOND + 1):
        lines.put(TaskPrinted(0.5, 1, "noisy", f"line {number}"))
    lines.take()
    lines.put(TaskPrinted(1.6, 1, "noisy", "later"))
    assert lines.take() == ["noisy[1] later"]
