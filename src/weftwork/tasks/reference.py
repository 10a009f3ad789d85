"""Parts of results that are still to come: `item.field`, `item[i]`, and what lies below."""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Generic, TypeGuard, TypeVar

from weftwork.core.model import TaskState
from weftwork.tasks.parts import Field, Index, Path, path_text, take
from weftwork.tasks.refusal import Refusing

if TYPE_CHECKING:
    from weftwork.tasks.item import Item

R_co = TypeVar("R_co", covariant=True)


class Reference(Refusing, Generic[R_co]):
    """Part of an item's result. Await it, or pass it on as an input; all else is the item's."""

    __slots__ = ("_item", "_path")

    def __init__(self, item: "Item[object]", path: Path) -> None:
        self._item = item
        self._path = path

    def _shown(self) -> str:
        return self._item.label + path_text(self._path)

    def __repr__(self) -> str:
        return f"<Reference {self._shown()}: {self.state.value}>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Reference):
            return self._item is other._item and self._path == other._path
        return super().__eq__(other)

    def __hash__(self) -> int:
        # By text: a slice in the path has no hash of its own.
        return hash((id(self._item), path_text(self._path)))

    def __getattr__(self, name: str) -> "Reference[object]":
        if name.startswith("_"):
            raise AttributeError(f"{self._shown()} has no {name!r}")
        return self.part(name)

    def __getitem__(self, key: object) -> "Reference[object]":
        return Reference(self._item, (*self._path, Index(key)))

    def part(self, name: str) -> "Reference[object]":
        """Refer to the attribute `name` of this part, whatever its name is."""
        return Reference(self._item, (*self._path, Field(name)))

    def __await__(self) -> Generator[object, None, R_co]:
        whole = yield from self._item.__await__()
        return self._of(whole)

    def _of(self, whole: object) -> R_co:
        # Whoever made the reference said of what type the part is.
        return take(whole, self._path, self._item.label)  # type: ignore[return-value]

    @property
    def label(self) -> str:
        """As it is shown: `melt[12].out`."""
        return self._shown()

    @property
    def state(self) -> TaskState:
        """Where the item is now."""
        return self._item.state

    @property
    def uid(self) -> str | None:
        """The uid of the item."""
        return self._item.uid

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the item."""
        return self._item.fingerprint

    def done(self) -> bool:
        """Return whether the item is final."""
        return self._item.done()

    def cancelled(self) -> bool:
        """Return whether the item was cancelled."""
        return self._item.cancelled()

    def cancel(self, reason: str = "") -> bool:
        """Ask for the whole item to stop."""
        return self._item.cancel(reason)

    def exception(self) -> BaseException | None:
        """Return why the item did not succeed, or None."""
        return self._item.exception()

    def result(self, timeout: float | None = None) -> R_co:
        """Return the part, waiting for the item like `Item.result`."""
        return self._of(self._item.result(timeout))

    def explain(self) -> str:
        """Say why the item ran, waits or failed."""
        return self._item.explain()

    def add_done_callback(self, fn: "Callable[[Item[object]], object]") -> None:
        """Have `fn(item)` called when the item is final."""
        self._item.add_done_callback(fn)

    def remove_done_callback(self, fn: "Callable[[Item[object]], object]") -> int:
        """Forget `fn`; return how often it was registered."""
        return self._item.remove_done_callback(fn)


def is_reference(value: object) -> TypeGuard[Reference[object]]:
    """Return whether it is a part of an item's result."""
    return isinstance(value, Reference)
