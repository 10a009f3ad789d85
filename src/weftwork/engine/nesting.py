"""Which block runs are open, and which of them is in which."""

from weftwork.core.model import ROOT, ItemId


class Nesting:
    """The open block runs of one engine by the item of their block."""

    def __init__(self) -> None:
        self._parents: dict[ItemId, ItemId] = {}
        self._depths: dict[ItemId, int] = {ROOT: 0}

    def open(self, group: ItemId, parent: ItemId) -> int:
        """Note that a run begins; return how deep it is, from 1."""
        self._parents[group] = parent
        # A parent may have ended: what others need of a block outlives it.
        depth = self._depths[group] = self._depths.get(parent, 0) + 1
        return depth

    def close(self, group: ItemId) -> None:
        """Note that a run has ended."""
        del self._parents[group]
        del self._depths[group]

    def depth(self, group: ItemId) -> int | None:
        """How deep the run is nested, 0 for ROOT; None if it is not open."""
        return self._depths.get(group)

    def encloses(self, outer: ItemId, group: ItemId) -> bool:
        """Whether `outer` is the run `group` or one around it."""
        inner: ItemId | None = group
        while inner:
            if inner == outer:
                return True
            inner = self._parents.get(inner)
        return False
