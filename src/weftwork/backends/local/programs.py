"""The lane of programs: from a granted attempt to its record or failure."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from weftwork.backends.local.outputs import MissingOutputError
from weftwork.backends.local.verdicts import failure_at_limit, failure_of, failure_of_output
from weftwork.backends.local.workspace import Workspace, Workspaces, is_quick
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause
from weftwork.core.packing import Grant
from weftwork.engine.ports import Cancelled, Failed, Lost, Report, Reports, Started, Succeeded
from weftwork.engine.site import Site
from weftwork.engine.work import Failure, ProgramWork
from weftwork.errors import BackendError
from weftwork.process.client import End, Spawn, Supervisors
from weftwork.process.environment import Settings, child_environment
from weftwork.process.launch import find_launchers, launcher, launcher_environment

T = TypeVar("T")

_LAST_WAIT = 3.0
"""Seconds beyond the grace that closing waits for the deaths of programs."""
_SLOW_THREADS = 2


class _Run:
    """One attempt from `start` to its report."""

    __slots__ = ("argv", "grant", "remains", "space", "started", "why", "work")

    def __init__(self, work: ProgramWork, grant: Grant, space: Workspace) -> None:
        self.work = work
        self.grant = grant
        self.space = space
        self.argv = work.launch.argv
        self.started: float | None = None
        self.why: CancelReason | None = None
        self.remains = False

    @property
    def attempt(self) -> Attempt:
        return self.work.attempt

    @property
    def token(self) -> str:
        return f"{self.work.attempt.item}.{self.work.attempt.number}"


class ProgramLane:
    """Runs programs. To be used on the engine's loop.

    Args:
        supervisors: Who start and end processes.
        site: Of the engine.
        reports: Where news go, once a turn.
        gpus: Names of the devices that the numbers in a grant stand for.
        ended: Called when nothing is left of an attempt, so that its grant is free again.
    """

    def __init__(
        self,
        supervisors: Supervisors,
        site: Site,
        reports: Reports,
        gpus: Sequence[str],
        ended: Callable[[Attempt], None],
    ) -> None:
        self._supervisors = supervisors
        self._site = site
        self._reports = reports
        self._gpus = gpus
        self._on_ended = ended
        self._workspaces = Workspaces(site.directory)
        self._runs: dict[Attempt, _Run] = {}
        self._news: list[Report] = []
        self._threads: ThreadPoolExecutor | None = None
        self._aside = 0
        self._idle = asyncio.Event()
        self._programs = os.path.dirname(sys.executable)  # noqa: PTH120
        self._closing = False
        self._environ: Mapping[str, str] | None = None

    def start(self, work: ProgramWork, grant: Grant) -> None:
        """Run an attempt on what it was granted."""
        try:
            run = _Run(work, grant, self._workspaces.open(work))
        except OSError as error:
            self._report(Failed(work.attempt, Failure(Cause.BAD_DIRECTORY, _sentence(error))))
            self._on_ended(work.attempt)
            return
        self._runs[work.attempt] = run
        if is_quick(work.launch):
            self._launch(run, self._prepare(run))
        else:
            self._do_aside(lambda: self._prepare(run), partial(self._launch, run))

    def cancel(self, attempt: Attempt, why: CancelReason) -> None:
        """End an attempt; the report follows its death. Unknown ones are ignored."""
        run = self._runs.get(attempt)
        if run is not None:
            run.why = run.why or why
            self._supervisors.kill(run.token, self._site.settings.grace)

    async def close(self, grace: float) -> None:
        """End all attempts, TERM first, KILL after `grace` seconds."""
        self._closing = True
        for run in self._runs.values():
            self._supervisors.kill(run.token, grace)
        if self._runs or self._aside:
            self._idle.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), grace + _LAST_WAIT)
        self._flush()
        if self._threads is not None:
            self._threads.shutdown(wait=False)

    # Starting.

    def _prepare(self, run: _Run) -> Path | Failure | None:
        """Write the files of an attempt; return the one for its stdin. May run on a thread."""
        try:
            return run.space.prepare(run.work.launch)
        except (OSError, UnicodeError) as error:
            return Failure(Cause.BAD_INPUT, f"its files cannot be written: {_sentence(error)}")

    def _launch(self, run: _Run, stdin: Path | Failure | None) -> None:
        if isinstance(stdin, Failure):
            self._fail(run, stdin)
            return
        if run.why is not None or self._closing:
            self._finish(run, Cancelled(run.attempt))
            return
        try:
            spawn = self._spawn(run, stdin)
        except BackendError as error:
            self._fail(run, Failure(Cause.NOT_FOUND, str(error)))
            return
        self._supervisors.spawn(spawn, partial(self._ended, run), partial(self._began, run))

    def _spawn(self, run: _Run, stdin: Path | None) -> Spawn:
        launch, grant, resources = run.work.launch, run.grant, run.work.resources
        ranks = 1 if resources is None else resources.ranks
        env = child_environment(
            self._environment(),
            Settings(put=launch.env),
            threads=len(grant.cores) // ranks,
            gpus=[self._gpus[number] for number in grant.gpus],
            programs=self._programs,
        )
        if ranks > 1:
            prefix = launcher(ranks, find_launchers(launch.argv[0], env["PATH"]))
            is_root = os.geteuid() == 0
            env = {**launcher_environment(os.path.realpath(prefix[0]), is_root=is_root), **env}
            run.argv = (*prefix, *launch.argv)
        return Spawn(
            token=run.token,
            argv=run.argv,
            env=env,
            cwd=run.space.path,
            stdin=stdin,
            stdout=run.space.stdout,
            stderr=run.space.stderr,
            cpus=grant.cores or None,
        )

    def _environment(self) -> Mapping[str, str]:
        """Return our own environment, read once a turn: that takes a while for each program."""
        if self._environ is None:
            self._environ = dict(os.environ)
            asyncio.get_running_loop().call_soon(self._forget_environment)
        return self._environ

    def _forget_environment(self) -> None:
        self._environ = None

    def _began(self, run: _Run, _pid: int) -> None:
        run.started = self._site.clock.now()
        self._report(Started(run.attempt, run.started))

    # Ending.

    def _ended(self, run: _Run, end: End) -> None:
        """Nothing that was asked to end is left; what ended by itself may be judged."""
        attempt, argv = run.attempt, run.argv
        run.remains = end.remains
        if end.kind in {"lost", "exhausted"}:
            self._finish(run, Lost(attempt, end.message))
        elif end.kind == "not_started" or (end.killed and run.why in {None, CancelReason.REQUEST}):
            self._finish(run, Cancelled(attempt, run.space.keep_logs()))
        elif end.killed and run.why is not None:
            seconds = self._site.clock.now() - (run.started or 0.0)
            self._fail(run, failure_at_limit(run.why, seconds, end, run.space, argv))
        elif end.exit_code not in run.work.launch.ok_codes:
            self._fail(run, failure_of(end, run.space, argv))
        elif any(out.is_glob for out in run.work.launch.outs.values()):
            self._do_aside(lambda: self._judge(run, end), partial(self._finish, run))
        else:
            self._finish(run, self._judge(run, end))

    def _judge(self, run: _Run, end: End) -> Succeeded | Failed:
        """Collect what a program left that did not fail. May run on a thread."""
        space, keep = run.space, self._site.settings.keep
        try:
            outs = space.keep(space.find(run.work.launch), whole=keep)
        except MissingOutputError as missing:
            return Failed(run.attempt, failure_of_output(missing, end, space, run.argv))
        except OSError as error:
            message = f"its outputs cannot be kept: {_sentence(error)}"
            logs = space.keep_logs()
            return Failed(run.attempt, Failure(Cause.MISSING_OUTPUT, message, logs=logs))
        return Succeeded(run.attempt, space.record(outs, end.exit_code or 0))

    def _fail(self, run: _Run, failure: Failure) -> None:
        self._finish(run, Failed(run.attempt, failure))

    def _finish(self, run: _Run, report: Succeeded | Failed | Lost | Cancelled) -> None:
        del self._runs[run.attempt]
        self._report(report)
        self._on_ended(run.attempt)
        if isinstance(report, Succeeded) and not self._site.settings.keep:
            self._clean(run)
        self._rest()

    def _clean(self, run: _Run) -> None:
        # What a program left running may still write into its workspace: nobody else gets it.
        if run.remains or not self._workspaces.empty(run.space):
            self._do_aside(partial(self._workspaces.remove, run.space), lambda _: None)

    # News, and what takes long.

    def _report(self, report: Report) -> None:
        if not self._news:
            asyncio.get_running_loop().call_soon(self._flush)
        self._news.append(report)

    def _flush(self) -> None:
        if self._news:
            news, self._news = self._news, []
            self._reports(news)

    def _do_aside(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """Do on a thread what may take long, and go on with what it gave on the loop."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_SLOW_THREADS, "weftwork-files")
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)

        def done(finished: asyncio.Future[T]) -> None:
            self._aside -= 1
            then(finished.result())
            self._rest()

        self._aside += 1
        future.add_done_callback(done)

    def _rest(self) -> None:
        if not self._runs and not self._aside:
            self._idle.set()


def _sentence(error: OSError | UnicodeError) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)
