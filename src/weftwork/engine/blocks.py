"""Block runs: the bodies of blocks, on the engine's loop, each the owner of what it calls."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from functools import partial
from inspect import iscoroutinefunction
from typing import TypeGuard

from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause, ItemId
from weftwork.engine.driver import Driver
from weftwork.engine.nesting import Nesting
from weftwork.engine.outcome import body_failed, unseen_failures
from weftwork.engine.ports import Cancelled, Capacity, Failed, Report, Reports, Started, Succeeded
from weftwork.engine.preparation import arguments_of
from weftwork.engine.running import Running
from weftwork.engine.work import FunctionWork, Work
from weftwork.errors import InternalError
from weftwork.tasks.capture import capture, fill
from weftwork.tasks.item import Item
from weftwork.tasks.resources import Resources
from weftwork.tasks.scope import Host, Scope, entered
from weftwork.tasks.task import Task


class BlockRuns:
    """A backend for blocks only. A run takes no slot, so nesting cannot deadlock.

    Args:
        driver: Ends the groups.
        running: Holds the bodies' asyncio tasks.
        host: Takes the calls that bodies make.
        nesting: Told which runs are open.
    """

    name = "blocks"
    capacity = Capacity(cores=0)
    by_value = False

    def __init__(self, driver: Driver, running: Running, host: Host, nesting: Nesting) -> None:
        self._driver, self._running, self._host = driver, running, host
        self._nesting = nesting
        self._bodies: dict[Attempt, asyncio.Task[None]] = {}
        self._reports: Reports = driver.inbox.put_all
        self._context = copy_context()

    async def open(self, reports: Reports) -> None:
        """Get ready."""
        self._reports = reports

    def submit(self, works: Sequence[Work]) -> None:
        """Start the bodies."""
        for work in works:
            if not isinstance(work, FunctionWork):
                raise InternalError(f"{work.label} is not a block")
            context = self._context.run(copy_context)
            body = self._bodies[work.attempt] = self._running.start(self._run(work), context)
            body.add_done_callback(partial(self._ended, work.attempt))

    def cancel(self, attempts: Sequence[Attempt], why: CancelReason) -> None:
        """Cancel the bodies; each ends when what it owns has ended."""
        del why
        for attempt in attempts:
            if (body := self._bodies.get(attempt)) is not None:
                body.cancel()

    def refuse(self, resources: Resources) -> str | None:
        """Refuse nothing: a block takes nothing."""
        del resources
        return None

    def why(self, attempt: Attempt) -> str:
        """Say where the run is."""
        return "its body runs" if attempt in self._bodies else "its body starts with the next turn"

    async def close(self, grace: float) -> None:
        """Cancel what is left. The driver has ended every group by now."""
        del grace
        for body in self._bodies.values():
            body.cancel()

    def _ended(self, attempt: Attempt, body: asyncio.Task[None]) -> None:
        # Cancelled before its first step, nothing of `_run` was run.
        if body.cancelled() and self._bodies.pop(attempt, None) is not None:
            self._reports([Cancelled(attempt)])

    async def _run(self, work: FunctionWork) -> None:
        attempt = work.attempt
        group = attempt.item
        parent = self._driver.ledger.items[group]._group
        depth = self._nesting.open(group, parent)
        self._driver.ledger.open_group(group)
        self._reports([Started(attempt)])
        end: Report
        try:
            end = await self._body(work, Scope(self._host, group, depth))
        finally:
            del self._bodies[attempt]
            self._nesting.close(group)
        self._reports([end])

    async def _body(self, work: FunctionWork, scope: Scope) -> Report:
        attempt = work.attempt
        try:
            args, kwargs = arguments_of(work.label, work.arguments, work.inputs)
            with entered(scope):
                value = await _resolved(await _body_of(work.task)(*args, **kwargs))
            unseen = await self._leave(scope.group)
        except asyncio.CancelledError:
            await self._abandon(scope.group, f"block {work.label} was cancelled")
            return Cancelled(attempt)
        except BaseException as error:  # noqa: BLE001 - the body is the user's
            await self._abandon(scope.group, f"block {work.label} failed")
            return Failed(attempt, body_failed(error))
        if unseen:
            group = unseen_failures(f"in block {work.label}", unseen)
            return Failed(attempt, body_failed(group, Cause.EXCEPTION))
        return Succeeded(attempt, value)

    async def _leave(self, group: ItemId) -> list[Item[object]]:
        await asyncio.shield(self._driver.leave(group, clean=True))
        return self._driver.ledger.close_group(group)

    async def _abandon(self, group: ItemId, reason: str) -> None:
        """Cancel what the run owns and wait for its end, however often this is cancelled."""
        ended = self._driver.leave(group, clean=False, reason=reason)
        while not ended.done():
            try:
                await asyncio.shield(ended)
            except asyncio.CancelledError:
                continue
        self._driver.ledger.close_group(group)


def _body_of(task: Task[..., object]) -> Callable[..., Awaitable[object]]:
    body = task.fn
    if not _is_async(body):
        raise InternalError(f"{task.name} is no block")
    return body


def _is_async(body: Callable[..., object]) -> TypeGuard[Callable[..., Awaitable[object]]]:
    return iscoroutinefunction(body)


async def _resolved(value: object) -> object:
    """Replace the items in what a block returns by their values."""
    captured = capture((value,), {})
    if not captured.inputs:
        return value
    values = [await item for item in captured.inputs]
    (whole,), _ = fill(captured, values)
    return whole
