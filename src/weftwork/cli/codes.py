"""The exit codes of `weft`, for scripts that call it."""

from enum import IntEnum

from weftwork.errors import BackendError, StoreError, TaskError, UsageError


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    """All went well."""
    FAILED = 1
    """A task or the script itself failed."""
    USAGE = 2
    """The command line or the script asks for something that cannot be."""
    CONFIGURATION = 3
    """Configuration or store cannot be used."""
    UNAVAILABLE = 4
    """A backend cannot be had."""
    RESUMABLE = 75
    """Stopped on purpose before the end; the same command goes on."""
    HANGUP = 129
    """The terminal went away."""
    INTERRUPTED = 130
    """Ctrl-C."""
    TERMINATED = 143
    """SIGTERM."""


def code_of(error: BaseException) -> ExitCode:
    """Return the exit code for what a command or a run raised."""
    match error:
        case UsageError():
            return ExitCode.USAGE
        case BackendError():
            return ExitCode.UNAVAILABLE
        case StoreError():
            return ExitCode.CONFIGURATION
        case TaskError() if isinstance(error.__cause__, UsageError | BackendError | StoreError):
            # What made the outermost block fail is what the user must act on.
            return code_of(error.__cause__)
        case _:
            return ExitCode.FAILED
