"""What a fresh interpreter with our `sys.path` can import under the same name, and what not."""

import sys
from functools import cache
from importlib.machinery import ModuleSpec


def travels_by_value(module: str | None) -> bool:
    """Whether what `module` defines must be sent by value, because workers have no such module.

    True for `__main__`, what was registered with `cloudpickle.register_pickle_by_value`, and
    modules that were loaded from a path or made at run time.
    """
    if module is None or module == "__main__":
        return True
    return _registered(module) or not _is_found(module)


def _registered(module: str) -> bool:
    # Nobody can have registered anything as long as nobody has imported it.
    if "cloudpickle" not in sys.modules:
        return False
    import cloudpickle  # noqa: PLC0415

    names = cloudpickle.list_registry_pickle_by_value()
    return any(module == name or module.startswith(name + ".") for name in names)


@cache
def _is_found(module: str) -> bool:
    """Whether the finders lead from this name to the file that was loaded."""
    loaded = sys.modules.get(module)
    spec = None if loaded is None else loaded.__spec__
    if spec is None:
        return False
    found = _find(module)
    return found is not None and found.origin == spec.origin


def _find(module: str) -> ModuleSpec | None:
    parent = module.rpartition(".")[0]
    path = None
    if parent:
        if not _is_found(parent):
            return None
        path = sys.modules[parent].__path__
    # Not importlib.util.find_spec: it believes sys.modules.
    for finder in sys.meta_path:
        spec = finder.find_spec(module, path)
        if spec is not None:
            return spec
    return None
