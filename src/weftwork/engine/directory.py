"""The session directory: private, made when first needed, gone at the end unless it is wanted."""

from pathlib import Path

from weftwork.effects.files import make_private_directory, make_session_directory, remove_tree


class SessionDirectory:
    """Workspaces, logs, outputs and large values of one engine that has no store.

    Args:
        parent: Where to make it; None: `--workdir`'s default, the system's temporary directory.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent
        self._path: Path | None = None

    @property
    def path(self) -> Path | None:
        """The directory, or None as long as nothing needed it."""
        return self._path

    def make(self, *parts: str) -> Path:
        """Return a directory below it (mode 0700), made if need be. `parts` are single names."""
        if self._path is None:
            self._path = make_session_directory(self._parent)
        path = self._path.joinpath(*parts)
        make_private_directory(path)
        return path

    def has_files(self) -> bool:
        """Tell whether there is anything to look at in it."""
        return self._path is not None and any(not one.is_dir() for one in self._path.rglob("*"))

    def remove(self) -> None:
        """Remove it and all that is in it. Does nothing if it was never made."""
        if self._path is not None:
            remove_tree(self._path)
            self._path = None
