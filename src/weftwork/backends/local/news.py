"""What is reported of calls on workers."""

from collections.abc import Sequence
from pathlib import Path

from weftwork.backends.local.calls import Call
from weftwork.backends.local.outcomes import report_of
from weftwork.backends.local.printing import Printing, read_output
from weftwork.codecs.buffers import BufferShelf
from weftwork.engine.ports import Cancelled, Report, Reports, Started
from weftwork.process.worker.wire import OUTPUT, OutcomeWire


class News:
    """Reports on the calls of one engine, in the order in which things happened.

    Args:
        reports: Where they go.
        printing: What is shown of what calls print.
        shelf: Where the values lie that workers answer with.
    """

    def __init__(self, reports: Reports, printing: Printing, shelf: BufferShelf) -> None:
        self._reports = reports
        self._printing = printing
        self._shelf = shelf

    def started(self, call: Call) -> None:
        """Report that a call runs, unless that was done."""
        if call.started is not None and not call.is_reported:
            call.is_reported = True
            self._reports([Started(call.work.attempt, call.started)])

    def answered(self, ends: Sequence[tuple[Call, OutcomeWire]]) -> None:
        """Report how calls ended, and what they printed."""
        # All starts first: the engine takes reports of one kind together.
        reports: list[Report] = [
            Started(call.work.attempt, call.started) for call, _ in ends if not call.is_reported
        ]
        for call, outcome in ends:
            attempt = call.work.attempt
            _, _, _, _, _, logs, head = outcome
            if logs:
                text = _unseen(call, Path(logs)) if call.shown else head
                if printed := self._printing.printed(attempt, text, logs):
                    reports.append(printed)
            reports.append(report_of(call, outcome, self._shelf))
        if reports:
            self._reports(reports)

    def ended(self, report: Report) -> None:
        """Report another end of a call."""
        self._reports([report])

    def cancelled(self, calls: Sequence[Call]) -> None:
        """Report calls that were cancelled before they began."""
        if calls:
            self._reports([Cancelled(call.work.attempt) for call in calls])

    def printed(self, call: Call, text: str, place: str) -> None:
        """Report what a running call printed."""
        printed = self._printing.printed(call.work.attempt, text, place)
        if printed is not None:
            self._reports([printed])

    def printed_last(self, call: Call, logs: Path) -> None:
        """Report what a call printed before its worker died, as far as that was not done."""
        self.printed(call, _unseen(call, logs), str(logs))


def _unseen(call: Call, logs: Path) -> str:
    return read_output(logs / OUTPUT, call.shown).decode(errors="replace")
