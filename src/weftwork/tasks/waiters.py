"""Who waits for an item, without a lock where nobody does."""

from _thread import RLock
from typing import TYPE_CHECKING, Protocol

from weftwork.core.model import TaskState
from weftwork.tasks.refusal import Refusing

if TYPE_CHECKING:
    from weftwork.tasks.item import Item


class Waiter(Protocol):
    """Somebody to tell when an item is final."""

    def notify(self, item: "Item[object]") -> None:
        """Hear that `item` is final. Called in any thread, once; must not block or raise."""
        ...


# Re-entrant: a collection of garbage inside it may end a coroutine that awaits an item. One for
# all, because it is held for nanoseconds and a million items have no room for their own.
_CHANGE = RLock()


class Awaited(Refusing):
    """Something that becomes final once, in one thread, while others begin and cease to wait."""

    # A million of them wait at once, and most have one waiter or none.
    __slots__ = ("_state", "_waiters")

    def __init__(self) -> None:
        self._state: TaskState | None = None
        """None until it is final."""
        self._waiters: Waiter | dict[Waiter, None] | None = None

    def _add_waiter(self, waiter: Waiter) -> bool:
        """Have `waiter` told once. False: it is there already, or this is final."""
        with _CHANGE:
            waiters = self._waiters
            if self._state is not None or waiters is waiter:
                return False
            if waiters is None:
                self._waiters = waiter
            elif isinstance(waiters, dict):
                if waiter in waiters:
                    return False
                waiters[waiter] = None
            else:
                self._waiters = {waiters: None, waiter: None}
            # Whoever made it final looked without the lock whether anybody waits, and may have
            # missed this one.
            return self._state is None or not self._remove_waiter(waiter)

    def _remove_waiter(self, waiter: Waiter) -> bool:
        """No longer tell `waiter`; return whether it would have been."""
        with _CHANGE:
            waiters = self._waiters
            if waiters is waiter:
                self._waiters = None
                return True
            if isinstance(waiters, dict) and waiter in waiters:
                del waiters[waiter]
                return True
            return False

    def _all_waiters(self) -> list[Waiter]:
        """Return who waits now."""
        with _CHANGE:
            waiters = self._waiters
            if waiters is None:
                return []
            return list(waiters) if isinstance(waiters, dict) else [waiters]

    def _take_waiters(self) -> Waiter | dict[Waiter, None] | None:
        """Return who waits and is to be told by the caller: one, or several."""
        with _CHANGE:
            waiters = self._waiters
            self._waiters = None
            return waiters
