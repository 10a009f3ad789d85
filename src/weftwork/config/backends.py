"""Backends by name: the built-in ones, and those of installed packages, by entry point."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, TypeGuard

from weftwork.engine.ports import Backend
from weftwork.engine.site import Site
from weftwork.errors import BackendError, DuplicateKeyError, ProtocolError, UsageError
from weftwork.tasks.nearest import did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "weftwork.backends"
"""Entry points of this group name a function `factory(site: Site) -> Backend`."""

BUILT_IN = {
    "processes": "weftwork.backends.local:processes",
    "threads": "weftwork.backends.local:threads",
    "inline": "weftwork.backends.local:inline",
    "noop": "weftwork.backends.noop:noop",
}
"""As this package's own entry points say. Known here, too: to read those takes many files."""

Factory = Callable[[Site], Backend]


def make_backend(name: str, site: Site) -> Backend:
    """Return a new backend, not opened yet.

    Raises:
        UsageError: No backend has this name.
        BackendError: The package that provides it cannot be imported.
        ProtocolError: What it provides is no factory.
    """
    return _factory(name)(site)


def backend_names() -> list[str]:
    """Return the names of all backends that are installed, sorted."""
    return sorted({*BUILT_IN, *_installed()})


def check_backend(name: str) -> None:
    """Make sure that a backend of this name is installed.

    Raises:
        UsageError: None is; the message has the nearest name.
    """
    if name not in BUILT_IN and name not in (installed := _installed()):
        known = [*BUILT_IN, *(other for other in installed if other not in BUILT_IN)]
        raise UsageError(f"there is no backend {name!r}; {did_you_mean(name, known)}")


def _factory(name: str) -> Factory:
    check_backend(name)
    try:
        factory = _load(BUILT_IN[name]) if name in BUILT_IN else _installed()[name].load()
    except Exception as error:
        raise BackendError(
            f"backend {name!r} is installed but cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not _is_factory(factory):
        raise ProtocolError(
            f"the entry point {name!r} of group {GROUP!r} gives {factory!r}: expected a function "
            "that takes the Site and returns a Backend"
        )
    return factory


def _is_factory(value: object) -> TypeGuard[Factory]:
    return callable(value)


def _load(reference: str) -> object:
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


def _installed() -> "dict[str, EntryPoint]":
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to import, seldom needed

    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise DuplicateKeyError(
                f"two installed packages provide a backend {point.name!r}: {other.value} and "
                f"{point.value}; uninstall one of them"
            )
    return found
