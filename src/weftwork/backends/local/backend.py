"""The local backend: this machine, in one of three modes for Python functions."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from weftwork.backends.local.bundles import function_refusal
from weftwork.backends.local.machine import Machine
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause
from weftwork.engine.ports import Capacity, Failed, Report, Reports
from weftwork.engine.site import Site
from weftwork.engine.work import Failure, FunctionWork, Work
from weftwork.errors import InternalError

if TYPE_CHECKING:
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
        """Get ready. Workers and threads are started by the first work that needs them."""
        self._reports = reports
        self._lane = self._open_lane(self._site, self._machine, reports)

    def submit(self, works: Sequence[Work]) -> None:
        """Send each work the way of its kind."""
        calls: list[FunctionWork] = []
        refused: list[Report] = []
        for work in works:
            if work.resources is not None and (no := function_refusal(work.resources)):
                refused.append(Failed(work.attempt, Failure(Cause.BAD_INPUT, no)))
            elif isinstance(work, FunctionWork):
                calls.append(work)
        if calls:
            self._opened.submit(calls)
        if refused and self._reports:
            self._reports(refused)

    def cancel(self, attempts: Sequence[Attempt], why: CancelReason) -> None:
        """End what has not ended."""
        self._opened.cancel(attempts, why)

    def refuse(self, resources: "Resources") -> str | None:
        """Return why this machine can never give what was asked for, else None."""
        return self._machine.refuse(resources)

    def why(self, attempt: Attempt) -> str:
        """Return one sentence: why the attempt has not started, or where it runs."""
        return self._opened.why(attempt)

    async def close(self, grace: float) -> None:
        """End everything within `grace` seconds, then kill it."""
        if self._lane is not None:
            await self._lane.close(grace)
        await self._machine.close(grace)

    @property
    def _opened(self) -> FunctionLane:
        if self._lane is None:
            raise InternalError(f"backend {self._mode!r} was used before it was opened")
        return self._lane
