"""What functions print, on its way to the terminal."""

from weftwork.backends.local.printing import LINES_PER_SECOND, Printing
from weftwork.core.model import Attempt, ItemId
from weftwork.engine.ports import Printed
from weftwork.testing.clocks import JumpClock

A = Attempt(ItemId(1), 1)


def test_lines_are_passed_on_whole() -> None:
    assert Printing(JumpClock(), quiet=False).printed(A, "a\nb", "logs") == Printed(A, "a\nb\n")


def test_a_flood_is_cut_once_a_second_and_says_where_the_rest_is() -> None:
    clock = JumpClock()
    printing = Printing(clock, quiet=False)
    printed = printing.printed(A, "x\n" * (LINES_PER_SECOND + 7), "logs/f.1.1")
    assert printed is not None
    lines = printed.text.splitlines()
    assert lines[-1] == "... and 7 lines more in logs/f.1.1"
    assert len(lines) == LINES_PER_SECOND + 1
    assert printing.printed(A, "more\n", "logs") is None
    clock.advance(1.0)
    assert printing.printed(A, "more\n", "logs") == Printed(A, "more\n")


def test_quiet_is_quiet() -> None:
    assert Printing(JumpClock(), quiet=True).printed(A, "a\n", "logs") is None
