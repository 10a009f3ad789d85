"""The workers of one shape and the calls that are for them.

A worker holds a grant while it has something to do, and for a moment after; then it idles, warm.
Short calls are sent a few ahead, so that a worker need not wait for the next one; what has not
begun is taken back when another worker has nothing to do, or when its own is told to end or died.
"""

from collections.abc import Sequence

from weftwork.backends.local.backlog import Backlog
from weftwork.backends.local.calls import Call
from weftwork.backends.local.following import Following
from weftwork.backends.local.outcomes import death_of, unavailable, unsendable
from weftwork.backends.local.seats import Seats
from weftwork.backends.local.tools import Tools
from weftwork.backends.local.worker import MOST_AHEAD, Worker
from weftwork.core.commands import CancelReason
from weftwork.core.packing import Bundle, Grant
from weftwork.engine.ports import Report
from weftwork.errors import WeftworkError
from weftwork.process.client import End
from weftwork.process.worker.wire import RING, OutcomeWire

TICK = 0.005
"""Seconds for which an idle worker keeps its grant, and after which a start is reported."""

SLICE = 0.05
"""Seconds for which a worker keeps its grant although others wait for it."""

FAILED_STARTS = 10
"""Workers in a row that ended before they began, after which there will be no more."""

ANSWERS = 256
"""Answers of one worker that are taken in one go, before others have their turn."""


