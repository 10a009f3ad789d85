"""Exceptions on their way from a worker to the engine: the original where it can be rebuilt."""

import traceback
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple

from weftwork.codecs.buffers import BufferShelf
from weftwork.codecs.payload import Payload, encode


class RemoteError(Exception):
    """Stands for an exception of a worker that cannot be rebuilt here.

    Attributes:
        type_name: Module and name of the original's type.
        text: What `str` of the original gave.
    """

    def __init__(self, type_name: str, text: str) -> None:
        super().__init__(type_name, text)
        self.type_name = type_name
        self.text = text

    def __str__(self) -> str:
        """Return what the original would have been shown as."""
        return f"{self.type_name}: {self.text}"


class EncodedException(NamedTuple):
    """An exception that can travel.

    Attributes:
        sentence: Its type, its message and where it was raised.
        payload: The original or a `RemoteError`, with the traceback as a note.
    """

    sentence: str
    payload: Payload


def encode_exception(error: BaseException, shelf: BufferShelf) -> EncodedException:
    """Make an exception ready to travel. Never raises, whatever the exception does."""
    trace = _of_the_body(error.__traceback__)
    type_name, text = _type_name(error), text_of(error)
    note = f"In the worker:\n{_formatted(error, trace)}"
    payload = _original(error, note, shelf)
    if payload is None:
        stand_in = RemoteError(type_name, text)
        stand_in.add_note(note)
        payload = encode(stand_in, shelf)
    first_line = text.strip().partition("\n")[0]
    sentence = f"{type_name}: {first_line}" if first_line else type_name
    return EncodedException(f"{sentence}{_place(trace)}", payload)


def decode_exception(payload: Payload, sentence: str) -> BaseException:
    """Return the exception, or a stand-in with `sentence` if it cannot be rebuilt here."""
    try:
        error = payload.load()
    except Exception as reason:  # noqa: BLE001  # whatever its class does
        type_name, _, text = sentence.partition(": ")
        stand_in = RemoteError(type_name, text)
        stand_in.add_note(f"It cannot be rebuilt here: {type(reason).__name__}: {reason}")
        return stand_in
    return error if isinstance(error, BaseException) else RemoteError("BaseException", sentence)


def _original(error: BaseException, note: str, shelf: BufferShelf) -> Payload | None:
    """Return the pickled original if what comes out of it is the same type and text."""
    with suppress(Exception):  # whatever its class does
        error.add_note(note)
    for value in (error, _Parts(error)):
        with suppress(Exception):
            payload = encode(value, shelf)
            copy = payload.load()
            if _type_name(copy) == _type_name(error) and str(copy) == str(error):
                return payload
    return None


class _Parts:
    """An exception for pickle, to be rebuilt past a constructor that takes something else."""

    def __init__(self, error: BaseException) -> None:
        self._parts = type(error), error.args, error.__dict__

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, self._parts


def _rebuilt(
    kind: type[BaseException], args: tuple[object, ...], state: dict[str, object]
) -> BaseException:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _type_name(error: object) -> str:
    kind = type(error)
    name = kind.__qualname__.rpartition("<locals>.")[2]
    return name if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{name}"


def text_of(error: BaseException) -> str:
    """Return the message of an exception, whatever its `__str__` does."""
    try:
        return str(error)
    except Exception as reason:  # noqa: BLE001  # a __str__ of the user's
        return f"(its message cannot be had: {type(reason).__name__})"


def _formatted(error: BaseException, trace: TracebackType | None) -> str:
    try:
        return "".join(traceback.format_exception(type(error), error, trace)).rstrip()
    except Exception as reason:  # noqa: BLE001  # a __str__ of the user's
        return f"(the traceback cannot be had: {type(reason).__name__})"


def _of_the_body(trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback without the frames that called the body."""
    while trace is not None and _is_ours(str(trace.tb_frame.f_globals.get("__name__"))):
        trace = trace.tb_next
    return trace


def _is_ours(module: str) -> bool:
    return module.startswith(("weftwork.", "asyncio."))


def _place(trace: TracebackType | None) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    return f" ({code.co_filename}, line {trace.tb_lineno}, in {code.co_name})"
