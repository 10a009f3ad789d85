"""How programs end, and what is said of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import pytest

from backends.lanes import FIRST, Lane, opened
from weftwork.core.commands import CancelReason
from weftwork.core.model import Cause
from weftwork.engine.ports import (
    BackendSettings,
    Cancelled,
    Failed,
    Lost,
    Report,
    Started,
    Succeeded,
)
from weftwork.engine.work import Failure
from weftwork.tasks.command import Launch, Text
from weftwork.tasks.files import Out

T = TypeVar("T")


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    path = tmp_path / "session"
    path.mkdir()
    return path


def play(
    parent: Path,
    scene: Callable[[Lane], Awaitable[T]],
    settings: BackendSettings | None = None,
) -> T:
    async def main() -> T:
        async with opened(parent, settings or BackendSettings(grace=0.2)) as lane:
            return await scene(lane)

    return asyncio.run(main())


def sh(
    script: str,
    *,
    env: Mapping[str, str] | None = None,
    stdin: Text | None = None,
    files: Mapping[str, Text] | None = None,
    outs: Mapping[str, Out] | None = None,
) -> Launch:
    return Launch(
        ("sh", "-c", script), env=env or {}, stdin=stdin, files=files or {}, outs=outs or {}
    )


def test_an_exit_code_that_is_not_ok_fails_with_the_last_words(parent: Path) -> None:
    launch = sh("echo first >&2; echo 'ERROR: unknown pair style' >&2; exit 3")
    failure = play(parent, lambda lane: lane.fail(launch))
    assert (failure.cause, failure.exit_code, failure.signal) == (Cause.EXIT_CODE, 3, None)
    assert failure.logs is not None
    assert failure.message == (
        f"exit code 3; its stderr ends with 'ERROR: unknown pair style' ({failure.logs / 'stderr'})"
    )


def test_last_words_may_be_on_standard_output(parent: Path) -> None:
    failure = play(parent, lambda lane: lane.fail(sh("echo 'ERROR on stdout'; exit 1")))
    assert "its stdout ends with 'ERROR on stdout'" in failure.message


def test_last_words_that_are_no_text_are_shown_all_the_same(parent: Path) -> None:
    failure = play(parent, lambda lane: lane.fail(sh(r"printf '\377\376bad' >&2; exit 1")))
    assert "��bad" in failure.message


def test_other_codes_may_be_ok(parent: Path) -> None:
    launch = Launch(("sh", "-c", "exit 4"), ok_codes=frozenset({0, 4}))
    assert play(parent, lambda lane: lane.succeed(launch)).exit_code == 4


def test_a_signal_is_named(parent: Path) -> None:
    failure = play(parent, lambda lane: lane.fail(sh("kill -ABRT $$")))
    assert (failure.cause, failure.signal) == (Cause.SIGNAL, 6)
    assert failure.message.startswith("ended by signal 6 (SIGABRT); it printed nothing")


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        (("no-such-program",), Cause.NOT_FOUND),
        (("/etc/passwd",), Cause.NOT_EXECUTABLE),
        (("/bin/sh", "x" * 200_000), Cause.BAD_INPUT),
    ],
)
def test_a_program_that_cannot_start_says_why(
    parent: Path, argv: tuple[str, ...], cause: Cause
) -> None:
    failure = play(parent, lambda lane: lane.fail(Launch(argv)))
    assert failure.cause is cause
    assert argv[0] in failure.message


def test_a_cancelled_program_is_dead_before_that_is_said(parent: Path) -> None:
    async def scene(lane: Lane) -> Cancelled:
        lane.start(sh("sleep 100 & wait"))
        await lane.wait(Started)
        lane.lane.cancel(FIRST, CancelReason.REQUEST)
        return await lane.wait(Cancelled)

    cancelled = play(parent, scene)
    assert cancelled.logs is not None
    assert (cancelled.logs / "stdout").exists()


def test_a_program_cancelled_before_it_started_never_starts(parent: Path) -> None:
    async def scene(lane: Lane) -> list[type[Report]]:
        lane.start(sh("sleep 100"))
        lane.lane.cancel(FIRST, CancelReason.REQUEST)
        await lane.wait(Cancelled)
        return [type(report) for report in lane.reports if not isinstance(report, Started)]

    assert play(parent, scene) == [Cancelled]


@pytest.mark.parametrize(
    ("why", "cause"),
    [(CancelReason.TIMEOUT, Cause.TIMEOUT), (CancelReason.WALLTIME, Cause.WALLTIME)],
)
def test_a_limit_that_passed_is_a_failure(parent: Path, why: CancelReason, cause: Cause) -> None:
    async def scene(lane: Lane) -> Failure:
        lane.start(sh("echo so far; sleep 100"))
        await lane.wait(Started)
        lane.lane.cancel(FIRST, why)
        return (await lane.wait(Failed)).failure

    failure = play(parent, scene)
    assert failure.cause is cause
    assert f"its {cause.value} passed" in failure.message


def test_an_end_that_comes_before_the_cancellation_counts(parent: Path) -> None:
    async def scene(lane: Lane) -> list[type[Report]]:
        await lane.run(sh("exit 0"))
        lane.lane.cancel(FIRST, CancelReason.REQUEST)
        return [type(report) for report in lane.reports]

    assert play(parent, scene) == [Started, Succeeded]


def test_closing_cancels(parent: Path) -> None:
    async def scene(lane: Lane) -> list[type[Report]]:
        lane.start(sh("sleep 100"))
        await lane.wait(Started)
        await lane.lane.close(0.2)
        return [type(report) for report in lane.reports]

    assert play(parent, scene) == [Started, Cancelled]


def test_an_attempt_whose_supervisor_was_killed_is_lost(parent: Path) -> None:
    async def scene(lane: Lane) -> Lost:
        lane.start(sh("kill -9 $PPID; sleep 100"))
        return await lane.wait(Lost)

    assert "was killed" in play(parent, scene).message
