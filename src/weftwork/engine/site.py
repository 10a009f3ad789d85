"""What all backends of one engine share: settings, clock, directory, and things made once."""

from collections.abc import Callable
from typing import TypeVar, cast

from weftwork.codecs.buffers import BufferShelf
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.ports import BackendSettings, Clock

T = TypeVar("T")


class Site:
    """The ground an engine's backends stand on.

    Args:
        settings: From the engine's own arguments.
        clock: The engine's clock.
        directory: Where workspaces, logs and large values go; made on first use.

    Attributes:
        shelf: Where large values lie. Whoever made the site closes it, after all else.
    """

    def __init__(
        self, settings: BackendSettings, clock: Clock, directory: SessionDirectory
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.directory = directory
        self.shelf = BufferShelf(directory)
        self._shared: dict[type[object], object] = {}

    def share(self, kind: type[T], make: Callable[[], T]) -> T:
        """Return this engine's only `kind`, made by `make` when it is first asked for."""
        if kind not in self._shared:
            self._shared[kind] = make()
        return cast("T", self._shared[kind])
