"""Runs what was found in a script: engine, display, signals, result and summary together."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from inspect import iscoroutine
from typing import TextIO

from weftwork.cli.codes import ExitCode, code_of
from weftwork.cli.complaints import show_failure
from weftwork.cli.display import Display, Painter, Silence
from weftwork.cli.flags import RunFlags, run_flags
from weftwork.cli.interrupts import Interrupts
from weftwork.cli.parameters import Parsed
from weftwork.cli.plain import PlainLines
from weftwork.cli.results import show_result
from weftwork.cli.script import Target
from weftwork.cli.summary import summary
from weftwork.errors import TaskCancelled
from weftwork.session.defaults import EngineDefaults, RunningEngine, engines_default_to
from weftwork.session.engine import WorkflowEngine
from weftwork.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Returned:
    """The run came to its end with this value."""

    value: object


Outcome = Returned | BaseException
Body = Coroutine[object, object, object]
Guard = Callable[[Body], Body]


def execute(target: Target, parsed: Parsed) -> int:
    """Run the target, show how it goes, print its result and return the exit code."""
    flags = run_flags(parsed.flags)
    display = Display(painter(sys.stderr, quiet=flags.quiet or flags.dry_run))
    display.start()
    with Interrupts(display.say) as interrupts:
        try:
            with engines_default_to(_defaults(flags, display, interrupts)):
                outcome = _outcome(target, parsed, interrupts)
        finally:
            elapsed = display.close()
        _report(outcome, display, flags, elapsed)
    if interrupts.code is not None:
        return interrupts.code
    return _code(outcome)


def painter(stream: TextIO, *, quiet: bool) -> Painter:
    """Return what shows progress on this stream: a live table where it can be redrawn."""
    if quiet:
        return Silence()
    if not stream.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        return PlainLines(stream)
    from rich.console import Console  # noqa: PLC0415 - only where there is a terminal

    from weftwork.cli.table import LiveTable  # noqa: PLC0415

    return LiveTable(Console(file=stream))


def _defaults(flags: RunFlags, display: Display, interrupts: Interrupts) -> EngineDefaults:
    numbers = iter(range(sys.maxsize))

    def made(engine: RunningEngine) -> None:
        engine.subscribe(partial(display.hear, engine=next(numbers)))
        interrupts.watch(engine)

    return EngineDefaults(
        backend=flags.backend,
        workers=flags.workers,
        workdir=flags.workdir,
        dry_run=flags.dry_run,
        keep=flags.keep,
        quiet=flags.quiet,
        made=made,
    )


def _outcome(target: Target, parsed: Parsed, interrupts: Interrupts) -> Outcome:
    try:
        return Returned(run_target(target, parsed, interrupts.guard))
    except BaseException as error:  # noqa: BLE001 - the script is the user's; all is reported
        return error


def run_target(target: Target, parsed: Parsed, guard: Guard) -> object:
    """Run the target on a loop, or as it is if it needs none, and return its value.

    Args:
        target: A block or task gets an engine, made of the defaults; a function makes its own.
        parsed: Its arguments.
        guard: Wraps what the loop is to run.
    """
    if target.task is not None:
        return asyncio.run(guard(_in_an_engine(target.task, parsed)))
    value = target.function(*parsed.args, **parsed.kwargs)
    return asyncio.run(guard(value)) if iscoroutine(value) else value


async def _in_an_engine(task: Task[..., object], parsed: Parsed) -> object:
    async with WorkflowEngine():
        return await task(*parsed.args, **parsed.kwargs)


def _report(outcome: Outcome, display: Display, flags: RunFlags, elapsed: float) -> None:
    told = None
    if isinstance(outcome, Returned):
        if not flags.dry_run:
            show_result(outcome.value, as_json=flags.json)
    else:
        told = _explain(outcome)
    rows = display.progress.rows(elapsed)
    if flags.dry_run or not rows or (flags.quiet and isinstance(outcome, Returned)):
        return
    causes = [cause for cause in display.progress.causes() if cause.label != told]
    sys.stderr.write("\n".join(summary(rows, causes, elapsed)) + "\n")


def _explain(error: BaseException) -> str | None:
    match error:
        case KeyboardInterrupt() | asyncio.CancelledError() | TaskCancelled():
            sys.stderr.write("weft: stopped before the end\n")
        case SystemExit():
            if isinstance(error.code, str):
                sys.stderr.write(f"{error.code}\n")
        case _:
            return show_failure(error)
    return None


def _code(outcome: Outcome) -> int:
    match outcome:
        case Returned():
            return ExitCode.OK
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case SystemExit(code=int(code)):
            return code
        case SystemExit(code=None):
            return ExitCode.OK
        case _:
            return code_of(outcome)
