"""Every exception a user may catch, in one tree by who must act.

WeftworkError
├── UsageError                    fix the script
│   ├── ProtocolError             a declaration or registration that contradicts another
│   ├── ScopeError                an item or call outside the place where it means something
│   └── DuplicateKeyError         two things with one name
├── TaskError                     look at the task
│   ├── TaskFailed                its last allowed attempt failed
│   ├── TaskSkipped               it was never tried
│   │   └── DependencyFailureError    because an input did not succeed
│   └── TaskCancelled             it was stopped on request
├── BackendError                  look at the machine; `transient` says if waiting may help
├── StoreError                    look at the store
└── InternalError                 a bug of ours: report it
"""

from collections.abc import Iterable


class WeftworkError(Exception):
    """Anything Weftwork raises on purpose."""


class UsageError(WeftworkError):
    """The script asks for something that cannot be; the message says what to write instead."""


class ProtocolError(UsageError):
    """A declaration or registration contradicts another one."""


class ScopeError(UsageError):
    """An item or a call is used outside the engine or block where it means something."""


class DuplicateKeyError(UsageError):
    """Two things were given one name."""


class TaskError(WeftworkError):
    """How an item ended, when it did not succeed.

    Attributes:
        label: The item as it is shown, such as `melt[12]`.
    """

    def __init__(self, label: str, message: str) -> None:
        super().__init__(message)
        self.label = label

    def __reduce__(self) -> tuple[object, ...]:
        # Tasks with a trigger rule are given such errors, on worker processes, too; what pickle
        # does by itself calls the constructor with the message alone.
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(
    kind: type[TaskError], args: tuple[object, ...], state: dict[str, object]
) -> TaskError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class TaskFailed(TaskError):
    """The last allowed attempt of an item failed. `__cause__` is the original exception, if any.

    Attributes:
        attempt: Number of the last attempt, from 1.
        cause: The typed cause as a word: "exception", "exit_code", "signal", "timeout", ...
        exit_code: Exit code of an executable, else None.
        logs: Directory of what the attempt printed, else None.
    """

    def __init__(
        self,
        label: str,
        message: str,
        *,
        attempt: int = 1,
        cause: str = "exception",
        exit_code: int | None = None,
        logs: str | None = None,
    ) -> None:
        super().__init__(label, message)
        self.attempt = attempt
        self.cause = cause
        self.exit_code = exit_code
        self.logs = logs


class TaskSkipped(TaskError):
    """An item was never tried."""


class DependencyFailureError(TaskSkipped):
    """An item was never tried because an input did not succeed.

    Attributes:
        failed_dependencies: Labels of the inputs that decided.
        root_cause: The exception of the item at the root.
    """

    def __init__(
        self,
        label: str,
        message: str,
        *,
        failed_dependencies: Iterable[str] = (),
        root_cause: BaseException | None = None,
    ) -> None:
        super().__init__(label, message)
        self.failed_dependencies = tuple(failed_dependencies)
        self.root_cause = root_cause


class TaskCancelled(TaskError):
    """An item was stopped on request.

    Attributes:
        reason: What `cancel(reason)` was given.
    """

    def __init__(self, label: str, message: str, *, reason: str = "") -> None:
        super().__init__(label, message)
        self.reason = reason


class BackendError(WeftworkError):
    """The place where attempts execute cannot be had or broke down.

    Attributes:
        transient: True where waiting and trying again may help.
    """

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class StoreError(WeftworkError):
    """Results cannot be kept or read."""


class InternalError(WeftworkError):
    """A bug in Weftwork. Please report it with the message."""
