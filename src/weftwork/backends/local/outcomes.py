"""What workers answer, and how they die, as reports."""

from pathlib import Path
from signal import SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, Signals
from typing import TYPE_CHECKING

from weftwork.backends.local.calls import Call
from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.exceptions import decode_exception
from weftwork.codecs.payload import Payload
from weftwork.core.model import Cause
from weftwork.engine.ports import Cancelled, Failed, Lost, Report, Succeeded
from weftwork.engine.work import Failure
from weftwork.process.worker.wire import (
    BAD_INPUT,
    BAD_RESULT,
    CUT_OFF,
    EXITED,
    RAISED,
    RETURNED,
    FailureWire,
    OutcomeWire,
)

if TYPE_CHECKING:
    from weftwork.process.client import End

FAULTS = frozenset({SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL})
"""Signals that the code brings upon itself."""

_CAUSES = {
    RAISED: Cause.EXCEPTION,
    EXITED: Cause.EXIT_CODE,
    BAD_INPUT: Cause.BAD_INPUT,
    BAD_RESULT: Cause.BAD_RESULT,
}


def report_of(call: Call, outcome: OutcomeWire, shelf: BufferShelf) -> Report:
    """Return how the call ended, as the worker says."""
    attempt = call.work.attempt
    _, _, kind, value, failure, logs, _ = outcome
    if kind == RETURNED:
        whole = Payload.from_wire(value, shelf) if isinstance(value, tuple) else value
        return Succeeded(attempt, whole)
    directory = None if logs is None else Path(logs)
    if failure is None:
        return Cancelled(attempt, directory)
    return Failed(attempt, _failure(kind, failure, directory, shelf))


def _failure(kind: int, failure: FailureWire, logs: Path | None, shelf: BufferShelf) -> Failure:
    sentence, code, wire = failure
    exception = None if wire is None else decode_exception(Payload.from_wire(wire, shelf), sentence)
    exit_code = code if kind == EXITED else None
    return Failure(_CAUSES[kind], sentence, exception=exception, exit_code=exit_code, logs=logs)


def death_of(call: Call, end: "End", logs: Path | None) -> Report:
    """Return how the call ended whose worker died while it ran."""
    attempt = call.work.attempt
    if call.cancelled is not None:
        return Cancelled(attempt, logs)
    label = call.work.label
    if end.oom:
        text = f"the kernel ended the worker of {label} because memory ran out"
        return Failed(attempt, Failure(Cause.OUT_OF_MEMORY, text, signal=end.signal, logs=logs))
    if end.exit_code is not None:
        text = f"os._exit({end.exit_code}) in {label}, or in what it calls, ended its worker"
        if end.exit_code == CUT_OFF:
            text = f"{label} closed descriptors that are not its own, and so cut off its worker"
        code = end.exit_code
        return Failed(attempt, Failure(Cause.EXIT_CODE, text, exit_code=code, logs=logs))
    if end.signal in FAULTS:
        text = f"{_name(end.signal)} in {label} ended its worker"
        return Failed(attempt, Failure(Cause.SIGNAL, text, signal=end.signal, logs=logs))
    how = f"was killed from outside by {_name(end.signal)}" if end.signal else end.message
    return Lost(attempt, f"the worker of {label} {how}")


def unavailable(call: Call, why: str) -> Report:
    """Return the end of a call for which there can be no worker."""
    return Failed(call.work.attempt, Failure(Cause.UNAVAILABLE, why))


def unsendable(call: Call, error: Exception) -> Report:
    """Return the end of a call that cannot be sent."""
    return Failed(call.work.attempt, Failure(Cause.BAD_INPUT, str(error), exception=error))


def _name(number: int | None) -> str:
    known = {each.value: each.name for each in Signals}
    return known.get(number or 0, f"signal {number}")
