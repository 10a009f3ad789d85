"""The local backend: this machine, in one of three modes for Python functions."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from weftwork.backends.local.bundles import function_refusal
from weftwork.backends.local.machine import Machine
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause
from weftwork.engine.ports import Capacity, Failed, Reports
from weftwork.engine.site import Site
from weftwork.engine.work import Failure, FunctionWork, ProgramWork, Work
from weftwork.errors import InternalError

if TYPE_CHECKING:
    from weftwork.backends.local.program_queue import ProgramQueue
    from weftwork.tasks.resources import Resources


class FunctionLane(Protocol):
    """How one mode runs functions."""

    def submit(self, works: Sequence[FunctionWork]) -> None:
        """Take calls on."""
        ...

    def cancel(self, attempts: Sequence[Attempt], why: CancelReason, /) -> None:
        """End calls. Those it does not know are ignored."""
        ...

    def why(self, attempt: Attempt) -> str:
        """Say why the call has not started, or where it runs."""
        ...

    async def close(self, grace: float) -> None:
        """End everything."""
        ...


class LocalBackend:
    """Runs functions as its mode does, and programs as all modes do.

    Args:
        mode: Its name: "processes", "threads" or "inline".
        site: Of the engine.
        open_lane: Makes what runs functions, on the loop.
    """

    def __init__(
        self, mode: str, site: Site, open_lane: Callable[[Site, Machine, Reports], FunctionLane]
    ) -> None:
        self._mode = mode
        self._site = site
        self._machine = site.share(Machine, lambda: Machine(site))
        self._open_lane = open_lane
        self._reports: Reports | None = None
        self._lane: FunctionLane | None = None
        self._programs: ProgramQueue | None = None

    @property
    def name(self) -> str:
        """The name of the mode."""
        return self._mode

    @property
    def capacity(self) -> Capacity:
        """What this machine gives to all modes together."""
        return self._machine.capacity

    @property
    def by_value(self) -> bool:
        """Whether functions run in other processes."""
        return self._mode == "processes"

    async def open(self, reports: Reports) -> None:
        """Get ready. Processes and threads are started by the first work that needs them."""
        self._reports = reports
        self._lane = self._open_lane(self._site, self._machine, reports)

    def submit(self, works: Sequence[Work]) -> None:
        """Send each work the way of its kind."""
        calls = [work for work in works if isinstance(work, FunctionWork)]
        if calls:
            self._call(calls)
        if len(calls) < len(works):
            if self._programs is None:
                self._programs = self._open_programs()
            self._programs.submit([work for work in works if isinstance(work, ProgramWork)])

    def _call(self, calls: Sequence[FunctionWork]) -> None:
        lane, reports = self._opened
        refused = {call.attempt: no for call in calls if (no := function_refusal(call.resources))}
        if refused:
            calls = [call for call in calls if call.attempt not in refused]
            reports([Failed(a, Failure(Cause.BAD_INPUT, no)) for a, no in refused.items()])
        lane.submit(calls)

    def _open_programs(self) -> "ProgramQueue":
        # Only where there are programs: what watches them takes a while to import.
        from weftwork.backends.local.program_queue import ProgramQueue  # noqa: PLC0415

        return ProgramQueue(self._site, self._machine, self._opened[1])

    def cancel(self, attempts: Sequence[Attempt], why: CancelReason) -> None:
        """End what has not ended."""
        self._opened[0].cancel(attempts, why)
        if self._programs is not None:
            self._programs.cancel(attempts, why)

    def refuse(self, resources: "Resources") -> str | None:
        """Return why this machine can never give what was asked for, else None."""
        return self._machine.refuse(resources)

    def why(self, attempt: Attempt) -> str:
        """Return one sentence: why the attempt has not started, or where it runs."""
        programs = self._programs
        of_program = programs and programs.why(attempt)
        return of_program or self._opened[0].why(attempt)

    async def close(self, grace: float) -> None:
        """End everything within `grace` seconds, then kill it."""
        lanes = [lane for lane in (self._lane, self._programs) if lane is not None]
        await asyncio.gather(*(lane.close(grace) for lane in lanes))
        await self._machine.close(grace)

    @property
    def _opened(self) -> tuple[FunctionLane, Reports]:
        if self._lane is None or self._reports is None:
            raise InternalError(f"backend {self._mode!r} was used before it was opened")
        return self._lane, self._reports
