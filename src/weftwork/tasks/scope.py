"""Who hosts a call: the engine or block run in whose context it is made."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple, Protocol

from weftwork.core.model import ROOT, ItemId, TaskState
from weftwork.errors import ScopeError

if TYPE_CHECKING:
    from weftwork.tasks.item import Item


class Host(Protocol):
    """What an item needs of its engine. Every method may be called from any thread."""

    def add(self, item: "Item[object]", group: ItemId) -> None:
        """Number the item, capture its arguments and take it on.

        Raises:
            UsageError: The engine is closed, the inputs are another engine's, ...
        """
        ...

    def adopt(self, item: "Item[object]", group: ItemId) -> None:
        """Take on a loose item, unless it was done by now: several threads may ask for it.

        Raises:
            UsageError: As `add`.
        """
        ...

    def cancel(self, item: "Item[object]", reason: str) -> None:
        """Ask for the item to stop."""
        ...

    def state(self, item: "Item[object]") -> TaskState:
        """Where the item is now."""
        ...

    def explain(self, item: "Item[object]") -> str:
        """One sentence or more: why the item ran, waits or failed."""
        ...

    def on_loop(self) -> bool:
        """Whether the caller is on the engine's own loop, where nothing may block."""
        ...


class Scope(NamedTuple):
    """Where calls made in this context belong.

    Attributes:
        host: The engine.
        group: The block run, or ROOT.
        depth: How many block runs deep.
    """

    host: Host
    group: ItemId = ROOT
    depth: int = 0


class InsideTask(NamedTuple):
    """The context of a task's body, where there is no engine.

    Attributes:
        label: The task whose body it is.
    """

    label: str


_CURRENT: ContextVar[Scope | InsideTask | None] = ContextVar("weftwork_scope", default=None)


def current() -> Scope | None:
    """Return the scope of this context, or None outside any.

    Raises:
        ScopeError: This is the body of a task.
    """
    scope = _CURRENT.get()
    if type(scope) is InsideTask:
        raise ScopeError(
            f"a task was called in the body of task {scope.label!r}, where there is no engine: "
            "make the caller a @ww.block, or call the plain function with other.fn(...)"
        )
    return scope  # type: ignore[return-value]  # the branch above leaves Scope | None


@contextmanager
def entered(scope: Scope | InsideTask | None) -> Generator[None, None, None]:
    """Make `scope` the one of this context."""
    token = _CURRENT.set(scope)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def become_task(label: str) -> None:
    """Make this context, to its end, that of the body of a task."""
    _CURRENT.set(InsideTask(label))
