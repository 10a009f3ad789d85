"""Executables: tasks that are programs. The body gives the command."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import ClassVar, ParamSpec, Protocol, Unpack, overload

from weftwork.errors import DuplicateKeyError, UsageError
from weftwork.tasks.command import Launch, launch_of
from weftwork.tasks.files import Out, Record, rendering
from weftwork.tasks.item import OWN_NAMES
from weftwork.tasks.options import OptionChanges, Options, changed
from weftwork.tasks.scope import Host
from weftwork.tasks.shapes import RECORD_FIELDS
from weftwork.tasks.task import Task, checked_function

P = ParamSpec("P")


class ExecutableTask(Task[P, Record]):
    """A task that is a program. Its result is a `Record`.

    Attributes:
        outs: The declared outputs by the name of their parameter; a call may give others.
    """

    kind: ClassVar[str] = "executable"

    def __init__(
        self, fn: Callable[P, object], settings: Options | None = None, host: Host | None = None
    ) -> None:
        super().__init__(fn, settings, host)
        self.outs = declared_outs(self.name, fn)

    @cached_property
    def fields(self) -> frozenset[str]:
        """The names of the parts of its record."""
        return frozenset((*self.outs, *RECORD_FIELDS))

    def render(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Launch:
        """Call the body, which is synchronous, and return the command of one attempt.

        Args:
            args: Positional arguments, with values in the place of items.
            kwargs: Keyword arguments likewise.

        Raises:
            UsageError: What the body returned is no command.
            Exception: Whatever the body raises.
        """
        bound, outs = self._bind(args, kwargs)
        with rendering(self.name):
            returned = self.fn(*bound.args, **bound.kwargs)
        return launch_of(self.name, returned, outs)

    async def render_async(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Launch:
        """Do as `render` does, for a body that is a coroutine function."""
        bound, outs = self._bind(args, kwargs)
        with rendering(self.name):
            returned = self.fn(*bound.args, **bound.kwargs)
            if inspect.isawaitable(returned):
                returned = await returned
        return launch_of(self.name, returned, outs)

    def _bind(
        self, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> tuple[inspect.BoundArguments, dict[str, Out]]:
        """Return the arguments with defaults, and the outputs among them."""
        bound = self._parameters.bind(*args, **kwargs)
        bound.apply_defaults()
        if self.conversions is not None:
            # Again, because the value of an item may be a path, and so may a default.
            args, kwargs = self.conversions.apply(bound.args, bound.kwargs)
            bound = self._parameters.bind(*args, **kwargs)
        given: Mapping[str, object] = bound.arguments
        outs = {name: out for name, out in given.items() if isinstance(out, Out)}
        for name, out in outs.items():
            if name not in self.outs:
                raise UsageError(
                    f"{self.name}: {name} is given {out!r}, but its declaration does not "
                    f"say that it is an output: write {name}=ww.Out(...) there"
                )
        check_outs(self.name, outs)
        return bound, outs

    @cached_property
    def _parameters(self) -> inspect.Signature:
        return inspect.signature(self.fn)


class ExecutableDecorator(Protocol):
    """What `@executable(...)` with options gives."""

    def __call__(self, fn: Callable[P, object], /) -> ExecutableTask[P]:
        """Declare `fn`."""
        ...


@overload
def executable(fn: Callable[P, object], /) -> ExecutableTask[P]: ...
@overload
def executable(**options: Unpack[OptionChanges]) -> ExecutableDecorator: ...
def executable(
    fn: Callable[..., object] | None = None, /, **options: Unpack[OptionChanges]
) -> ExecutableTask[...] | Callable[..., ExecutableTask[...]]:
    """Declare a program as a task: `@executable`, or `@executable(resources=Resources(ranks=4))`.

    The function, sync or async, returns the arguments as a list, or a `Command`. It is called in
    the engine's process when its inputs exist, once for each attempt, and reads no files.

    Args:
        fn: The function.
        **options: See `Options`.

    Raises:
        UsageError: An option is unknown or has a value it cannot have, or an `Out` has a name that
            cannot be.
    """
    if fn is None:
        changed("@executable", Options(), options)
        return partial(_declared, options)
    return _declared(options, fn)


def _declared(options: Mapping[str, object], fn: Callable[..., object]) -> ExecutableTask[...]:
    fn = checked_function(fn, "@executable")
    return ExecutableTask(fn, changed("@executable", Options(), options))


def declared_outs(label: str, fn: Callable[..., object]) -> dict[str, Out]:
    """Return the outputs that stand as defaults of parameters, by the parameter's name.

    Args:
        label: The executable, named in errors.
        fn: Its body.

    Raises:
        UsageError: Something else of the item or its record has the name of an output.
        DuplicateKeyError: Two outputs are one file.
    """
    parameters = inspect.signature(fn).parameters.values()
    outs = {each.name: each.default for each in parameters if isinstance(each.default, Out)}
    for name in outs:
        _check_name(label, name)
    check_outs(label, outs)
    return outs


def check_outs(label: str, outs: Mapping[str, Out]) -> None:
    """Do nothing if each output has a file of its own.

    Raises:
        DuplicateKeyError: Two outputs are one file.
    """
    names: dict[str, str] = {}
    for name, out in outs.items():
        first = names.setdefault(out.pattern, name)
        if first != name:
            raise DuplicateKeyError(
                f"{label}: {first} and {name} are both Out({out.pattern!r}): give each output a "
                "file of its own"
            )


def _check_name(label: str, name: str) -> None:
    reserved: Iterable[str] = (*OWN_NAMES, *RECORD_FIELDS, "matches")
    if name in reserved:
        what = "a record has" if name in RECORD_FIELDS or name == "matches" else "an item has"
        raise UsageError(
            f"{label}: an output cannot be called {name!r}, because {what} a member of that name: "
            f"rename the parameter, such as {name}_file"
        )
    if name.startswith("_"):
        raise UsageError(
            f"{label}: an output cannot be called {name!r}, because names with a leading "
            f"underscore are not parts of results: rename the parameter to {name.lstrip('_')!r}"
        )
