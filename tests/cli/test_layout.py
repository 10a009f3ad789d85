"""The table as lines: all numbers whole, as much as fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftwork.cli.layout import choose, table
from weftwork.cli.progress import Row


def row(task: str, **counts: int) -> Row:
    return Row(task=task, kind="function", **{"added": 10, **counts})


def lines(*rows: Row, width: int = 100, height: int = 25) -> list[str]:
    found = table(rows, width=width, height=height, elapsed=12.0)
    return ["".join(text for text, _ in line) for line in found]


BUSY = Row(
    task="diffusion_of_each_replica",
    kind="function",
    added=100_000,
    succeeded=4_000,
    failed=3,
    skipped=20,
    running=16,
    retries=4,
    rate=3_210.0,
    left=250.0,
    oldest=4_001,
    age=204.0,
)


def test_a_kind_of_task_is_one_line() -> None:
    assert lines(row("melt", succeeded=4, running=2), row("analyse")) == [
        "task (12 s)  done  running  waiting",
        "melt         4/10        2        4",
        "analyse      0/10        0       10",
    ]


def test_only_what_happened_has_a_column() -> None:
    header, *_ = lines(row("melt", failed=1, succeeded=9))
    assert header.split() == ["task", "(12", "s)", "done", "running", "waiting", "failed"]


def test_all_that_is_known_is_shown_where_there_is_room() -> None:
    assert lines(BUSY, width=130)[1].split(maxsplit=9) == [
        "diffusion_of_each_replica",
        "4,023/100,000",
        "16",
        "95,961",
        "3",
        "20",
        "4",
        "3,210/s",
        "4",
        "min 10 s  [4001] 3 min 24 s",
    ]


def test_with_less_room_estimates_go_before_counts() -> None:
    header, line = lines(BUSY, width=72)
    assert header.split()[3:] == ["done", "running", "waiting", "failed", "skipped"]
    assert "4,023/100,000" in line


def test_a_block_is_called_one() -> None:
    assert lines(Row(task="campaign", kind="block", added=1))[1].startswith("campaign (block)")


@given(width=st.integers(40, 200), height=st.integers(3, 40), kinds=st.integers(1, 50))
def test_the_table_fits_the_terminal(width: int, height: int, kinds: int) -> None:
    found = lines(
        BUSY, *(row(f"task_number_{n}") for n in range(kinds)), width=width, height=height
    )
    assert max(len(line) for line in found) <= width
    assert len(found) <= height


@pytest.mark.parametrize("width", [45, 60, 80, 120])
def test_no_number_is_cut(width: int) -> None:
    _, line = lines(BUSY, width=width)
    assert "…" not in line[line.index("  ") :]


def test_more_kinds_than_lines_leave_out_the_dull_ones() -> None:
    rows = [row(f"done{number}", succeeded=10) for number in range(30)]
    rows.insert(7, row("busy", running=1))
    rows.append(row("broken", failed=1, succeeded=9))
    shown, hidden = choose(rows, 10)
    names = [one.task for one in shown]
    assert (len(shown), hidden) == (10, 22)
    assert {"busy", "broken"} < set(names)
    assert names.index("busy") < names.index("broken")
    assert lines(*rows, height=12)[-1] == "and 22 more kinds of task"
