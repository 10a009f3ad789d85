"""Progress as lines: few, and each says something new."""

import io
from collections.abc import Sequence

import pytest

from weftwork.cli.display import Picture
from weftwork.cli.plain import PlainLines, describe, rate
from weftwork.cli.progress import Row


def shown(*pictures: Picture, last: Picture | None = None) -> list[str]:
    stream = io.StringIO()
    lines = PlainLines(stream)
    for picture in pictures:
        lines.paint(picture)
    if last is not None:
        lines.finish(last)
    return stream.getvalue().splitlines()


def picture(at: float, *rows: Row, lines: Sequence[str] = ()) -> Picture:
    return Picture(at, at, rows, lines)


def melt(done: int, *, running: int = 0, added: int = 1000) -> Row:
    return Row(task="melt", kind="executable", added=added, succeeded=done, running=running)


def test_a_kind_is_told_when_it_starts_and_not_before() -> None:
    assert shown(picture(0, melt(0))) == []
    assert shown(picture(0, melt(0, running=2))) == [
        "melt: 0 of 1,000 done, 2 running, 998 waiting"
    ]


def test_a_thousand_changes_give_a_line_every_ten_seconds() -> None:
    lines = shown(*(picture(at / 10, melt(at, running=1)) for at in range(1000)))
    assert len(lines) == 10
    assert lines[1] == "melt: 100 of 1,000 done, 1 running, 899 waiting"


def test_the_end_is_told_unless_it_was() -> None:
    assert shown(picture(0, melt(0, running=1, added=1)), last=picture(1, melt(1, added=1))) == [
        "melt: 0 of 1 done, 1 running",
        "melt: 1 of 1 done",
    ]
    assert shown(picture(0, melt(1, added=1)), last=picture(1, melt(1, added=1))) == [
        "melt: 1 of 1 done"
    ]


def test_what_was_said_comes_before_the_counts() -> None:
    assert shown(picture(0, melt(1, added=1), lines=["melt[1] hello"])) == [
        "melt[1] hello",
        "melt: 1 of 1 done",
    ]


def test_a_row_names_all_that_is_not_zero() -> None:
    row = Row(
        task="melt",
        kind="function",
        added=20,
        succeeded=5,
        failed=1,
        skipped=2,
        cancelled=3,
        running=4,
        rate=2.5,
        left=6.0,
    )
    assert describe(row) == (
        "melt: 11 of 20 done, 1 failed, 2 skipped, 3 cancelled, 4 running, 5 waiting, "
        "2.5/s, about 6.0 s left"
    )


@pytest.mark.parametrize(
    ("per_second", "text"),
    [(12_345.6, "12,346/s"), (2.54, "2.5/s"), (0.1, "6.0/min"), (0.001, "3.6/h"), (1e-5, "0.0/h")],
)
def test_a_rate_is_written_in_a_unit_that_suits_it(per_second: float, text: str) -> None:
    assert rate(per_second) == text
