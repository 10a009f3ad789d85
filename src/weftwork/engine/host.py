"""Where calls arrive, from any thread: numbering, checks that need the engine, and the way in."""

import itertools
import threading
from collections.abc import Callable

from weftwork.core.events import CancelRequested
from weftwork.core.model import ROOT, ItemId, TaskState
from weftwork.engine.dispatch import BLOCKS, Dispatch, Routes
from weftwork.engine.driver import Driver
from weftwork.engine.endings import exception_of
from weftwork.engine.nesting import Nesting
from weftwork.engine.opened import OpenBackends
from weftwork.errors import ScopeError, UsageError
from weftwork.tasks.item import Item

DEEPEST = 200
"""Block runs within block runs. Beyond it a recursion has no end, we say."""

_ROUTES = 10_000
"""Tasks whose route is remembered; `options()` in a loop makes any number of them."""


class EngineHost:
    """The `Host` of one engine.

    Args:
        driver: Takes the items.
        dispatch: Knows attempts.
        backends: Say what they refuse, and whether arguments leave this process.
        routes: Say which backend an item goes to.
        nesting: Knows the open block runs.
        encode: Encodes the arguments of an item that leave this process, now.
    """

    def __init__(
        self,
        driver: Driver,
        dispatch: Dispatch,
        backends: OpenBackends,
        routes: Routes,
        nesting: Nesting,
        encode: Callable[[Item[object]], None],
    ) -> None:
        self._driver, self._dispatch = driver, dispatch
        self._backends, self._routes = backends, routes
        self._nesting, self._encode = nesting, encode
        self._numbers = itertools.count(1)
        self._closed = ""
        self._root_closed = ""
        self._adopting = threading.RLock()
        self._routed: dict[object, bool] = {}

    def adopt(self, item: Item[object], group: ItemId) -> None:
        """Take on a loose item; one that is ours already stays as it is."""
        with self._adopting:
            if item._host is not self:
                self.add(item, group)

    def close(self, why: str) -> None:
        """Refuse all calls from now on; `why` completes "melt was called, but ..."."""
        self._closed = self._root_closed = why

    def close_root(self, why: str) -> None:
        """Refuse calls outside block runs from now on; blocks that run may go on calling."""
        self._root_closed = why

    def add(self, item: Item[object], group: ItemId) -> None:
        """Number the item, capture what leaves this process and take it on.

        Raises:
            ScopeError: The engine or the block run has ended, or an input is another engine's.
            UsageError: Its backend, resources or arguments cannot be.
        """
        if item._host is not None:
            raise ScopeError(_foreign(item))
        closed = self._closed if group else self._root_closed
        if closed:
            raise ScopeError(f"{item._task.name} was called, but {closed}")
        if item._inputs():
            self._adopt_inputs(item, group)
        self._admit(item, group)

    def _admit(self, item: Item[object], group: ItemId) -> None:
        task = item._task
        by_value = self._routed.get(task)
        if by_value is None:
            if len(self._routed) >= _ROUTES:
                self._routed.clear()
            by_value = self._routed[task] = self._route(item)
        if group != ROOT or task.kind == "block":
            self._check_nesting(item, group)
        if by_value:
            self._encode(item)
        item._group = group
        item._id = ItemId(next(self._numbers))
        self._driver.inbox.put(item)
        # Last: who sees the host may count on the item being in the inbox before its own.
        item._host = self

    def cancel(self, item: Item[object], reason: str) -> None:
        """Ask for the item to stop."""
        self._driver.inbox.put(CancelRequested([item._id], reason))

    def state(self, item: Item[object]) -> TaskState:
        """Where the item is now."""
        return item._state or self._driver.scheduler.state(item._id) or TaskState.WAITING

    def explain(self, item: Item[object]) -> str:
        """Say why the item waits, runs or ended as it did."""
        state = self.state(item)
        if state is TaskState.WAITING:
            left = [other.label for other in item._inputs() if other._state is None]
            if not left:
                return f"{item.label} is taken on in the next turn of the engine's loop"
            return f"{item.label} waits for {len(left)} inputs: {', '.join(left[:5])}"
        if item._state is not None:
            error = exception_of(item)
            return f"{item.label} succeeded" if error is None else str(error)
        why = self._dispatch.why(item)
        return f"{item.label} is {state.value}: {why}" if why else f"{item.label} is {state.value}"

    def on_loop(self) -> bool:
        """Whether the caller is on the engine's loop."""
        return self._driver.inbox.on_loop_thread()

    def _route(self, item: Item[object]) -> bool:
        name = self._routes.backend(item)
        if name == BLOCKS:
            return False
        backend = self._backends.get(name)
        resources = item._task.settings.resources
        if resources is not None and (no := backend.refuse(resources)) is not None:
            raise UsageError(f"{item._task.name}: {no}")
        return backend.by_value and item._task.kind == "function"

    def _check_nesting(self, item: Item[object], group: ItemId) -> None:
        depth = self._nesting.depth(group)
        if depth is None:
            raise ScopeError(
                f"{item._task.name} was called for a block run that has ended: await in the block "
                "what its own asyncio tasks do, or call it outside"
            )
        if depth >= DEEPEST and item._task.kind == "block":
            raise UsageError(
                f"block {item._task.name} is called {DEEPEST} block runs deep: a recursion "
                "without end? Use a loop in one block, or end the recursion earlier"
            )

        for other in item._inputs():
            if other._state is None and self._nesting.encloses(other._id, group):
                raise UsageError(
                    f"{item._task.name} was called in {other.label} with {other.label} itself as "
                    "an input: it would wait for the block that waits for it"
                )

    def _adopt_inputs(self, item: Item[object], group: ItemId) -> None:
        """Take on the loose items this one needs, inputs first. No recursion: chains are long."""
        if all(other._host is self for other in item._inputs()):
            return
        with self._adopting:
            visited: set[int] = {id(item)}
            path = [(item, iter(item._inputs()))]
            while path:
                current, inputs = path[-1]
                for other in inputs:
                    if other._host is None and id(other) not in visited:
                        visited.add(id(other))
                        path.append((other, iter(other._inputs())))
                        break
                    if other._host is not self and other._host is not None:
                        raise ScopeError(_foreign(other))
                else:
                    path.pop()
                    if current is not item:
                        self._admit(current, group)


def _foreign(item: Item[object]) -> str:
    return (
        f"{item.label} belongs to another engine: await it and pass its value, "
        "or call its task in this engine"
    )
