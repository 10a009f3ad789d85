"""The live engine as a user sees it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from weftwork.core.events import CancelRequested
from weftwork.core.model import ROOT, TaskState
from weftwork.engine.intake import AllCancelled
from weftwork.engine.outcome import unseen_failures
from weftwork.engine.ports import Backend, BackendSettings, Store
from weftwork.engine.running import outlast
from weftwork.engine.stream import Callback, EngineClosed, EngineOpened, Feed, Stream
from weftwork.errors import ScopeError, UsageError
from weftwork.session import collector
from weftwork.session.assembly import Parts, assemble
from weftwork.session.bound import BoundForms
from weftwork.session.closing import close, give_up
from weftwork.session.defaults import EngineDefaults, engine_defaults
from weftwork.session.loop_thread import LoopThread
from weftwork.session.plan import Plan
from weftwork.session.settings import EngineSettings
from weftwork.tasks.item import Item
from weftwork.tasks.scope import Scope, current, entered

R = TypeVar("R")


class WorkflowEngine(BoundForms):
    """Runs items: one scheduler and its backends, for the time of a `with` or `async with`.

    In the block of the `with` every call of a task is taken on at once. Leaving it normally waits
    for all items and raises an `ExceptionGroup` of the failures nobody looked at; leaving it by
    an exception cancels what is unfinished. `async with` works on the running loop; `with` gives
    the engine a loop on a thread of its own, so it serves scripts and notebooks.

    Args:
        backend: The default backend: "processes" (if not given), "threads", "inline", "noop", the
            name of one that another package brings, or a backend object.
        workers: Python functions that run at once; None: as many as affinity and cgroup allow.
        limits: Named limits that tasks may book, such as `{"licence": 4}`.
        dry_run: Run nothing: tasks answer placeholders of their return types, and the plan is
            printed at the end.
        store: Where results are recorded; None: nothing is recorded.
        workdir: Where the session directory is made; None: the system's temporary directory.
        keep: Keep workspaces after success.
        quiet: Do not pass on what functions print, line by line, to standard error.
        grace: Seconds between TERM and KILL when something is ended.

    Raises:
        UsageError: An argument cannot be.
    """

    def __init__(  # noqa: PLR0913 - the one constructor of the library, all keywords
        self,
        backend: str | Backend | None = None,
        *,
        workers: int | None = None,
        limits: Mapping[str, int] | None = None,
        dry_run: bool | None = None,
        store: Store | None = None,
        workdir: str | PathLike[str] | None = None,
        keep: bool | None = None,
        quiet: bool | None = None,
        grace: float = 2.0,
    ) -> None:
        defaults = engine_defaults() or EngineDefaults()
        workers = defaults.workers if workers is None else workers
        if workers is not None and workers < 1:
            raise UsageError(f"workers={workers}: an engine needs at least 1; None takes all cores")
        if not 0 <= grace < float("inf"):
            raise UsageError(f"grace={grace}: expected seconds, 0 or more")
        keep = defaults.keep if keep is None else keep
        quiet = defaults.quiet if quiet is None else quiet
        workdir = defaults.workdir if workdir is None else Path(workdir)
        if workdir is not None and not workdir.is_dir():
            raise UsageError(f"workdir {str(workdir)!r} is no directory: make it first")
        self._become(
            EngineSettings(
                backend=backend or defaults.backend or "processes",
                dry_run=defaults.dry_run if dry_run is None else dry_run,
                store=store,
                workdir=workdir,
                backends=BackendSettings(workers, limits, grace, keep, quiet),
                echo=defaults.made is None,
            )
        )
        if defaults.made is not None:
            defaults.made(self)

    @classmethod
    def of(cls, settings: EngineSettings) -> Self:
        """Return an engine with these settings, for tests and tools: fakes, another clock."""
        engine = cls.__new__(cls)
        engine._become(settings)
        return engine

    def _become(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._stream = Stream()
        self._parts: Parts | None = None
        self._thread: LoopThread | None = None
        self._entered: AbstractContextManager[None] | None = None
        self._ended = False
        self.plan: Plan | None = None

    @classmethod
    async def create(cls, backend: str | Backend | None = None, *, dry_run: bool = False) -> Self:
        """Return an open engine on the running loop that sets no scope.

        Its items come from the bound forms (`@engine.function_task`) or `engine.submit`.
        Close it by `await engine.shutdown()`.
        """
        engine = cls(backend, dry_run=dry_run)
        await engine._open()
        return engine

    async def __aenter__(self) -> Self:
        await self._open()
        self._enter_scope()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave_scope()
        await self._close(clean=kind is None)

    def __enter__(self) -> Self:
        self._thread = LoopThread()
        try:
            self._thread.call(self._open())
        except BaseException:
            self._thread.stop()
            raise
        self._enter_scope()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave_scope()
        if self._thread is None:
            raise ScopeError("this engine was opened by `async with`: leave it there")
        closing = self._thread.start(self._close(clean=kind is None))
        try:
            closing.result()
        except KeyboardInterrupt:
            self._thread.start(self._give_up(self._need_parts(), "interrupted"))
            closing.result()
            raise
        finally:
            self._thread.stop()

    async def shutdown(self, *, cancel: bool = False) -> None:
        """Wait for all items (or cancel the unfinished) and close. Harmless when repeated.

        Raises:
            ExceptionGroup: Items failed and nobody looked at them.
        """
        if self._parts is not None and not self._ended:
            await self._close(clean=not cancel)

    def submit(self, item: Item[R]) -> Item[R]:
        """Take on a loose item, with its inputs, and return it. Any thread."""
        scope = current()
        parts = self._need_parts()
        group = scope.group if scope is not None and scope.host is parts.host else ROOT
        parts.host.adopt(item, group)
        return item

    def cancel(self, items: Iterable[Item[object]] | None = None, reason: str = "") -> None:
        """Ask for these items (None: all) to stop. Returns at once. Any thread."""
        parts = self._need_parts()
        if items is None:
            parts.driver.inbox.put(AllCancelled(reason))
            return
        items = list(items)
        for item in items:
            if item._host is not parts.host:
                raise ScopeError(f"{item.label} is not this engine's: write item.cancel() instead")
        parts.driver.inbox.put(CancelRequested([item._id for item in items], reason))

    async def kill(self) -> None:
        """End everything that executes without grace. The items end as cancelled or lost."""
        parts = self._need_parts()
        self.cancel(reason="killed")
        await parts.backends.kill()

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Call `callback` with a list of events per turn, on the engine's loop.

        Returns:
            What ends the subscription.
        """
        return self._stream.subscribe(callback)

    def events(self) -> Feed:
        """Return an async iterator over events from now on, ending with the engine.

        It keeps the latest ones that were not read; a `Notice` says how many were dropped.
        """
        return self._stream.events()

    def statistics(self) -> dict[str, dict[TaskState, int]]:
        """Return per task name how many items are in each state. On the engine's loop."""
        return self._need_parts().driver.statistics()

    @property
    def scope(self) -> Scope:
        """The scope that makes this engine the host of calls: see `ww.scope(engine)`."""
        return Scope(self._need_parts().host)

    async def _open(self) -> None:
        if self._parts is not None:
            raise ScopeError("this engine was opened before: make a new WorkflowEngine for each")
        parts = assemble(self._settings, self._stream)
        backend = parts.backends.get(parts.default)
        if self._settings.store is not None:
            await self._settings.store.open(parts.driver.answers, parts.driver.recorded)
        # Only now: what could not be opened need not, and cannot, be closed.
        self._parts = parts
        if self._settings.dry_run:
            self.plan = Plan(lambda reason: self.cancel(reason=reason))
            self.subscribe(self.plan.take)
        collector.relax()
        if self._stream.wanted:
            capacity = backend.capacity
            self._stream.publish(
                [EngineOpened(parts.loop.time(), backend.name, capacity.workers, capacity)]
            )

    async def _close(self, *, clean: bool) -> None:
        parts = self._need_parts()
        self._ended = True
        parts.host.close_root("its engine has been left: call tasks inside the `with`")
        try:
            await self._leave_root(parts, clean=clean)
        finally:
            unseen = parts.driver.ledger.close_group(ROOT)
            # A task of its own: what ends processes must not be cut short by a second cancel.
            await outlast(asyncio.ensure_future(self._end(parts)))
        if unseen and clean:
            raise unseen_failures("in the engine", unseen)

    async def _leave_root(self, parts: Parts, *, clean: bool) -> None:
        try:
            if clean:
                await asyncio.shield(parts.driver.leave(ROOT, clean=True))
                return
        except asyncio.CancelledError:
            with suppress(asyncio.CancelledError):
                await self._give_up(parts, "its engine was left")
            raise
        await self._give_up(parts, "its engine was left")

    async def _give_up(self, parts: Parts, reason: str) -> None:
        grace = self._settings.backends.grace
        await outlast(asyncio.ensure_future(give_up(parts, reason, grace)))

    async def _end(self, parts: Parts) -> None:
        try:
            await close(parts, self._settings)
        finally:
            self._stream.publish([EngineClosed(parts.loop.time())])
            self._stream.close()
            if self.plan is not None and not self._settings.backends.quiet:
                self.plan.show()

    def _enter_scope(self) -> None:
        self._entered = entered(self.scope)
        self._entered.__enter__()

    def _leave_scope(self) -> None:
        if self._entered is not None:
            # Fixtures and the like leave in another context, where there is nothing to undo.
            with suppress(ValueError):
                self._entered.__exit__(None, None, None)
            self._entered = None

    def _need_parts(self) -> Parts:
        if self._parts is None:
            raise ScopeError("this engine is not open: use `async with` (or `with`) on it first")
        return self._parts
