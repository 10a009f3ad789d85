import subprocess
import sys

import pytest

import weftwork

NAMES = {
    "BackendError",
    "Block",
    "Command",
    "DependencyFailureError",
    "DuplicateKeyError",
    "File",
    "InternalError",
    "Item",
    "Out",
    "ProtocolError",
    "Record",
    "Resources",
    "Retry",
    "ScopeError",
    "StoreError",
    "Task",
    "TaskCancelled",
    "TaskError",
    "TaskFailed",
    "TaskSkipped",
    "UsageError",
    "WeftworkError",
    "WorkflowEngine",
    "__version__",
    "as_completed",
    "asset",
    "block",
    "constant",
    "executable",
    "gather",
    "run",
    "scope",
    "task",
    "workspace",
}


def test_the_names_of_the_package_are_these_and_no_others() -> None:
    assert set(dir(weftwork)) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_name_can_be_had(name: str) -> None:
    assert getattr(weftwork, name) is not None


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        AttributeError, match="has no 'WorkflowEngin'; did you mean 'WorkflowEngine'"
    ):
        getattr(weftwork, "WorkflowEngin")  # noqa: B009 - type checkers find it too


def loaded_by(script: str) -> set[str]:
    """Return the modules that a fresh interpreter has after `script`."""
    script += "\nimport sys; print(*sys.modules)"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return set(done.stdout.split())


def test_the_import_of_the_package_loads_nothing_else() -> None:
    extra = loaded_by("import weftwork") - loaded_by("pass")
    assert extra == {"weftwork"}


def test_a_task_is_declared_without_asyncio_and_without_any_third_party() -> None:
    before = loaded_by("pass")
    extra = loaded_by("import weftwork as ww\n@ww.task\ndef f(x: int) -> int: return x") - before
    tops = {name.partition(".")[0] for name in extra}
    assert tops <= sys.stdlib_module_names | {"weftwork"}
    assert not tops & {"asyncio", "_asyncio", "socket", "ssl", "subprocess", "logging", "pickle"}
