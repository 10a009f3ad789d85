"""Values that exist somewhere as bytes and are made into objects when somebody needs one."""

from abc import ABC, abstractmethod


class Stored(ABC):
    """A value held as something else than the object. Immutable; may be loaded many times."""

    __slots__ = ()

    @abstractmethod
    def load(self) -> object:
        """Return the object: a new one at each call."""
