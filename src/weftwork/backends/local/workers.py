"""Mode `processes`: Python functions on persistent worker processes.

What a backend does with it, all on the engine's loop:

- `WorkerLane(site, supervisors, bookings, bundles, reports, gpus)`; nothing is started yet.
- `submit(works)`: take on attempts; each ends by exactly one report.
- `cancel(attempts, why)`: end them; each is reported when its end was seen. Others are ignored.
- `why(attempt)`: one sentence.
- `await close(grace)`: end all workers. What has not ended is reported as cancelled.

Large values lie on the site's shelf.
"""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from weftwork.backends.local.bookings import Bookings
from weftwork.backends.local.calls import Call, CallWriter
from weftwork.backends.local.crew import Crew
from weftwork.backends.local.news import News
from weftwork.backends.local.printing import Printing
from weftwork.backends.local.tools import Tools
from weftwork.backends.local.workshop import Workshop
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt
from weftwork.core.packing import Bundle
from weftwork.engine.ports import Printed, Report, Reports, Started
from weftwork.engine.site import Site
from weftwork.engine.work import FunctionWork
from weftwork.process.client import Supervisors
from weftwork.process.worker.wire import forget_packet

if TYPE_CHECKING:
    from weftwork.tasks.resources import Resources


WAITING = 32
"""Workers at most for calls that take no core, because they only wait."""


class Bundles(Protocol):
    """What calls need of the machine."""

    most: int
    """Calls at once."""

    def of(self, resources: "Resources | None") -> Bundle:
        """Return what is booked for one call."""
        ...


class WorkerLane:
    """Executes functions on worker processes.

    Args:
        site: Of the engine.
        supervisors: Who start and end processes.
        bookings: Who grant cores, GPUs, memory and named limits.
        bundles: What calls need of them.
        reports: Where the news go.
        gpus: Names of the devices that are granted, by number.
    """

    def __init__(
        self,
        site: Site,
        supervisors: Supervisors,
        bookings: Bookings,
        bundles: Bundles,
        reports: Reports,
        gpus: Sequence[str] = (),
    ) -> None:
        self._bundles = bundles
        self._reports = reports
        self._numbers = itertools.count(1)
        self._calls: dict[Attempt, Call] = {}
        self._crews: dict[Bundle, Crew] = {}
        shelf = site.shelf
        self._workshop = Workshop(site, supervisors, gpus)
        self._writer = CallWriter(shelf, lambda: site.directory.make("workspaces"), self._forget)
        settings = site.settings
        self._tools = Tools(
            self._workshop,
            bookings,
            self._writer,
            News(self._report, Printing(site.clock, quiet=settings.quiet), shelf),
            site.clock,
            settings.grace,
            self._make_room,
        )

    def submit(self, works: Sequence[FunctionWork]) -> None:
        """Take on attempts."""
        batches: dict[Crew, list[Call]] = defaultdict(list)
        for work in works:
            call = Call(work, next(self._numbers), self._bundles.of(work.resources))
            self._calls[work.attempt] = call
            batches[self._crew(call.bundle)].append(call)
        for crew, calls in batches.items():
            crew.submit(calls)

    def cancel(self, attempts: Sequence[Attempt], why: CancelReason) -> None:
        """End attempts: an async body on its loop, a running function with its worker."""
        batches: dict[Crew, list[Call]] = defaultdict(list)
        for attempt in attempts:
            if attempt in self._calls:
                call = self._calls[attempt]
                batches[self._crew(call.bundle)].append(call)
        for crew, calls in batches.items():
            crew.cancel(calls, why)

    def why(self, attempt: Attempt) -> str:
        """Return one sentence: why the attempt has not begun, or where it runs."""
        call = self._calls.get(attempt)
        return "has ended" if call is None else self._crew(call.bundle).why(call)

    async def close(self, grace: float) -> None:
        """End all workers: TERM, KILL after `grace` seconds."""
        for crew in self._crews.values():
            crew.clear()
        await self._workshop.close(grace)
        self._writer.close()

    def _crew(self, bundle: Bundle) -> Crew:
        crew = self._crews.get(bundle)
        if crew is None:
            most = max(1, self._bundles.most // bundle.cores) if bundle.cores else WAITING
            crew = self._crews[bundle] = Crew(bundle, most, self._tools)
        return crew

    def _report(self, reports: Sequence[Report]) -> None:
        for report in reports:
            if not isinstance(report, (Started, Printed)):
                self._calls.pop(report.attempt, None)
        if not self._calls:
            self._writer.rest()
        self._reports(reports)

    def _make_room(self) -> None:
        """End a worker that idles if there are as many as may work at once."""
        if len(self._workshop.alive) < self._bundles.most:
            return
        for crew in self._crews.values():
            worker = crew.spare()
            if worker is not None:
                self._workshop.kill(worker, 0.0)
                return

    def _forget(self, key: int) -> None:
        packet = forget_packet(key)
        # A copy: functions and constants end in any thread.
        for worker in list(self._workshop.alive.values()):
            worker.post(packet)
