"""One call: function and arguments made ready, the body run, and its outcome written down.

Whatever a body raises becomes an outcome; nothing ends the worker but what ends its process.
What only some calls need is imported when the first of them comes, so that workers start quickly.
"""

import os
from collections.abc import Coroutine
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context
from pathlib import Path
from types import CoroutineType
from typing import TYPE_CHECKING, TypeGuard

from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.calls import Call
from weftwork.codecs.functions import Function
from weftwork.codecs.payload import encode
from weftwork.errors import WeftworkError
from weftwork.process.worker.loading import Loader
from weftwork.process.worker.wire import (
    BAD_INPUT,
    BAD_RESULT,
    CANCELLED,
    EXITED,
    RAISED,
    RETURNED,
    CallWire,
    FailureWire,
    ValueWire,
    is_atom,
)
from weftwork.tasks.scope import become_task

if TYPE_CHECKING:
    from socket import socket

    from weftwork.process.worker.coroutines import BodyLoop

Outcome = tuple[int, ValueWire, FailureWire | None]
"""Kind, value and failure, as in `OutcomeWire`."""

_NO_WORKSPACE = nullcontext()


class Bodies:
    """Runs the calls of one worker, one after the other.

    Args:
        shelf: Where large results go.
        end: The worker's end of the socket, where cancels of async bodies arrive.
        keep: Whether workspaces stay after success.
    """

    def __init__(self, shelf: BufferShelf, end: "socket", *, keep: bool) -> None:
        self.loader = Loader(shelf)
        self._shelf = shelf
        self._end = end
        self._keep = keep
        self._loop: BodyLoop | None = None
        self._process = os.getpid()

    def run(self, number: int, wire: CallWire) -> Outcome:
        """Run one call to its end and return how it ended."""
        key, function_wire, label, _, arguments, inputs, _ = wire
        try:
            function = self.loader.function(key, function_wire)
            call = self.loader.call(arguments, inputs)
        except BaseException as error:  # noqa: BLE001  # user code runs while unpickling
            return self._failed(BAD_INPUT, error)
        try:
            # A context of its own: what the body sets in it no other call sees.
            value = Context().run(self._call, function, call, number, wire)
        except BaseException as error:  # noqa: BLE001  # the body's, whatever it is
            self._end_if_forked(1)
            return self._raised(error, number, label)
        self._end_if_forked(0)
        return self._returned(value)

    def _call(self, function: Function, call: Call, number: int, wire: CallWire) -> object:
        become_task(wire[2])
        with self._workspace(wire[6]):
            value = function(*call.args, **call.kwargs)
            return self._awaited(value, number) if _is_coroutine(value) else value

    def _awaited(self, body: Coroutine[object, object, object], number: int) -> object:
        if self._loop is None:
            from weftwork.process.worker.coroutines import BodyLoop  # noqa: PLC0415

            self._loop = BodyLoop(self._end)
        return self._loop.run(body, number)

    def _workspace(self, path: str | None) -> AbstractContextManager[None]:
        if path is None:
            return _NO_WORKSPACE
        from weftwork.process.worker.workspaces import workspace  # noqa: PLC0415

        return workspace(Path(path), keep=self._keep)

    def _returned(self, value: object) -> Outcome:
        if is_atom(value):
            return RETURNED, value, None
        try:
            return RETURNED, encode(value, self._shelf, root="result").wire, None
        except BaseException as error:  # noqa: BLE001  # user code runs while pickling
            return self._failed(BAD_RESULT, error)

    def _raised(self, error: BaseException, number: int, label: str) -> Outcome:
        if isinstance(error, SystemExit):
            return EXITED, None, _exit(error, label)
        if self._loop is not None and self._loop.ended_as_asked(number, error):
            return CANCELLED, None, None
        return self._failed(RAISED, error)

    def _failed(self, kind: int, error: BaseException) -> Outcome:
        from weftwork.codecs.exceptions import encode_exception  # noqa: PLC0415

        sentence, payload = encode_exception(error, self._shelf)
        if isinstance(error, WeftworkError):
            sentence = str(error)  # It says where to look by itself.
        return kind, None, (sentence, 0, payload.wire)

    def _end_if_forked(self, code: int) -> None:
        """End a child that the body forked and that came back here, as if it were the worker."""
        if os.getpid() != self._process:
            os._exit(code)


def _is_coroutine(value: object) -> TypeGuard[Coroutine[object, object, object]]:
    return type(value) is CoroutineType


def _exit(error: SystemExit, label: str) -> FailureWire:
    code = error.code
    if code is None or isinstance(code, int):
        return f"sys.exit({0 if code is None else code}) in {label}", code or 0, None
    return f"sys.exit() in {label} with the message {str(code)!r}", 1, None
