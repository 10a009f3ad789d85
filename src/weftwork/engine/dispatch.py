"""From attempts to backends: what each needs to execute is put together here, once per turn."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause, ItemId
from weftwork.engine.ledger import Ledger
from weftwork.engine.opened import OpenBackends
from weftwork.engine.ports import Cancelled, Failed, Miss, Store
from weftwork.engine.preparation import Preparation
from weftwork.engine.work import Failure, Work
from weftwork.errors import TaskFailed
from weftwork.tasks.item import Item

BLOCKS = "blocks"
"""The name under which block runs are dispatched, next to the names of backends."""

_FOR_GOOD = frozenset({Cause.NOT_FOUND, Cause.NOT_EXECUTABLE, Cause.BAD_INTERPRETER})
"""Causes that another try would meet again."""


@dataclass(frozen=True, slots=True)
class Routes:
    """Where attempts go.

    Attributes:
        default: Name of the backend of tasks that name none.
        only: Name of the backend of all tasks, whatever they name (dry runs), or None.
        fakes: Names of the tasks that functions stand in for (tests).
    """

    default: str
    only: str | None = None
    fakes: Collection[str] = ()

    def backend(self, item: Item[object]) -> str:
        """Name of the backend that executes the item."""
        task = item._task
        if task.kind == "block":
            return BLOCKS
        if task.name in self.fakes:
            return "inline"
        return self.only or task.settings.backend or self.default


class Dispatch:
    """Hands attempts to backends, and orders to end them.

    Args:
        ledger: Knows the items.
        backends: Take the works.
        news: Takes the ends of attempts that never reach a backend, and answers of no store.
        preparation: Makes the works.
        routes: Where attempts go.
        store: Is asked for results, or None.

    Attributes:
        under_way: Attempts that have not ended, with the name of their backend.
    """

    def __init__(
        self,
        ledger: Ledger,
        backends: OpenBackends,
        news: Callable[[Iterable[object]], None],
        preparation: Preparation,
        routes: Routes,
        store: Store | None,
    ) -> None:
        self.under_way: dict[Attempt, str] = {}
        self._items = ledger.items
        self._failures = ledger.failures
        self._backends, self._news = backends, news
        self._preparation, self._routes, self._store = preparation, routes, store
        self._submits: list[Attempt] = []
        self._lookups: list[ItemId] = []
        self._cancels: dict[CancelReason, list[Attempt]] = {}

    def submit(self, attempts: Sequence[Attempt]) -> None:
        """Hand these attempts over at the end of the turn."""
        self._submits.extend(attempts)

    def look_up(self, numbers: Sequence[ItemId]) -> None:
        """Ask the store for these items at the end of the turn."""
        self._lookups.extend(numbers)

    def cancel(self, attempts: Sequence[Attempt], why: CancelReason) -> None:
        """Order these attempts to end, at the end of the turn."""
        self._cancels.setdefault(why, []).extend(attempts)
        if why is not CancelReason.REQUEST:
            for attempt in attempts:
                self._failures[attempt.item] = self._overdue(attempt, why)

    def flush(self) -> None:
        """Carry out what the turn collected: starts before ends."""
        if self._lookups:
            self._flush_lookups()
        if self._submits:
            self._flush_submits()
        if self._cancels:
            self._flush_cancels()

    def is_retryable(self, attempt: Attempt, failure: Failure) -> bool:
        """Whether another try could end differently and the task's `Retry(on=)` wants one."""
        item = self._items.get(attempt.item)
        if item is None or failure.cause in _FOR_GOOD:
            return False
        retry = item._task.settings.retry
        exception = failure.exception or TaskFailed(item.label, failure.message)
        return retry.covers(exception)

    def note_logs(self, attempt: Attempt, logs: Path | None) -> None:
        """Remember where an attempt that ran out of time left what it printed."""
        failure = self._failures.get(attempt.item)
        if logs is not None and failure is not None:
            self._failures[attempt.item] = replace(failure, logs=logs)

    def why(self, item: Item[object]) -> str:
        """Return one sentence on the item's current attempt, or nothing if it has none."""
        for attempt, name in self.under_way.items():
            if attempt.item == item._id:
                return "" if name == BLOCKS else self._backends.why(name, attempt)
        return ""

    def _overdue(self, attempt: Attempt, why: CancelReason) -> Failure:
        item = self._items[attempt.item]
        policy = item._task.policy
        if why is CancelReason.TIMEOUT:
            return Failure(Cause.TIMEOUT, f"its timeout of {policy.timeout:g} s passed")
        return Failure(Cause.WALLTIME, f"its walltime of {policy.walltime:g} s passed")

    def _flush_lookups(self) -> None:
        numbers, self._lookups = self._lookups, []
        store = self._store
        for number in numbers:
            item = self._items.get(number)
            if store is None or item is None:
                continue
            self._preparation.prepare(
                Attempt(number, 0),
                item,
                partial(_look_up, store, number),
                partial(self._miss, number),
            )

    def _miss(self, number: ItemId, _: Failure | None) -> None:
        # What its body raised comes again, and counts, when the attempt is prepared.
        self._news([Miss(number)])

    def _flush_submits(self) -> None:
        attempts, self._submits = self._submits, []
        works: dict[str, list[Work]] = {}
        items, under_way = self._items, self.under_way
        for attempt in attempts:
            item = items[attempt.item]
            name = under_way[attempt] = self._routes.backend(item)
            ready = works.get(name)
            if ready is None:
                ready = works[name] = []
            give = ready.append
            if self._preparation.takes_time(item):
                give = partial(self._submit_one, name)
            self._preparation.prepare(attempt, item, give, partial(self._fail, attempt))
        for name, ready in works.items():
            if ready:
                self._backends.submit(name, ready)

    def _submit_one(self, name: str, work: Work) -> None:
        self._backends.submit(name, [work])

    def _fail(self, attempt: Attempt, failure: Failure | None) -> None:
        end = Cancelled(attempt) if failure is None else Failed(attempt, failure)
        self._news([end])

    def _flush_cancels(self) -> None:
        cancels, self._cancels = self._cancels, {}
        for why, attempts in cancels.items():
            names: dict[str, list[Attempt]] = {}
            for attempt in attempts:
                name = self.under_way.get(attempt)
                if name is not None and not self._preparation.stop(attempt):
                    names.setdefault(name, []).append(attempt)
            for name, mine in names.items():
                self._backends.cancel(name, mine, why)


def _look_up(store: Store, number: ItemId, work: Work) -> None:
    store.look_up([(number, work)])
