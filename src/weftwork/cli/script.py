"""Loads a user's script and finds what `weft run` is to run in it."""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from inspect import isfunction
from pathlib import Path
from types import CodeType, ModuleType
from typing import TypeGuard

from weftwork.cli.complaints import users_frames
from weftwork.errors import UsageError
from weftwork.tasks.nearest import did_you_mean
from weftwork.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be run.

    Attributes:
        function: The plain function, whose parameters it takes.
        task: The block or task that it is the body of; None: it makes its own engine.
    """

    function: Callable[..., object]
    task: Task[..., object] | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What the command line names.

    Attributes:
        path: The file.
        name: What to run in it; None: the only block, or main.
    """

    path: Path
    name: str | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.name}" if self.name else str(self.path)


def parse_script(text: str) -> Script:
    """Read `FILE` or `FILE:NAME`.

    Raises:
        UsageError: There is no such file; names the nearest.
    """
    if Path(text).is_file():
        return Script(Path(text))
    file, colon, name = text.rpartition(":")
    path, wanted = (Path(file), name) if colon else (Path(text), None)
    if path.is_file():
        return Script(path, wanted or None)
    if path.is_dir():
        raise UsageError(f"{path} is a directory: name the Python file in it to run")
    raise UsageError(f"there is no file {str(path)!r}{_nearest_file(path)}")


def load(script: Script) -> ModuleType:
    """Import the file as a module named by its stem, its folder first on `sys.path`.

    Raises:
        UsageError: It is not Python, or raises while it is imported.
    """
    code = _compile(script.path)
    stem = script.path.stem
    if stem in sys.modules or stem in sys.stdlib_module_names - {"test"}:
        raise UsageError(
            f"{script.path} has the name of the module {stem!r}, which would hide it: "
            "rename the script"
        )
    spec = importlib.util.spec_from_file_location(stem, script.path.resolve())
    if spec is None:
        raise UsageError(f"{script.path} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    sys.path.insert(0, str(script.path.resolve().parent))
    _execute(script.path, code, module)
    _travel_by_value(module)
    return module


def find(script: Script, module: ModuleType) -> Target:
    """Return what to run: what is named, else the only block, else `main`.

    Raises:
        UsageError: Nothing, or more than one thing, could be meant.
    """
    if script.name is not None:
        return _named(script.path, script.name, module)
    blocks = {name: one for name, one in tasks_of(module).items() if one.kind == "block"}
    block = next(iter(blocks.values())) if len(blocks) == 1 else blocks.get("main")
    if block is not None:
        return Target(block.fn, block)
    main: object = getattr(module, "main", None)
    if isfunction(main):
        return Target(main)
    raise UsageError(_undecided(script.path, module, list(blocks)))


def tasks_of(module: ModuleType) -> dict[str, Task[..., object]]:
    """Return the tasks and blocks that the module itself declares, each once, by name."""
    found: dict[str, Task[..., object]] = {}
    for name, value in vars(module).items():
        if (
            _is_task(value)
            and value.__module__ == module.__name__
            and not any(value is other for other in found.values())
        ):
            found[name] = value
    return found


def _is_task(value: object) -> TypeGuard[Task[..., object]]:
    return isinstance(value, Task)


def _named(path: Path, name: str, module: ModuleType) -> Target:
    value: object = getattr(module, name, None)
    if _is_task(value):
        return Target(value.fn, value)
    if isfunction(value):
        return Target(value)
    if value is not None:
        raise UsageError(
            f"{name} in {path} is a {type(value).__name__}: "
            "name a block, a task or a function of the script"
        )
    functions = [
        key
        for key, one in vars(module).items()
        if isfunction(one) and one.__module__ == module.__name__
    ]
    known = [*tasks_of(module), *functions]
    raise UsageError(f"{path} has no {name!r}: {did_you_mean(name, known)}")


def _undecided(path: Path, module: ModuleType, blocks: list[str]) -> str:
    if blocks:
        names = ", ".join(blocks)
        return (
            f"{path} has {len(blocks)} blocks ({names}) and none is called main: "
            f"say which one, such as `weft run {path}:{blocks[0]}`"
        )
    wrong = f"{path} has no @ww.block and no function main"
    tasks = list(tasks_of(module))
    if tasks:
        return (
            f"{wrong}: write one that calls its tasks, or run one by `weft run {path}:{tasks[0]}`"
        )
    return f"{wrong}: write one that calls your tasks"


def _compile(path: Path) -> CodeType:
    try:
        # The absolute path, so that sources and assets are found from any directory.
        return compile(path.read_bytes(), str(path.resolve()), "exec", dont_inherit=True)
    except SyntaxError as error:
        if error.lineno is None:
            raise UsageError(f"{path} is not a Python file: {error.msg}") from error
        line = (error.text or "").strip()
        raise UsageError(
            f"{path}:{error.lineno}: not valid Python ({error.msg}): {line}"
        ) from error
    except ValueError as error:
        raise UsageError(f"{path} is not a Python file: {error}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _execute(path: Path, code: CodeType, module: ModuleType) -> None:
    try:
        exec(code, vars(module))  # noqa: S102 - running the user's script is the purpose
    except (Exception, SystemExit) as error:
        raise UsageError(_not_importable(path, error)) from error


def _not_importable(path: Path, error: BaseException) -> str:
    frames = users_frames(error)
    file = str(path.resolve())
    own = [frame for frame in frames if frame.filename == file]
    line = f":{own[-1].lineno}" if own else ""
    if isinstance(error, SystemExit):
        return (
            f"{path}{line}: the script ends itself (exit {error.code}) while it is imported: "
            'put that under `if __name__ == "__main__":`'
        )
    what = "" if isinstance(error, UsageError) else f"cannot be imported: {type(error).__name__}: "
    message = f"{path}{line}: {what}{error}"
    inner = frames[-1:] if frames and frames[-1].filename != file else []
    return message + "".join(f" (from {frame.filename}:{frame.lineno})" for frame in inner)


def _travel_by_value(module: ModuleType) -> None:
    # Workers cannot import a script by its name: what it defines is shipped with the task.
    import cloudpickle  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs] - has none

    cloudpickle.register_pickle_by_value(module)  # pyright: ignore[reportUnknownMemberType] - as above


def _nearest_file(path: Path) -> str:
    if not path.parent.is_dir():
        return f": there is no directory {str(path.parent)!r} either"
    known = [one.name for one in path.parent.iterdir() if one.suffix == ".py"]
    if not known:
        return f", and no Python file in {str(path.parent.resolve())!r}"
    return f": {did_you_mean(path.name, known)}"
