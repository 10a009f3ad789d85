"""The read model of a run: folds events into counts per kind of task. Pure."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from weftwork.core.model import TaskState
from weftwork.engine.stream import (
    AttemptEnded,
    EngineOpened,
    Kind,
    Notice,
    StreamEvent,
    TaskAdded,
    TaskSettled,
    TaskStarted,
)

MOST_CAUSES = 3
_BRIEF = 10.0
"""Seconds below which tenths are worth showing."""
WINDOW = 30.0
"""Seconds over which a rate is taken."""
STEP = 1.0
"""Seconds between two samples of a rate."""

Key = tuple[int, int]
"""Which engine of the script, and the item in it."""


@dataclass(frozen=True, slots=True)
class CauseOfFailure:
    """The first failure of its sort.

    Attributes:
        label: The item, such as `melt[12]`.
        message: One sentence.
        logs: Directory of what the attempt printed.
    """

    label: str
    message: str
    logs: Path | None


@dataclass(slots=True)
class Rate:
    """Ends per second, over the last `WINDOW`."""

    _samples: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])

    def count(self, at: float, ended: int) -> None:
        """Take in that `ended` items have ended by now."""
        samples = self._samples
        if not samples or at - samples[-1][0] >= STEP:
            samples.append((at, ended))
            while at - samples[0][0] > WINDOW:
                samples.popleft()

    def per_second(self, at: float, ended: int) -> float | None:
        """Return the rate, or None as long as it says nothing."""
        if not self._samples:
            return None
        since, before = self._samples[0]
        return (ended - before) / (at - since) if at - since >= STEP and ended > before else None


@dataclass(slots=True)
class TaskProgress:
    """All items of one task.

    Attributes:
        task: Its name.
        kind: What it is.
        added: Items so far.
        ended: Final ones, by state.
        retries: Attempts after the first.
        running: When each running item started.
    """

    task: str
    kind: Kind
    added: int = 0
    ended: Counter[TaskState] = field(default_factory=Counter[TaskState])
    retries: int = 0
    running: dict[Key, float] = field(default_factory=dict[Key, float])
    rate: Rate = field(default_factory=Rate)

    def row(self, at: float) -> "Row":
        """Return what can be shown of it now."""
        done = self.ended.total()
        is_over = done == self.added
        rate = None if is_over or self.kind == "block" else self.rate.per_second(at, done)
        oldest = next(iter(self.running.items()), None)
        return Row(
            task=self.task,
            kind=self.kind,
            added=self.added,
            succeeded=self.ended[TaskState.SUCCEEDED],
            failed=self.ended[TaskState.FAILED],
            skipped=self.ended[TaskState.SKIPPED],
            cancelled=self.ended[TaskState.CANCELLED],
            running=len(self.running),
            retries=self.retries,
            rate=rate,
            left=None if rate is None else (self.added - done) / rate,
            oldest=None if oldest is None else oldest[0][1],
            age=None if oldest is None else at - oldest[1],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind of task at one moment.

    Attributes:
        task: Its name.
        kind: What it is.
        added: Items so far: the sum of all states.
        rate: Ends per second, lately; None where all have ended.
        left: Estimated seconds until those known now have ended.
        oldest: Number of the item that has been running for longest.
        age: For how many seconds.
    """

    task: str
    kind: Kind
    added: int
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0
    running: int = 0
    retries: int = 0
    rate: float | None = None
    left: float | None = None
    oldest: int | None = None
    age: float | None = None

    @property
    def done(self) -> int:
        """Items that are final."""
        return self.succeeded + self.failed + self.skipped + self.cancelled

    @property
    def waiting(self) -> int:
        """Items that neither run nor are final."""
        return self.added - self.done - self.running


class Progress:
    """Everything that is shown of a run."""

    def __init__(self) -> None:
        self._tasks: dict[str, TaskProgress] = {}
        self._causes: dict[str, CauseOfFailure] = {}
        self._block_causes: dict[str, CauseOfFailure] = {}
        self.notices: deque[str] = deque(maxlen=100)
        """Sentences to be shown once; whoever shows them takes them out."""

    def fold(self, events: Sequence[StreamEvent], engine: int = 0) -> None:
        """Take in events of the engine with this number."""
        for event in events:
            match event:
                case TaskAdded():
                    self._task(event).added += 1
                case TaskStarted():
                    self._start(event, engine)
                case AttemptEnded():
                    self._tasks[event.task].running.pop((engine, event.item), None)
                case TaskSettled():
                    self._settle(event, engine)
                case EngineOpened():
                    self.notices.append(_opening(event))
                case Notice():
                    self.notices.append(event.message)
                case _:
                    pass

    def rows(self, at: float) -> list[Row]:
        """Return one row per kind of task, tasks before blocks, in the order of first calls."""
        rows = [task.row(at) for task in self._tasks.values()]
        return sorted(rows, key=lambda row: row.kind == "block")

    def causes(self) -> list[CauseOfFailure]:
        """Return the first distinct causes of failure, those of tasks before those of blocks.

        A block that failed because of a task is no cause of its own.
        """
        own = [
            cause
            for sort, cause in self._block_causes.items()
            if not any(inner in sort for inner in self._causes)
        ]
        return [*self._causes.values(), *own][:MOST_CAUSES]

    def _task(self, event: TaskAdded) -> TaskProgress:
        task = self._tasks.get(event.task)
        if task is None:
            task = self._tasks[event.task] = TaskProgress(event.task, event.kind)
        return task

    def _start(self, event: TaskStarted, engine: int) -> None:
        task = self._tasks[event.task]
        task.running[engine, event.item] = event.at
        task.retries += event.attempt > 1
        task.rate.count(event.at, task.ended.total())

    def _settle(self, event: TaskSettled, engine: int) -> None:
        task = self._tasks[event.task]
        task.running.pop((engine, event.item), None)
        task.ended[event.state] += 1
        task.rate.count(event.at, task.ended.total())
        if event.state is TaskState.FAILED:
            self._blame(event, task)

    def _blame(self, event: TaskSettled, task: TaskProgress) -> None:
        causes = self._block_causes if task.kind == "block" else self._causes
        label = f"{event.task}[{event.item}]"
        # The same mistake in a thousand items is one cause: numbers make no difference.
        sort = event.message.translate(_NO_DIGITS)
        if sort not in causes and len(causes) < MOST_CAUSES:
            causes[sort] = CauseOfFailure(label, event.message, event.logs)


_NO_DIGITS = str.maketrans("", "", "0123456789")


def _opening(event: EngineOpened) -> str:
    workers = "" if event.workers is None else f" with {counted(event.workers, 'worker')}"
    return f"backend {event.backend}{workers}, {counted(event.capacity.cores, 'core')}"


def counted(number: int, noun: str) -> str:
    """Write `1 worker`, `2,000 workers`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Write a duration with the two largest units, such as `3 min 20 s`; tenths below 10 s."""
    if seconds < _BRIEF:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours == 0:
        return f"{minutes} min {rest} s"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min"
