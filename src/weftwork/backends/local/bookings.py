"""How the lanes of the local backend ask for cores, GPUs, memory and named limits."""

from collections.abc import Callable, Hashable
from typing import Protocol

from weftwork.core.packing import Bundle, Grant


class Bookings(Protocol):
    """The one pool of this machine's resources, shared by all modes of one engine."""

    def request(
        self, key: Hashable, bundle: Bundle, priority: int, granted: Callable[[Grant], None]
    ) -> None:
        """Ask for a whole bundle. `granted` is called once, on the loop, never from within."""
        ...

    def withdraw(self, key: Hashable) -> None:
        """No longer want a request that was not granted. Unknown keys are ignored."""
        ...

    def release(self, key: Hashable) -> None:
        """Give a granted bundle back."""
        ...

    def contended(self, key: Hashable) -> bool:
        """Whether somebody of equal or higher priority waits for what the holder `key` has."""
        ...

    def why(self, key: Hashable) -> str:
        """Return one sentence: what the request waits for, or what it was granted."""
        ...
