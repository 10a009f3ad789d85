"""Directories for functions that run in the engine's own process; nobody enters them."""

from pathlib import Path

from weftwork.effects.files import make_private_directory, remove_tree
from weftwork.engine.ports import Report, Succeeded
from weftwork.engine.site import Site
from weftwork.engine.work import FunctionWork
from weftwork.process.worker.wire import place_of


class Workspaces:
    """One directory for each attempt that asks for it.

    Args:
        site: Of the engine.
    """

    def __init__(self, site: Site) -> None:
        self._directory = site.directory
        self._keep = site.settings.keep
        self._root: Path | None = None

    def prepare(self) -> Path:
        """Return the directory they are all in. On the loop, which alone makes the session's."""
        if self._root is None:
            self._root = self._directory.make("workspaces")
        return self._root

    def make(self, work: FunctionWork) -> Path:
        """Make and return the directory of an attempt. On other threads only after `prepare`."""
        path = self._path(work)
        make_private_directory(path)
        return path

    def clear(self, work: FunctionWork, end: Report) -> None:
        """Remove the directory after success, unless it is to be kept."""
        if isinstance(end, Succeeded) and not self._keep:
            remove_tree(self._path(work))

    def _path(self, work: FunctionWork) -> Path:
        return self.prepare() / place_of(work.label, work.attempt.number)
