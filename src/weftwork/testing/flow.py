"""A flow under test: inline, with fakes in the place of tasks."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import FunctionType, ModuleType
from typing import NamedTuple, TypeGuard, TypeVar

from weftwork.errors import UsageError
from weftwork.session.engine import WorkflowEngine
from weftwork.session.settings import EngineSettings
from weftwork.tasks.files import File, Found, Record
from weftwork.tasks.item import Item
from weftwork.tasks.nearest import did_you_mean, nearest
from weftwork.tasks.task import FunctionTask, Task

R = TypeVar("R")

_FOREIGN = re.compile(r"/(site-packages|dist-packages|lib/python3[^/]*|src/weftwork)/")
"""Where modules lie that are not the user's own."""


class Arguments(NamedTuple):
    """What one call of a fake was given: values, where the flow had items."""

    args: tuple[object, ...]
    kwargs: Mapping[str, object]


class FlowEngine:
    """Runs blocks and tasks inline; fakes answer for the tasks they are named after.

    Args:
        folder: Where `record` writes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fakes: dict[str, FunctionTask[..., object]] = {}
        self._calls: dict[str, list[Arguments]] = {}
        self._records = 0

    def fake(
        self, name: str, function: Callable[..., object] | None = None, /, *, returns: object = None
    ) -> None:
        """Have `function`, or the value `returns`, answer for every call of a task.

        Args:
            name: The task's. That it exists is checked by `run`.
            function: Called with the values of the arguments; sync or async. What it raises fails
                the call.
            returns: What every call gives, if there is no function.
        """
        calls = self._calls[name] = []

        def recording(*args: object, **kwargs: object) -> object:
            calls.append(Arguments(args, kwargs))
            return returns if function is None else function(*args, **kwargs)

        fake: FunctionTask[..., object] = FunctionTask(recording)
        fake.name = name
        self._fakes[name] = fake

    def calls(self, name: str) -> list[Arguments]:
        """Return what the calls of a fake were given, in the order they ran.

        Raises:
            UsageError: There is no fake of this name.
        """
        if name not in self._calls:
            raise UsageError(
                f"there is no fake of {name!r}, and calls are kept of fakes only; "
                f"{did_you_mean(name, self._calls)}"
            )
        return list(self._calls[name])

    def record(self, *, exit_code: int = 0, **outs: str | bytes) -> Record:
        """Return what an executable gives: one file for each output, with this content."""
        self._records += 1
        folder = self._folder / f"record-{self._records}"
        folder.mkdir()
        found: dict[str, Found] = {name: _written(folder / name, outs[name]) for name in outs}
        stdout, stderr = (_written(folder / name, "") for name in ("stdout", "stderr"))
        return Record(found, stdout, stderr, exit_code)

    def run(self, item: Item[R]) -> R:
        """Run what a call of a block or task gave; return its value.

        Raises:
            UsageError: A fake is named after a task that is not there.
            TaskFailed: It failed.
        """
        known = {task.name for task in _tasks_within(item)}
        self._check_names(known, only_near=True)
        with WorkflowEngine.of(EngineSettings(backend="inline", fakes=self._fakes)) as engine:
            value = engine.submit(item).result()
        self._check_names(known, only_near=False)
        return value

    def _check_names(self, known: set[str], *, only_near: bool) -> None:
        """Raise for fakes that nothing calls. Tasks may be made where nobody can see them."""
        for name in self._fakes:
            is_strange = name not in known and not self._calls[name]
            if is_strange and not (only_near and nearest(name, known) is None):
                raise UsageError(
                    f"fake({name!r}): the flow has no task of this name; "
                    f"{did_you_mean(name, sorted(known))}"
                )


def _written(path: Path, content: str | bytes) -> File:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return File(path)


def _tasks_within(item: Item[object]) -> Iterator[Task[..., object]]:
    """Yield the tasks that the body of an item can see: itself, and through what it can see."""
    seen: set[int] = set()
    todo: list[object] = [item._task]  # noqa: SLF001 - a friend, as the engine is
    while todo:
        thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if _is_task(thing):
            yield thing
            todo.append(thing.fn)
        elif isinstance(thing, FunctionType):
            todo += _values_of(thing, seen)
        elif isinstance(thing, ModuleType) and _is_own(getattr(thing, "__file__", None)):
            todo += [value for value in vars(thing).values() if _leads_on(value)]


def _is_task(thing: object) -> TypeGuard[Task[..., object]]:
    return isinstance(thing, Task)


def _values_of(function: FunctionType, seen: set[int]) -> list[object]:
    """Return what a function can see: its module's names, and those of functions around it."""
    values: list[object] = []
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # not filled yet
            values.append(cell.cell_contents)
    names = function.__globals__
    if id(names) not in seen and _is_own(names.get("__file__")):
        seen.add(id(names))
        values += names.values()
    return [value for value in values if _leads_on(value)]


def _leads_on(value: object) -> bool:
    return isinstance(value, (Task, FunctionType, ModuleType))


def _is_own(file: object) -> bool:
    """Whether a module is neither the standard library's nor an installed one nor ours."""
    return isinstance(file, str) and not _FOREIGN.search(file)
