"""What an item keeps when it did not succeed. Exceptions are made when somebody asks."""

from weftwork.core.model import Attempt
from weftwork.engine.work import Failure
from weftwork.errors import DependencyFailureError, TaskCancelled, TaskFailed
from weftwork.tasks.item import Ending, Item


class FailedEnding(Ending):
    """The last allowed attempt failed."""

    __slots__ = ("_attempt", "_exception", "_label", "failure")

    def __init__(self, label: str, attempt: Attempt, failure: Failure) -> None:
        self._label = label
        self._attempt = attempt
        self.failure = failure
        self._exception: TaskFailed | None = None

    @property
    def root(self) -> None:
        """A failure is its own root."""
        return

    def exception(self) -> TaskFailed:
        """Return the one exception of this failure, with the original as its cause."""
        if self._exception is None:
            failure = self.failure
            number = self._attempt.number
            tries = "" if number == 1 else f" on attempt {number}"
            logs = None if failure.logs is None else str(failure.logs)
            where = "" if logs is None or logs in failure.message else f" (logs: {logs})"
            self._exception = TaskFailed(
                self._label,
                f"{self._label} failed{tries}: {failure.message}{where}",
                attempt=number,
                cause=failure.cause.value,
                exit_code=failure.exit_code,
                logs=logs,
            )
            self._exception.__cause__ = failure.exception
        return self._exception


class SkippedEnding(Ending):
    """Never tried: `decisive` did not succeed, because of `root`, and so `rule` was not met.

    There is no root where a rule that asks for a failure had no input at all.
    """

    __slots__ = ("_decisive", "_exception", "_label", "_root", "_rule")

    def __init__(
        self, label: str, root: Item[object] | None, decisive: tuple[str, ...], rule: str
    ) -> None:
        self._label = label
        self._root = root
        self._decisive = decisive
        self._rule = rule
        self._exception: DependencyFailureError | None = None

    @property
    def root(self) -> Item[object] | None:
        """The item whose end is at the root."""
        return self._root

    def exception(self) -> DependencyFailureError:
        """Return the one exception of this skip, with the root's as its cause."""
        if self._exception is None:
            cause = None if self._root is None else exception_of(self._root)
            why = f", because {cause}"
            if cause is None:
                inputs = "it has no inputs" if self._root is None else "its inputs did not meet it"
                why = f": its rule is {self._rule!r}, and {inputs}"
            self._exception = DependencyFailureError(
                self._label,
                f"{self._label} was not run{why}",
                failed_dependencies=self._decisive,
                root_cause=cause,
            )
            self._exception.__cause__ = cause
        return self._exception


class CancelledEnding(Ending):
    """Stopped on request, or because an input was (`root`)."""

    __slots__ = ("_exception", "_label", "_reason", "_root")

    def __init__(self, label: str, reason: str, root: Item[object] | None) -> None:
        self._label = label
        self._reason = reason
        self._root = root
        self._exception: TaskCancelled | None = None

    @property
    def root(self) -> Item[object] | None:
        """The cancelled input, if that was the reason."""
        return self._root

    def exception(self) -> TaskCancelled:
        """Return the one exception of this cancellation."""
        if self._exception is None:
            why = f": {self._reason}" if self._reason else ""
            if self._root is not None:
                why = f", because its input {self._root.label} was{why}"
            self._exception = TaskCancelled(
                self._label, f"{self._label} was cancelled{why}", reason=self._reason
            )
        return self._exception


def exception_of(item: Item[object]) -> BaseException | None:
    """Return why an item did not succeed, without counting as somebody who saw it; else None."""
    ending = item._value
    return ending.exception() if isinstance(ending, Ending) else None
