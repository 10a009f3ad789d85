"""What the end of a program means for its attempt, in words and as a cause."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from weftwork.backends.local.outputs import MissingOutputError, listing
from weftwork.backends.local.workspace import Workspace
from weftwork.core.commands import CancelReason
from weftwork.core.model import Cause
from weftwork.engine.work import Failure
from weftwork.process.client import End
from weftwork.process.supervisor.messages import EndKind

_TAIL = 4096
_SHOWN = 300
_UNSTARTED: Mapping[EndKind, Cause] = {
    "not_found": Cause.NOT_FOUND,
    "not_executable": Cause.NOT_EXECUTABLE,
    "bad_interpreter": Cause.BAD_INTERPRETER,
    "bad_directory": Cause.BAD_DIRECTORY,
    "bad_input": Cause.BAD_INPUT,
}
_LIMITS: Mapping[CancelReason, tuple[Cause, str]] = {
    CancelReason.TIMEOUT: (Cause.TIMEOUT, "timeout"),
    CancelReason.WALLTIME: (Cause.WALLTIME, "walltime"),
}


def failure_of(end: End, space: Workspace, argv: tuple[str, ...]) -> Failure:
    """Return how a program failed that ended by itself, or never began."""
    if end.kind in _UNSTARTED:
        return _failure(_UNSTARTED[end.kind], end.message, end, space, argv)
    if end.oom:
        cause, what = Cause.OUT_OF_MEMORY, "the kernel killed it for want of memory"
        what += f", at {end.max_rss >> 20} MiB"
    elif end.signal is not None:
        cause, what = Cause.SIGNAL, f"ended by {_signal_name(end.signal)}"
    else:
        cause, what = Cause.EXIT_CODE, f"exit code {end.exit_code}"
    return _failure(cause, f"{what}; {_last_words(space)}", end, space, argv)


def failure_at_limit(
    why: CancelReason, seconds: float, end: End, space: Workspace, argv: tuple[str, ...]
) -> Failure:
    """Return how a program failed that was ended `seconds` after its start."""
    cause, limit = _LIMITS[why]
    message = f"ended after {seconds:.3g} s: its {limit} passed; {_last_words(space)}"
    return _failure(cause, message, end, space, argv)


def failure_of_output(
    missing: MissingOutputError, end: End, space: Workspace, argv: tuple[str, ...]
) -> Failure:
    """Return how a program failed that did not leave what it was to leave."""
    found = listing(space.path)
    rest = "and nothing else" if found == "nothing" else f"but {found}"
    message = (
        f"output {missing.parameter!r} is missing: the program ended with exit code "
        f"{end.exit_code} and left no {missing.out.pattern!r} {rest} "
        f"in {space.path}"
    )
    return _failure(Cause.MISSING_OUTPUT, message, end, space, argv)


def _failure(
    cause: Cause, message: str, end: End, space: Workspace, argv: tuple[str, ...]
) -> Failure:
    return Failure(
        cause,
        message,
        exit_code=end.exit_code,
        signal=end.signal,
        logs=space.keep_logs(),
        details={"argv": list(argv), "workspace": str(space.path), "max_rss": end.max_rss},
    )


def _signal_name(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"


def _last_words(space: Workspace) -> str:
    """Say what the program printed last, on stderr if on that, and where the rest is."""
    logs = space.keep_logs()
    for path in (space.stderr, space.stdout):
        words = _tail(path)
        if words:
            return f"its {path.name} ends with {words!r} ({path})"
    return f"it printed nothing ({logs})"


def _tail(path: Path) -> str:
    """Return the last line that is not empty, as text, shortened; empty if there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            lines = file.read(_TAIL).decode(errors="replace").splitlines()
    except OSError:
        return ""
    words = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return words if len(words) <= _SHOWN else f"...{words[-_SHOWN:]}"
