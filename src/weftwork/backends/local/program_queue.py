"""Programs on their way to the lane that runs them: each waits for what it needs."""

from collections.abc import Sequence
from functools import partial

from weftwork.backends.local.bundles import bundle_of
from weftwork.backends.local.machine import Machine
from weftwork.backends.local.programs import ProgramLane
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt
from weftwork.core.packing import Grant
from weftwork.engine.ports import Cancelled, Reports
from weftwork.engine.site import Site
from weftwork.engine.work import ProgramWork


class ProgramQueue:
    """Runs programs when the machine has room for them.

    Args:
        site: Of the engine.
        machine: Where each books its bundle.
        reports: Takes the news.
    """

    def __init__(self, site: Site, machine: Machine, reports: Reports) -> None:
        self._machine = machine
        self._reports = reports
        self._waiting: dict[Attempt, ProgramWork] = {}
        self._running: set[Attempt] = set()
        self._lane = ProgramLane(
            machine.supervisors, site, reports, machine.hardware.gpu_names, self._ended
        )

    def submit(self, works: Sequence[ProgramWork]) -> None:
        """Take programs on; each starts when its bundle is granted."""
        for work in works:
            attempt = work.attempt
            self._waiting[attempt] = work
            bundle, begin = bundle_of(work.resources), partial(self._begin, attempt)
            self._machine.request(attempt, bundle, work.priority, begin)

    def cancel(self, attempts: Sequence[Attempt], why: CancelReason) -> None:
        """Take programs out of the line; end those that run. Others are ignored."""
        ended: list[Cancelled] = []
        for attempt in attempts:
            if self._waiting.pop(attempt, None) is None:
                self._lane.cancel(attempt, why)
            else:
                self._machine.withdraw(attempt)
                ended.append(Cancelled(attempt))
        if ended:
            self._reports(ended)

    def why(self, attempt: Attempt) -> str | None:
        """Say what a program waits for or runs on; None if it is not here."""
        if attempt in self._waiting or attempt in self._running:
            return self._machine.why(attempt)
        return None

    async def close(self, grace: float) -> None:
        """End all programs: TERM, KILL after `grace` seconds."""
        self.cancel(list(self._waiting), CancelReason.REQUEST)
        await self._lane.close(grace)

    def _begin(self, attempt: Attempt, grant: Grant) -> None:
        self._running.add(attempt)
        self._lane.start(self._waiting.pop(attempt), grant)

    def _ended(self, attempt: Attempt) -> None:
        self._running.discard(attempt)
        self._machine.release(attempt)
