"""What a command line gives to the engines of a script that leave it out."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from weftwork.engine.stream import Callback
from weftwork.session.plan import Plan


class RunningEngine(Protocol):
    """What a command line needs of a `WorkflowEngine` that it did not make."""

    @property
    def plan(self) -> "Plan | None":
        """What a dry run found so far; None where tasks are run."""
        ...

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Hear the engine's events; return the way out."""
        ...

    def cancel(self, items: None = None, reason: str = "") -> None:
        """Ask for all unfinished items to stop."""
        ...

    async def kill(self) -> None:
        """End everything that executes without grace. On the engine's loop."""
        ...


@dataclass(frozen=True, slots=True)
class EngineDefaults:
    """Taken by each `WorkflowEngine` made in this context for arguments that it was not given.

    Attributes:
        backend: As the engine's argument of this name, like all down to `quiet`.
        workers: Functions at once.
        workdir: Where the session directory is made.
        dry_run: Only plan.
        keep: Keep workspaces after success.
        quiet: Do not report what functions print.
        made: Called with the engine before it opens, so that a display hears every event.
    """

    backend: str | None = None
    workers: int | None = None
    workdir: Path | None = None
    dry_run: bool = False
    keep: bool = False
    quiet: bool = False
    made: Callable[[RunningEngine], None] | None = None


_DEFAULTS: ContextVar[EngineDefaults | None] = ContextVar("weftwork_engine_defaults", default=None)


def engine_defaults() -> EngineDefaults | None:
    """Return what engines of this context fall back to, or None outside `weft run`."""
    return _DEFAULTS.get()


@contextmanager
def engines_default_to(defaults: EngineDefaults) -> Generator[None, None, None]:
    """Have engines that are made within fall back to `defaults`."""
    token = _DEFAULTS.set(defaults)
    try:
        yield
    finally:
        _DEFAULTS.reset(token)
