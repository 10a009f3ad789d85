"""Turns what the driver does into the events users may listen to; costs nothing if nobody does."""

from collections.abc import Callable, Iterable, Sequence

from weftwork.core.model import Attempt, TaskState
from weftwork.engine.endings import FailedEnding
from weftwork.engine.ledger import Ledger
from weftwork.engine.ports import Clock, Printed
from weftwork.engine.stream import (
    AttemptEnded,
    Notice,
    Outcome,
    Stream,
    StreamEvent,
    TaskAdded,
    TaskPrinted,
    TaskSettled,
    TaskStarted,
)
from weftwork.tasks.item import Ending, Item


class Announcer:
    """Collects the events of a turn and publishes them together.

    Args:
        stream: Who listens.
        clock: Stamps the events.
        echo: Shows what functions print, given the item's label and whole lines; None: nobody.
    """

    def __init__(
        self, stream: Stream, clock: Clock, echo: Callable[[str, str], None] | None = None
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._echo = echo
        self._events: list[StreamEvent] = []
        self._item_of: Callable[[Attempt], Item[object] | None] = _nobody

    def follow(self, ledger: Ledger) -> None:
        """Look items up in this ledger."""
        self._item_of = lambda attempt: ledger.items.get(attempt.item)

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return self._stream.wanted

    def added(self, items: Iterable[Item[object]]) -> None:
        """Tasks and blocks were called."""
        now = self._clock.now()
        for item in items:
            inputs = tuple(dict.fromkeys(other._id for other in item._inputs()))
            task = item._task
            self._events.append(TaskAdded(now, item._id, task.name, task.kind, inputs, item._group))

    def started(self, attempts: Iterable[Attempt]) -> None:
        """Attempts began to execute."""
        now = self._clock.now()
        for attempt in attempts:
            if (item := self._item_of(attempt)) is not None:
                self._events.append(TaskStarted(now, attempt.item, item._task.name, attempt.number))

    def ended(self, attempt: Attempt, outcome: str, message: str) -> None:
        """An attempt ended without success; `outcome` is lost, cancelled or a cause of failure."""
        item = self._item_of(attempt)
        if self.wanted and item is not None:
            kind: Outcome = "lost" if outcome == "lost" else "failed"
            if outcome == "cancelled":
                kind = "cancelled"
            self._events.append(
                AttemptEnded(
                    self._clock.now(), attempt.item, item._task.name, attempt.number, kind, message
                )
            )

    def settled(self, items: Iterable[Item[object]]) -> None:
        """Items are final."""
        now = self._clock.now()
        for item in items:
            ending = item._value
            message, logs = "", None
            if isinstance(ending, Ending):
                message = str(ending.exception())
                if isinstance(ending, FailedEnding):
                    logs = ending.failure.logs
            state = item._state or TaskState.WAITING
            self._events.append(TaskSettled(now, item._id, item._task.name, state, message, logs))

    def printed(self, reports: Sequence[Printed]) -> None:
        """Functions printed text."""
        wanted, now = self.wanted, self._clock.now()
        for attempt, text in reports:
            item = self._item_of(attempt)
            if item is None:
                continue
            if wanted:
                self._events.append(TaskPrinted(now, attempt.item, item._task.name, text))
            if self._echo is not None:
                self._echo(f"{item._task.name}[{attempt.item}]", text)

    def notice(self, message: str) -> None:
        """Tell something that concerns no single item. On the loop."""
        if self.wanted:
            self._stream.publish([Notice(self._clock.now(), message)])

    def flush(self) -> None:
        """Publish what this turn collected."""
        if self._events:
            events, self._events = self._events, []
            self._stream.publish(events)


def _nobody(_: Attempt) -> None:
    return None
