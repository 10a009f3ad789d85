"""The directory that belongs to one attempt, as its body sees it."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from weftwork.errors import ScopeError

_CURRENT: ContextVar[Path | None] = ContextVar("weftwork_workspace", default=None)


def workspace() -> Path:
    """Return the directory of the attempt whose body calls this.

    Raises:
        ScopeError: No body is running here, or its task asked for no workspace.
    """
    path = _CURRENT.get()
    if path is None:
        raise ScopeError(
            "workspace() was called where there is none: call it in the body of a task that is "
            "declared with @ww.task(workspace=True)"
        )
    return path


@contextmanager
def working_in(path: Path) -> Generator[None, None, None]:
    """Make `path` the workspace of this context. The directory exists; nobody enters it here."""
    token = _CURRENT.set(path)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def work_in(path: Path) -> None:
    """Make `path` the workspace to the end of this context, which is that of one body."""
    _CURRENT.set(path)
