"""What long calls print, shown while they run."""

from collections.abc import Sequence

from weftwork.backends.local.tools import Tools
from weftwork.backends.local.worker import Worker

INTERVAL = 1.0
"""Seconds between two looks at what running calls have printed."""


class Following:
    """Looks at the outputs of workers once a second, for as long as one of them runs a long call.

    Args:
        tools: Of the crew.
        staff: Its workers that hold a grant; changes as they do.
    """

    def __init__(self, tools: Tools, staff: Sequence[Worker]) -> None:
        self._tools = tools
        self._staff = staff
        self._is_due = False

    def begin(self) -> None:
        """See to it that there is a next look."""
        if not self._is_due:
            self._is_due = True
            clock = self._tools.clock
            clock.call_at(clock.now() + INTERVAL, self._look)

    def _look(self) -> None:
        self._is_due = False
        for worker in self._staff:
            if worker.calls and worker.calls[0].is_reported:
                self._show(worker)
                self.begin()

    def _show(self, worker: Worker) -> None:
        call = worker.calls[0]
        lines = self._tools.processes.printed_so_far(worker, call.shown)
        if lines:
            call.shown += len(lines)
            self._tools.news.printed(call, lines.decode(errors="replace"), call.place)
