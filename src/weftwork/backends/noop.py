"""A backend that runs nothing: every attempt succeeds at once with a placeholder."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt
from weftwork.engine.ports import Capacity, Report, Reports, Started, Succeeded
from weftwork.engine.site import Site
from weftwork.engine.work import FunctionWork, Work
from weftwork.errors import InternalError
from weftwork.tasks.placeholders import placeholder, record_placeholder

if TYPE_CHECKING:
    from weftwork.tasks.resources import Resources


class NoopBackend:
    """For dry runs and tests. Needs nothing, refuses nothing, has ended whatever it was given."""

    def __init__(self) -> None:
        self._reports: Reports | None = None

    @property
    def name(self) -> str:
        """`noop`."""
        return "noop"

    @property
    def capacity(self) -> Capacity:
        """No cores; any number of calls."""
        return Capacity(cores=0)

    @property
    def by_value(self) -> bool:
        """Nothing leaves this process."""
        return False

    async def open(self, reports: Reports) -> None:
        """Take the place where reports go."""
        self._reports = reports

    def submit(self, works: Sequence[Work]) -> None:
        """Report each attempt's start and its placeholder."""
        if self._reports is None:
            raise InternalError("backend 'noop' was used before it was opened")
        news: list[Report] = []
        for work in works:
            news += (Started(work.attempt), Succeeded(work.attempt, _result(work)))
        self._reports(news)

    def cancel(self, attempts: Sequence[Attempt], why: CancelReason) -> None:
        """Do nothing: all have ended."""

    def refuse(self, resources: "Resources") -> str | None:  # noqa: ARG002 - it needs none
        """Refuse nothing: a plan may be for another machine."""
        return None

    def why(self, attempt: Attempt) -> str:  # noqa: ARG002 - the same for all
        """Say that it has ended."""
        return "has ended: a dry run runs nothing"

    async def close(self, grace: float) -> None:
        """Do nothing: nothing is left."""


def noop(site: Site) -> NoopBackend:  # noqa: ARG001 - it stands on no ground
    """Return a backend that runs nothing."""
    return NoopBackend()


def _result(work: Work) -> object:
    if isinstance(work, FunctionWork):
        return placeholder(work.task.returns, work.label)
    return record_placeholder(work.label, work.launch.outs)
