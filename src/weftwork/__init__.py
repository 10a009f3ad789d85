"""Scientific workflows in plain Python.

Every name is imported when it is first used, so that `import weftwork` costs next to nothing.
"""

# What `typing` defines, which takes longer to import than all of this.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from weftwork.errors import BackendError as BackendError
    from weftwork.errors import DependencyFailureError as DependencyFailureError
    from weftwork.errors import DuplicateKeyError as DuplicateKeyError
    from weftwork.errors import InternalError as InternalError
    from weftwork.errors import ProtocolError as ProtocolError
    from weftwork.errors import ScopeError as ScopeError
    from weftwork.errors import StoreError as StoreError
    from weftwork.errors import TaskCancelled as TaskCancelled
    from weftwork.errors import TaskError as TaskError
    from weftwork.errors import TaskFailed as TaskFailed
    from weftwork.errors import TaskSkipped as TaskSkipped
    from weftwork.errors import UsageError as UsageError
    from weftwork.errors import WeftworkError as WeftworkError
    from weftwork.session.engine import WorkflowEngine as WorkflowEngine
    from weftwork.session.run import run as run
    from weftwork.session.run import scope as scope
    from weftwork.tasks.block import Block as Block
    from weftwork.tasks.block import block as block
    from weftwork.tasks.command import Command as Command
    from weftwork.tasks.completing import as_completed as as_completed
    from weftwork.tasks.constant import constant as constant
    from weftwork.tasks.executable import executable as executable
    from weftwork.tasks.files import File as File
    from weftwork.tasks.files import Out as Out
    from weftwork.tasks.files import Record as Record
    from weftwork.tasks.files import asset as asset
    from weftwork.tasks.gathering import gather as gather
    from weftwork.tasks.item import Item as Item
    from weftwork.tasks.options import Retry as Retry
    from weftwork.tasks.resources import Resources as Resources
    from weftwork.tasks.task import Task as Task
    from weftwork.tasks.task import task as task
    from weftwork.tasks.workspace import workspace as workspace

__version__ = "0.1.0"

_HOMES = {
    "weftwork.errors": (
        "BackendError DependencyFailureError DuplicateKeyError InternalError ProtocolError "
        "ScopeError StoreError TaskCancelled TaskError TaskFailed TaskSkipped UsageError "
        "WeftworkError"
    ),
    "weftwork.session.engine": "WorkflowEngine",
    "weftwork.session.run": "run scope",
    "weftwork.tasks.block": "Block block",
    "weftwork.tasks.command": "Command",
    "weftwork.tasks.completing": "as_completed",
    "weftwork.tasks.constant": "constant",
    "weftwork.tasks.executable": "executable",
    "weftwork.tasks.files": "File Out Record asset",
    "weftwork.tasks.gathering": "gather",
    "weftwork.tasks.item": "Item",
    "weftwork.tasks.options": "Retry",
    "weftwork.tasks.resources": "Resources",
    "weftwork.tasks.task": "Task task",
    "weftwork.tasks.workspace": "workspace",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}


# Type checkers know the names from above, and find those that are not there.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOME_OF:
            raise AttributeError(f"module 'weftwork' has no {name!r}{_hint(name)}")
        from importlib import import_module  # noqa: PLC0415 - not before a name is used

        found: object = getattr(import_module(_HOME_OF[name]), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted([*_HOME_OF, "__version__"])


def _hint(name: str) -> str:
    from weftwork.tasks.nearest import nearest  # noqa: PLC0415 - a mistake was already made

    near = None if name.startswith("_") else nearest(name, _HOME_OF)
    return "" if near is None else f"; did you mean {near!r}?"
