"""The closing lines of a run."""

from pathlib import Path

from weftwork.cli.progress import CauseOfFailure, Row
from weftwork.cli.summary import summary

MELT = Row(task="melt", kind="executable", added=20, succeeded=15, failed=2, skipped=3)
BLOCK = Row(task="campaign", kind="block", added=1, succeeded=1)


def test_counts_and_wall_time_are_one_line() -> None:
    assert summary([MELT, BLOCK], [], 83.0) == [
        "20 tasks: 15 succeeded, 2 failed, 3 skipped in 1 min 23 s; "
        "nothing is recorded: this version has no store"
    ]


def test_blocks_are_counted_where_there_is_nothing_else() -> None:
    assert summary([BLOCK], [], 2.0)[0].startswith("1 task: 1 succeeded in 2.0 s")


def test_each_cause_has_its_logs_and_what_to_type() -> None:
    cause = CauseOfFailure("melt[7]", "melt[7] failed: exit code 1", Path("/tmp/x/7"))  # noqa: S108
    bare = CauseOfFailure("add[9]", "no such file", None)
    assert summary([MELT], [cause, bare], 2.0)[1:] == [
        "melt[7] failed: exit code 1",
        "  logs: /tmp/x/7",
        "  next: less /tmp/x/7/*",
        "add[9]: no such file",
    ]
