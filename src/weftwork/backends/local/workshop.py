"""Worker processes: how they are started, where they log, how they are ended."""

import asyncio
import itertools
import marshal
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from weftwork.backends.local.calls import Call
from weftwork.backends.local.printing import read_output
from weftwork.backends.local.worker import Worker
from weftwork.codecs.buffers import BufferFile
from weftwork.core.packing import Grant
from weftwork.engine.site import Site
from weftwork.process.client import End, Spawn, Supervisors
from weftwork.process.environment import Settings, child_environment
from weftwork.process.worker.wire import BOOT, OUTPUT, StartWire

_ROOT = str(Path(__file__).parents[3])
_LAST_WAIT = 3.0
"""Seconds beyond the grace that closing waits for the deaths of workers."""


class Workshop:
    """The worker processes of one engine.

    Args:
        site: Of the engine.
        supervisors: Who start and end processes.
        gpus: Names of the devices, by number.
    """

    def __init__(self, site: Site, supervisors: Supervisors, gpus: Sequence[str]) -> None:
        self._site = site
        self._gpus = gpus
        self._supervisors = supervisors
        self._shelf = site.shelf
        self._numbers = itertools.count(1)
        self._start: BufferFile | None = None
        self._empty = asyncio.Event()
        self.alive: dict[str, Worker] = {}

    def hire(
        self,
        grant: Grant,
        on_answer: Callable[[Worker], None],
        on_end: Callable[[Worker, End], None],
    ) -> Worker:
        """Start a worker.

        Args:
            grant: What it runs on.
            on_answer: Called when it has answered.
            on_end: Called once, when it is dead.

        Raises:
            OSError: There are no descriptors for it, or no directory to work in.
            BackendError: No room for what workers are told.
        """
        worker = Worker(f"worker-{next(self._numbers)}", grant, self._shelf)
        try:
            spawn = self._spawn(worker, grant)
        except BaseException:
            worker.close()
            raise
        self.alive[worker.name] = worker
        loop = asyncio.get_running_loop()
        loop.add_reader(worker.bell, on_answer, worker)

        def end(how: End) -> None:
            loop.remove_reader(worker.bell)
            del self.alive[worker.name]
            on_end(worker, how)
            worker.close()
            self._clean(worker)
            if not self.alive:
                self._empty.set()

        self._supervisors.spawn(spawn, end)
        return worker

    def kill(self, worker: Worker, grace: float) -> None:
        """End a worker and whatever its functions started: TERM, KILL after `grace` seconds."""
        worker.is_dying = True
        self._supervisors.kill(worker.name, grace)

    def end(self, worker: Worker, call: Call, grace: float) -> None:
        """End the running call: an async body on its loop, any other with its worker."""
        if not (call.work.task.is_async and worker.cancel(call)):
            self.kill(worker, grace)
            return

        def insist() -> None:
            if call in worker.calls:
                self.kill(worker, 0.0)

        clock = self._site.clock
        clock.call_at(clock.now() + grace, insist)

    def logs(self, worker: Worker, place: str) -> Path | None:
        """Return the directory of what a dead worker's last call printed; None if nothing."""
        log = self._log(worker)
        if not log.exists() or not log.stat().st_size:
            return None
        directory = self._site.directory.make("logs", place)
        log.rename(directory / OUTPUT)
        return directory

    def printed_so_far(self, worker: Worker, shown: int) -> bytes:
        """Return the whole lines that follow `shown` bytes in the output of the running call."""
        lines, newline, _ = read_output(self._log(worker), shown).rpartition(b"\n")
        return lines + newline

    def last_words(self, worker: Worker) -> str:
        """Return the last line that a dead worker printed, or ""."""
        log = self._log(worker)
        lines = log.read_text(errors="replace").split("\n") if log.exists() else []
        return next((line for line in reversed(lines) if line.strip()), "")

    async def close(self, grace: float) -> None:
        """End all workers and wait until they are dead."""
        self._empty.clear()
        for worker in self.alive.values():
            self.kill(worker, grace)
        if self.alive:
            # The supervisors, closed next, have the last word on what is not dead by then.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), grace + _LAST_WAIT)
        self._start = None

    def _spawn(self, worker: Worker, grant: Grant) -> Spawn:
        if self._start is None:
            self._supervisors.sweep(self._shelf.shared)
            self._start = self._shelf.put(marshal.dumps(self._start_wire()))
        log = self._log(worker)
        return Spawn(
            token=worker.name,
            argv=[sys.executable, "-c", BOOT, _ROOT, self._start.path, worker.name],
            env=self._environment(grant),
            cwd=Path.cwd(),
            stdout=log,
            stderr=log,
            cpus=grant.cores or None,
            fds=worker.given,
        )

    def _environment(self, grant: Grant) -> dict[str, str]:
        gpus = [self._gpus[number] for number in grant.gpus]
        return child_environment(os.environ, Settings(), threads=len(grant.cores), gpus=gpus)

    def _start_wire(self) -> StartWire:
        session = str(self._site.directory.make())
        keep = self._site.settings.keep
        return list(sys.path), list(sys.argv), str(self._shelf.shared), session, keep

    def _log(self, worker: Worker) -> Path:
        return self._site.directory.make("logs") / f"{worker.name}.log"

    def _clean(self, worker: Worker) -> None:
        self._shelf.sweep(worker.name)
        log = self._log(worker)
        if log.exists() and not log.stat().st_size:
            log.unlink()
