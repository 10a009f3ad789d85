"""Tasks that the contract suite has backends run. A module of its own: workers import it."""

import asyncio
import contextvars
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from weftwork.tasks.task import FunctionTask, task

Failing = FunctionTask[[int], None]
Raising = FunctionTask[[], None]

_SEEN: contextvars.ContextVar[str] = contextvars.ContextVar("seen", default="nothing")


class CodeError(Exception):
    """An exception as most are."""


class PickyError(Exception):
    """An exception whose constructor needs two arguments, which pickle does not know."""

    def __init__(self, code: int, where: str) -> None:
        super().__init__(f"code {code} at {where}")
        self.code = code


class WorldEnd(BaseException):
    """No subclass of Exception."""


@task
def add(a: float, b: float = 0) -> float:
    """Return the sum."""
    return a + b


@task
async def add_later(a: float, b: float = 0) -> float:
    """Return the sum after a turn of the loop."""
    await asyncio.to_thread(int)
    return a + b


@task
def combine(parts: Sequence[object], *, named: Mapping[str, object]) -> list[object]:
    """Return what it was given as one list."""
    return [*parts, *named.values()]


@task
def size_of(data: bytes) -> int:
    """Return the length."""
    return len(data)


@task
def repeat(byte: int, count: int) -> bytes:
    """Return many bytes."""
    return bytes([byte]) * count


@task
def fail(code: int) -> None:
    """Raise an exception."""
    raise CodeError(f"code {code} at contract")


@task
def fail_pickily(code: int) -> None:
    """Raise an exception that is hard to carry."""
    raise PickyError(code, "contract")


@task
async def fail_later(code: int) -> None:
    """Raise an exception from a coroutine that has waited."""
    await asyncio.to_thread(int)
    raise CodeError(f"code {code} at contract")


@task
def leave(code: int) -> None:
    """Ask the program to end."""
    sys.exit(code)


@task
async def leave_later(code: int) -> None:
    """Ask the program to end, from a coroutine that has waited."""
    await asyncio.to_thread(int)
    sys.exit(code)


@task
def interrupt() -> None:
    """Raise what Ctrl-C raises."""
    raise KeyboardInterrupt


@task
async def interrupt_later() -> None:
    """Raise it from a coroutine that has waited."""
    await asyncio.to_thread(int)
    raise KeyboardInterrupt


@task
def end_the_world() -> None:
    """Raise what is no Exception."""
    raise WorldEnd("now")


@task
async def cancel_itself() -> None:
    """Raise what only a canceller should."""
    raise asyncio.CancelledError


@task
async def wait_for_ever() -> None:
    """Wait until it is cancelled."""
    await asyncio.Event().wait()


@task
async def clean_up(fifo: str, note: str) -> None:
    """Say that it is there; wait until it is cancelled; then write a file, over several turns."""
    try:
        await asyncio.to_thread(Path(fifo).write_text, "here")
        await asyncio.Event().wait()
    finally:
        await asyncio.to_thread(Path(note).write_text, "cleaned")


@task
async def refuse_to_end(fifo: str, value: int) -> int:
    """Say that it is there; answer a cancellation by a result."""
    try:
        await asyncio.to_thread(Path(fifo).write_text, "here")
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return value
    return -1


@task
def wait_for_writer(fifo: str) -> bytes:
    """Wait, without yielding to anything, until somebody writes to the pipe; return that."""
    with Path(fifo).open("rb") as pipe:
        return pipe.read()


@task
async def limit_itself() -> str:
    """Use what needs a task of its own: a timeout and a task group."""
    try:
        async with asyncio.timeout(0):
            await asyncio.Event().wait()
    except TimeoutError:
        async with asyncio.TaskGroup() as group:
            part = group.create_task(asyncio.to_thread(str, "grouped"))
        return part.result()
    return "not limited"


@task
async def mark_context(value: str) -> str:
    """Return what an earlier call may have left in its context; leave something there."""
    before = _SEEN.get()
    _SEEN.set(value)
    await asyncio.to_thread(int)
    return before if _SEEN.get() == value else "overwritten"


@task
def call_a_task() -> object:
    """Do what no body may."""
    return add(1, 2)


@task
def write_in_workspace(text: str) -> str:
    """Write a file into its workspace and return that directory."""
    from weftwork.tasks.workspace import workspace  # noqa: PLC0415 - for this one

    (workspace() / "note").write_text(text)
    return str(workspace())
