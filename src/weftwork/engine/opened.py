"""The backends of one engine, each made when a task first names it and opened at its first work."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from weftwork.codecs.exceptions import text_of
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, Cause
from weftwork.engine.ports import Backend, Cancelled, Failed, Reports
from weftwork.engine.work import Failure, Work
from weftwork.errors import BackendError


class OpenBackends:
    """Backends by name.

    Args:
        make: Gives the backend of a name, not opened; raises UsageError for unknown names.
        reports: Where they put their news.
        start: Runs a coroutine as an effect of the engine.
    """

    def __init__(
        self,
        make: Callable[[str], Backend],
        reports: Reports,
        start: Callable[[Coroutine[object, object, None]], asyncio.Task[None]],
    ) -> None:
        self._make = make
        self._reports = reports
        self._start = start
        self._made: dict[str, Backend] = {}
        self._ready: set[str] = set()
        self._waiting: dict[str, list[Work]] = {}
        self._is_killed = False

    def get(self, name: str) -> Backend:
        """Return the backend, made if need be."""
        backend = self._made.get(name)
        if backend is None:
            backend = self._made[name] = self._make(name)
        return backend

    def submit(self, name: str, works: Sequence[Work]) -> None:
        """Hand works to the backend, opening it first. After `kill` they end at once."""
        if self._is_killed:
            self._reports([Cancelled(work.attempt) for work in works])
            return
        if name in self._ready:
            self._made[name].submit(works)
            return
        waiting = self._waiting.get(name)
        if waiting is None:
            self.get(name)
            self._waiting[name] = list(works)
            self._start(self._open(name))
        else:
            waiting.extend(works)

    def cancel(self, name: str, attempts: Sequence[Attempt], why: CancelReason) -> None:
        """Ask the backend to end attempts; those it was not given yet end at once."""
        if name in self._ready:
            self._made[name].cancel(attempts, why)
            return
        unwanted = set(attempts)
        waiting = self._waiting.get(name)
        if waiting is None:
            return  # It could not be opened, and their ends are on the way.
        waiting[:] = [work for work in waiting if work.attempt not in unwanted]
        self._reports([Cancelled(attempt) for attempt in attempts])

    def why(self, name: str, attempt: Attempt) -> str:
        """Return one sentence: why the attempt has not started, or where it runs."""
        if name in self._ready:
            return self._made[name].why(attempt)
        return f"backend {name!r} is being opened"

    async def kill(self) -> None:
        """End what executes now, without grace. Nothing is executed any more."""
        self._is_killed = True
        await self._close_ready(0.0)

    async def close(self, grace: float) -> None:
        """Close all that were made. Every one is closed, also when another fails to."""
        await self._close_ready(grace)
        self._ready.clear()

    async def _close_ready(self, grace: float) -> None:
        ready = [self._made[name] for name in self._made if name in self._ready]
        ends = await asyncio.gather(
            *(backend.close(grace) for backend in ready), return_exceptions=True
        )
        errors = [end for end in ends if isinstance(end, Exception)]
        if errors:
            raise ExceptionGroup("backends did not close", errors)

    async def _open(self, name: str) -> None:
        try:
            await self._made[name].open(self._reports)
        except Exception as error:  # noqa: BLE001 - it may be anybody's
            kind = "" if isinstance(error, BackendError) else f"{type(error).__name__}: "
            text = f"backend {name!r} cannot be opened: {kind}{text_of(error)}"
            failure = Failure(Cause.UNAVAILABLE, text, exception=error)
            works = self._waiting.pop(name)
            self._reports([Failed(work.attempt, failure) for work in works])
            return
        self._ready.add(name)
        works = self._waiting.pop(name)
        if works:
            self._made[name].submit(works)
