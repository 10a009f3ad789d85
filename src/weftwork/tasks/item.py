"""One task bound to its inputs: the record of a call, and what a user has of its result.

An item's public names are few, because all others are those of its result: `melt(t).out` is part
of a result. What the engine uses therefore begins with an underscore; ruff's SLF001 is off for the
packages that may use it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeGuard, TypeVar

from weftwork.core.model import ROOT, ItemId, TaskState
from weftwork.errors import ScopeError, UsageError
from weftwork.tasks.kinds import ATOMS
from weftwork.tasks.nearest import did_you_mean
from weftwork.tasks.parts import Field, Index
from weftwork.tasks.reference import Reference
from weftwork.tasks.scope import current
from weftwork.tasks.stored import Stored
from weftwork.tasks.waiters import Awaited, Waiter

if TYPE_CHECKING:
    from contextvars import Context

    from weftwork.tasks.capture import Arguments, Captured
    from weftwork.tasks.scope import Host
    from weftwork.tasks.task import Task

__all__ = ["Ending", "Item", "Stored", "Waiter"]

R_co = TypeVar("R_co", covariant=True)


class Ending(ABC):
    """What an item keeps when it did not succeed."""

    __slots__ = ()

    @property
    @abstractmethod
    def root(self) -> "Item[object] | None":
        """The item whose end is the reason for this one; None where it is its own reason."""

    @abstractmethod
    def exception(self) -> BaseException:
        """Return the exception, the same one each time, made when it is first asked for."""


class _Unloaded:
    """Stands where a loaded result will be."""


_UNLOADED = _Unloaded()


class Item(Awaited, Generic[R_co]):
    """The result of a call, still to come. Await it for the value, or pass it on as an input.

    It can be awaited from any loop and thread, any number of times; to stop awaiting it does not
    stop it. `item.field` and `item[i]` are parts of the result and can be used in the same way.
    """

    __slots__ = (
        "_captured",
        "_group",
        "_host",
        "_id",
        "_loaded",
        "_seen",
        "_task",
        "_value",
    )

    def __init__(self, task: "Task[..., R_co]", captured: "Captured") -> None:
        # What `Awaited` does, without the call.
        self._state = None
        self._waiters = None
        self._task = task
        self._captured: Arguments | None = captured
        self._host: Host | None = None
        self._id: ItemId = ROOT
        self._group: ItemId = ROOT
        self._value: object = None
        self._loaded: object = _UNLOADED
        self._seen = False

    # For users

    @property
    def label(self) -> str:
        """As it is shown, such as `melt[12]`; `melt[-]` as long as no engine has it."""
        return f"{self._task.name}[{self._id or '-'}]"

    @property
    def state(self) -> TaskState:
        """Where it is in its life. Waiting as long as no engine has it."""
        if self._state is not None:
            return self._state
        return TaskState.WAITING if self._host is None else self._host.state(self)

    @property
    def uid(self) -> str | None:
        """Where it stands in the program. None without a store."""
        return None

    @property
    def fingerprint(self) -> str | None:
        """What it computes: task, code and inputs. None without a store, or before they exist."""
        return None

    def done(self) -> bool:
        """Return whether it is final, in whatever way."""
        return self._state is not None

    def cancelled(self) -> bool:
        """Return whether it was cancelled."""
        return self._state is TaskState.CANCELLED

    def cancel(self, reason: str = "") -> bool:
        """Ask for it to stop; its end comes later. Return False if it is final already."""
        if self._state is not None:
            return False
        self._hosted("cancelled").cancel(self, reason)
        return True

    def exception(self) -> BaseException | None:
        """Return why it did not succeed, or None. Never waits; asking counts as having seen it.

        Raises:
            UsageError: It is not final.
        """
        if self._state is None:
            raise UsageError(
                f"{self.label} has not ended, so nobody knows its exception: await it first"
            )
        return self._exception()

    def result(self, timeout: float | None = None) -> R_co:
        """Return the value, blocking this thread for at most `timeout` seconds (None: no limit).

        Raises:
            TimeoutError: It did not end in time. It goes on.
            UsageError: It has not ended, and this is the engine's own loop, which must not block.
            TaskError: It did not succeed.
        """
        if self._state is None:
            if self._hosted("waited for").on_loop():
                raise UsageError(
                    f"{self.label}.result() would block the engine's own loop, and {self.label} "
                    "could never end: write `await` instead"
                )
            from weftwork.tasks.waiting import block_until_final  # noqa: PLC0415  # asyncio is slow

            block_until_final(self, timeout)
        return self._take()

    def add_done_callback(
        self, fn: "Callable[[Item[R_co]], object]", *, context: "Context | None" = None
    ) -> None:
        """Have `fn(item)` called when it is final, or soon if it is.

        It is called on the loop that runs here now. Without one, in the thread of the engine's
        loop, or at once if the item is final. What it raises goes to that loop's handler.
        """
        from weftwork.tasks.waiting import Callback  # noqa: PLC0415  # asyncio is slow to import

        callback = Callback(self, fn, context)
        if not self._add_waiter(callback):
            callback.notify(self)

    def remove_done_callback(self, fn: "Callable[[Item[R_co]], object]") -> int:
        """Forget `fn`; return how often it was registered."""
        found = [w for w in self._all_waiters() if getattr(w, "function", None) == fn]
        for waiter in found:
            self._remove_waiter(waiter)
        return len(found)

    def explain(self) -> str:
        """Say why it ran, waits or failed."""
        if self._host is None:
            return f"{self.label} is in no engine yet, so nothing happens to it."
        return self._host.explain(self)

    def part(self, name: str) -> Reference[object]:
        """Refer to the attribute `name` of the result, whatever its name is."""
        return Reference(self, (Field(name),))

    def __await__(self) -> Generator[object, None, R_co]:
        if self._state is None:
            self._hosted("awaited")
            from weftwork.tasks.waiting import until_final  # noqa: PLC0415  # asyncio is slow

            yield from until_final(self)
        return self._take()

    # The one place where `Any` stands: nobody knows the types of a result's parts, and what
    # takes them (`diffusion(melt(t).out)`, `await item[0]`) has types of its own.
    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("_"):
            raise AttributeError(f"{self.label} has no {name!r}")
        fields = self._task.fields
        if fields is not None and name not in fields:
            raise AttributeError(
                f"the result of {self._task.name} has no {name!r}: "
                f"{did_you_mean(name, sorted(fields))} (part({name!r}) refers to it all the same)"
            )
        return self.part(name)

    def __getitem__(self, key: object) -> Any:  # noqa: ANN401
        part: Reference[object] = Reference(self, (Index(key),))
        return part

    def __repr__(self) -> str:
        return f"<Item {self.label}: {self.state.value}>"

    def _shown(self) -> str:
        return self.label

    # For the engine

    def _join(self, host: "Host", number: ItemId, group: ItemId) -> None:
        """Belong to `host` from now on."""
        self._host = host
        self._group = group
        self._id = number

    def _inputs(self) -> "tuple[Item[object], ...]":
        """Return what it depends on. Nothing once it is final."""
        return () if self._captured is None else self._captured.inputs

    def _settle(self, state: TaskState, value: object) -> None:
        """Become final with a result, a `Stored`, or an `Ending`, and tell who waits."""
        self._value = value
        self._state = state
        self._captured = None
        if self._seen and state is not TaskState.SUCCEEDED:
            self._see()
        if self._waiters is not None:
            waiters = self._take_waiters()
            if isinstance(waiters, dict):
                for waiter in waiters:
                    waiter.notify(self)
            elif waiters is not None:
                waiters.notify(self)

    def _see(self) -> None:
        """Note that somebody was, or will be, given the outcome: its failure is not reported."""
        self._seen = True
        if isinstance(self._value, Ending) and self._value.root is not None:
            self._value.root._seen = True

    def _exception(self) -> BaseException | None:
        """Return why it did not succeed, which is then seen. None: it did, or is not final."""
        if not isinstance(self._value, Ending):
            return None
        self._see()
        return self._value.exception()

    def _take(self) -> R_co:
        """Return the value of a final item to a user, or raise why there is none."""
        self._seen = True
        value = self._value
        if self._state is not TaskState.SUCCEEDED:
            exception = self._exception()
            if exception is not None:
                # Without this every new raise would lengthen the traceback of the last one.
                raise exception.with_traceback(None)
        if type(value) not in ATOMS and isinstance(value, Stored):
            if self._loaded is _UNLOADED:
                self._loaded = value.load()
            value = self._loaded
        return value  # type: ignore[return-value]  # its host settled it with an R_co

    def _hosted(self, wish: str) -> "Host":
        """Return the host, joining that of this context if there is none yet.

        Raises:
            ScopeError: No engine has the item, and none is in scope.
        """
        if self._host is None:
            scope = current()
            if scope is None:
                raise ScopeError(
                    f"{self.label} was {wish} outside any engine, so nothing will run it: do it "
                    "inside `async with ww.WorkflowEngine():`, or give it to `ww.run(...)`"
                )
            scope.host.adopt(self, scope.group)
        if self._host is None:
            raise ScopeError(f"{self.label} was {wish}, but the engine in scope did not take it")
        return self._host


def is_item(value: object) -> TypeGuard[Item[object]]:
    """Return whether it is an item."""
    return isinstance(value, Item)


OWN_NAMES = frozenset(name for name in dir(Item) if not name.startswith("_"))
"""The public names of every item. A result's field of such a name needs `item.part(name)`."""