class Crew:
    """Gives the calls of one shape to workers.

    Args:
        bundle: What each call needs.
        most: How many workers it may have.
        tools: Shared with other crews.
    """

    def __init__(self, bundle: Bundle, most: int, tools: Tools) -> None:
        self._bundle = bundle
        self._tools = tools
        self._clock = tools.clock
        self._news = tools.news
        self._backlog = Backlog()
        self._seats = Seats(tools.bookings, bundle, most, self._granted)
        self._staff: list[Worker] = []
        self._idle: list[Worker] = []
        self._following = Following(tools, self._staff)
        self._open = 0
        self._failed_starts = 0
        self._is_tick_due = False

    def submit(self, calls: Sequence[Call]) -> None:
        """Take on calls."""
        for call in calls:
            self._backlog.append(call)
        self._open += len(calls)
        self._hand_out()

    def cancel(self, calls: Sequence[Call], why: CancelReason) -> None:
        """End these calls; each is reported when it has ended."""
        sent = [call for call in calls if not self._backlog.remove(call)]
        self._report_cancelled([call for call in calls if call not in sent])
        for worker in list(self._staff):
            mine = [call for call in sent if call in worker.calls]
            if mine:
                self._cancel_on(worker, mine, why)
        self._hand_out()

    def why(self, call: Call) -> str:
        """Return one sentence: why the call has not begun, or where it runs."""
        for worker in self._staff:
            if call in worker.calls:
                first = call is worker.calls[0] and worker.is_ready
                return f"runs on {worker.name}" if first else f"is next on {worker.name}"
        return self._seats.why()

    def clear(self) -> None:
        """Give up everything; the workers are ended by someone else."""
        calls = self._backlog.clear()
        for worker in self._staff:
            for call in worker.calls:
                call.cancelled = CancelReason.REQUEST
            calls += worker.take_back(MOST_AHEAD)
        self._report_cancelled(calls)

    def spare(self) -> Worker | None:
        """Return the worker that has idled longest, no longer one of this crew."""
        return self._idle.pop(0) if self._idle else None

    # -- grants

    def _granted(self, grant: Grant) -> None:
        try:
            worker = self._rehire(grant) or self._hire(grant)
        except (OSError, WeftworkError) as error:
            self._seats.release(grant)
            # Workers that there are will do it; with none, nobody would ever ask again.
            if not self._staff:
                self._give_up(f"no worker process can be started: {error}")
                self._ask()
            return
        worker.slice_end = self._clock.now() + SLICE
        self._staff.append(worker)
        self._go_on(worker)

    def _rehire(self, grant: Grant) -> Worker | None:
        for worker in reversed(self._idle):
            if worker.gpus == grant.gpus:
                self._idle.remove(worker)
                worker.move(grant)
                return worker
        return None

    def _hire(self, grant: Grant) -> Worker:
        self._tools.make_room()
        return self._tools.processes.hire(grant, self._hear, self._mourn)

    def _release(self, worker: Worker) -> None:
        self._staff.remove(worker)
        if worker.grant is not None:
            self._seats.release(worker.grant)
            worker.grant = None
        if not worker.is_dying:
            self._idle.append(worker)
        self._ask()

    def _ask(self) -> None:
        self._seats.want(self._open, self._backlog.priority)

    def _is_wanted_elsewhere(self, worker: Worker) -> bool:
        now = self._clock.now()
        if worker.grant is None or now < worker.slice_end:
            return False
        worker.slice_end = now + SLICE
        return self._seats.contended(worker.grant)

    # -- calls

    def _hand_out(self) -> None:
        for worker in list(self._staff):
            if not self._backlog:
                break
            self._feed(worker)
        self._ask()

    def _feed(self, worker: Worker) -> None:
        """Send calls for as long as they would soon begin."""
        if worker.is_dying:
            return
        had_none = not worker.calls
        while self._backlog and self._send(worker, self._backlog.first()):
            self._backlog.pop()
        if had_none:
            self._begin(worker)

    def _send(self, worker: Worker, call: Call) -> bool:
        """Send a call; false if it has to wait. One that cannot be sent at all has ended."""
        if not call.packet:
            try:
                self._tools.writer.pack(call)
            except WeftworkError as error:
                self._end(unsendable(call, error))
                return True
        return worker.has_room_for(call) and worker.send(call)

    def _begin(self, worker: Worker) -> None:
        """Note that the oldest call of the worker runs now."""
        if worker.calls and worker.is_ready and worker.calls[0].started is None:
            worker.calls[0].started = self._clock.now()
            self._tick_soon()

    def _go_on(self, worker: Worker) -> None:
        """Find something to do for a worker that may have nothing."""
        if self._is_wanted_elsewhere(worker):
            self._backlog.put_back(worker.take_back(MOST_AHEAD))
            if not worker.calls:
                self._release(worker)
            return
        self._feed(worker)
        if not worker.calls and not worker.is_dying:
            self._take_from_others()
            self._feed(worker)
        if not worker.calls:
            worker.idle_since = self._clock.now()
            self._tick_soon()
        self._ask()

    def _take_from_others(self) -> None:
        busiest = max(self._staff, key=lambda worker: worker.unstarted)
        if busiest.unstarted:
            self._backlog.put_back(busiest.take_back((busiest.unstarted + 1) // 2))

    def _cancel_on(self, worker: Worker, calls: Sequence[Call], why: CancelReason) -> None:
        back = worker.take_back(MOST_AHEAD)
        self._backlog.put_back([call for call in back if call not in calls])
        self._report_cancelled([call for call in calls if call in back])
        for call in calls:
            if call not in back:
                call.cancelled = why
                self._tools.processes.end(worker, call, self._tools.grace)

    # -- what workers do

    def _hear(self, worker: Worker) -> None:
        """A worker has answered."""
        worker.stop_bell()
        worker.heard = self._clock.now()
        self._look(worker)
        if worker.calls:
            self._tick_soon()

    def _look(self, worker: Worker) -> None:
        self._take_answers(worker)
        self._begin(worker)
        if worker in self._staff:
            self._go_on(worker)

    def _take_answers(self, worker: Worker) -> None:
        ends: list[tuple[Call, OutcomeWire]] = []
        for outcome in worker.receive(ANSWERS):
            call = worker.answered(outcome[0])
            if call.function is not None:
                call.function.learn(outcome[1])
            ends.append((call, outcome))
        if worker.is_ready:
            self._failed_starts = 0
        self._open -= len(ends)
        self._news.answered(ends)

    def _mourn(self, worker: Worker, end: End) -> None:
        """A worker is dead: its running call has ended, the others begin elsewhere."""
        worker.is_dying = True
        self._take_answers(worker)
        self._backlog.put_back(worker.take_back(MOST_AHEAD))
        processes = self._tools.processes
        if not worker.is_ready:
            self._failed_starts += 1
        for call in worker.calls:
            logs = processes.logs(worker, call.place)
            if logs is not None:
                self._news.printed_last(call, logs)
            self._end(death_of(call, end, logs))
        if self._failed_starts >= FAILED_STARTS:
            words = end.message or processes.last_words(worker)
            count = f"{FAILED_STARTS} worker processes in a row"
            self._give_up(f"{count} ended before they began: {words}")
        if worker in self._staff:
            self._release(worker)
        elif worker in self._idle:
            self._idle.remove(worker)

    def _give_up(self, why: str) -> None:
        self._failed_starts = 0
        for call in self._backlog.clear():
            self._end(unavailable(call, why))

    # -- reports

    def _end(self, report: Report) -> None:
        self._open -= 1
        self._news.ended(report)

    def _report_cancelled(self, calls: Sequence[Call]) -> None:
        self._open -= len(calls)
        self._news.cancelled(calls)

    def _tick_soon(self) -> None:
        if not self._is_tick_due:
            self._is_tick_due = True
            self._clock.call_at(self._clock.now() + TICK, self._tick)

    def _tick(self) -> None:
        """Report what has been running for a moment; idle workers give up their grants."""
        self._is_tick_due = False
        now = self._clock.now()
        for worker in list(self._staff):
            if worker.calls:
                self._look_in_passing(worker, now)
            elif now - worker.idle_since < TICK:
                self._tick_soon()
            else:
                self._release(worker)

    def _look_in_passing(self, worker: Worker, now: float) -> None:
        """Take the answers for which the bell was not rung; none comes long after a ring."""
        self._look(worker)
        if worker.calls:
            self._news.started(worker.calls[0])
            self._following.begin()
        if now - worker.heard < RING:
            self._tick_soon()
