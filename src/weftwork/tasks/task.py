"""Declarations of tasks: a function with options, whose call gives an item."""

import sys
from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property, partial
from typing import (
    TYPE_CHECKING,
    ClassVar,
    Generic,
    NoReturn,
    ParamSpec,
    Protocol,
    Self,
    TypeGuard,
    TypeVar,
    Unpack,
    overload,
)

from weftwork.core.model import ROOT
from weftwork.errors import UsageError
from weftwork.tasks.annotations import return_annotation
from weftwork.tasks.bodies import is_async, is_generator, name_of
from weftwork.tasks.capture import capture
from weftwork.tasks.item import OWN_NAMES, Item
from weftwork.tasks.options import OptionChanges, Options, changed
from weftwork.tasks.scope import Host, current
from weftwork.tasks.signature import Signature, signature_of

if TYPE_CHECKING:
    from weftwork.tasks.conversions import Conversions

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
Q = TypeVar("Q")


class Task(Generic[P, R_co]):
    """A declared computation. Calling it gives an `Item` at once; it runs in an engine.

    Attributes:
        name: The function's; of a lambda with its place.
        settings: How it is to be run.
        policy: The part of the settings that the scheduler needs.
        is_async: Whether `fn` gives a coroutine.
        host: The engine that runs all its calls; None: the one in scope.
    """

    kind: ClassVar[str] = "task"
    """What it is called in messages, plans and events."""
    takes_tasks: ClassVar[bool] = False
    """Whether its arguments may be tasks."""

    def __init__(
        self, fn: Callable[P, object], settings: Options | None = None, host: Host | None = None
    ) -> None:
        self._fn = fn
        self.name = name_of(fn)
        self.is_async = is_async(fn)
        self.settings = settings or Options()
        self.policy = self.settings.policy()
        self.host = host
        # What tools and users expect of a decorated function.
        self.__wrapped__ = fn
        self.__name__ = getattr(fn, "__name__", self.name)
        self.__qualname__ = getattr(fn, "__qualname__", self.name)
        self.__module__ = getattr(fn, "__module__", type(self).__module__)
        self.__doc__ = getattr(fn, "__doc__", None)

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Item[R_co]: ...
    @overload
    def __call__(self, *args: object, **kwargs: object) -> Item[R_co]: ...
    def __call__(self, *args: object, **kwargs: object) -> Item[R_co]:
        """Return the item of this call; in the engine in scope, if there is one.

        Raises:
            UsageError: The arguments do not fit.
            ScopeError: This is the body of a task.
        """
        signature = self.signature
        if kwargs or not signature.least <= len(args) <= signature.most:
            signature.check(self.name, len(args), kwargs)
        if self.conversions is not None:
            args, kwargs = self.conversions.apply(args, kwargs)
        settings = self.settings
        captured = capture(args, kwargs, settings.after, self.name, tasks=self.takes_tasks)
        item: Item[R_co] = Item(self, captured)
        scope = current()
        host = self.host
        if host is None:
            if scope is not None:
                scope.host.add(item, scope.group)
        else:
            host.add(item, scope.group if scope is not None and scope.host is host else ROOT)
        return item

    @property
    def fn(self) -> Callable[P, object]:
        """What the user wrote, to be called without an engine."""
        return self._fn

    @cached_property
    def signature(self) -> Signature:
        """What it may be called with."""
        return signature_of(self.fn)

    @cached_property
    def conversions(self) -> "Conversions | None":
        """What its annotations make of arguments, such as files of paths."""
        from weftwork.tasks.conversions import conversions_of  # noqa: PLC0415  # not to declare

        return conversions_of(self.fn)

    @cached_property
    def returns(self) -> object:
        """The type of the result as annotated, or `annotations.MISSING`."""
        return return_annotation(self.fn)

    @cached_property
    def fields(self) -> frozenset[str] | None:
        """The names of the parts of its result; None where nothing tells."""
        from weftwork.tasks.shapes import fields_of  # noqa: PLC0415  # for whoever uses parts

        names = fields_of(self.returns)
        return None if names is None else frozenset(names)

    def options(self, **changes: Unpack[OptionChanges]) -> Self:
        """Return the same task with other options.

        Raises:
            UsageError: An option is unknown or has a value it cannot have.
        """
        return self._derived(self._changed(self.settings, changes), self.host)

    def bound(self, host: Host) -> Self:
        """Return the same task, all whose calls go to `host`."""
        return self._derived(self.settings, host)

    def _changed(self, settings: Options, changes: Mapping[str, object]) -> Options:
        return changed(f"{self.kind} {self.name}", settings, changes)

    def _derived(self, settings: Options, host: Host | None) -> Self:
        derived = object.__new__(type(self))
        derived.__dict__.update(self.__dict__)
        derived.settings = settings
        derived.policy = settings.policy()
        derived.host = host
        return derived

    def __await__(self) -> NoReturn:
        raise UsageError(f"{self.name} is a {self.kind}, not a call of it: write {self.name}(...)")

    def __get__(self, instance: object, owner: type[object] | None = None) -> Self:
        if instance is not None and next(iter(self.signature.positions), "") == "self":
            raise UsageError(
                f"{self.name} is a {self.kind} and cannot be a method: declare it outside the "
                "class and pass what it needs of the object as arguments"
            )
        return self

    def __reduce__(self) -> str | tuple[object, ...]:
        # By name where that leads here; a derived task has the name of the one it comes from.
        module = sys.modules.get(self.__module__)
        found: object = module if self.__module__ != "__main__" else None
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        if found is self:
            return self.__qualname__
        if _is_task(found) and found.fn is self.fn:
            return _with_settings, (found, self.settings)
        return type(self), (self.fn, self.settings)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


def _is_task(value: object) -> TypeGuard[Task[..., object]]:
    return isinstance(value, Task)


def _with_settings(task: Task[..., object], settings: Options) -> Task[..., object]:
    return task._derived(settings, None)


class FunctionTask(Task[P, R_co]):
    """A task whose body is a Python function."""

    kind: ClassVar[str] = "function"

    @property
    def fn(self) -> Callable[P, R_co]:
        """What the user wrote, to be called without an engine."""
        return self._fn  # type: ignore[return-value]  # `@task` told functions from coroutines


class CoroutineTask(FunctionTask[P, R_co]):
    """A task whose body is an async function. It differs for type checkers only."""

    @property
    def fn(self) -> Callable[P, Coroutine[object, object, R_co]]:  # type: ignore[override]
        """What the user wrote, to be called without an engine."""
        return self._fn  # type: ignore[return-value]  # `@task` told functions from coroutines


class TaskDecorator(Protocol):
    """What `@task(...)` with options gives."""

    @overload
    def __call__(self, fn: Callable[P, Coroutine[object, object, Q]], /) -> CoroutineTask[P, Q]: ...
    @overload
    def __call__(self, fn: Callable[P, Q], /) -> FunctionTask[P, Q]: ...


@overload
def task(fn: Callable[P, Coroutine[object, object, Q]], /) -> CoroutineTask[P, Q]: ...
@overload
def task(fn: Callable[P, Q], /) -> FunctionTask[P, Q]: ...
@overload
def task(**options: Unpack[OptionChanges]) -> TaskDecorator: ...
def task(
    fn: Callable[..., object] | None = None, /, **options: Unpack[OptionChanges]
) -> FunctionTask[..., object] | Callable[..., FunctionTask[..., object]]:
    """Declare a Python function, sync or async, as a task: `@task`, or `@task(retry=2)`.

    Any callable will do: lambdas, functions in functions, `functools.partial`, bound methods. A
    method in a class body cannot be one.

    Args:
        fn: The function.
        **options: See `Options`.

    Raises:
        UsageError: An option is unknown or has a value it cannot have, or `fn` cannot be a task.
    """
    if fn is None:
        # A misspelt option is told of where it is written, not where the function is.
        changed("@task", Options(), options)
        return partial(_declared, options)
    return _declared(options, fn)


def _declared(
    options: Mapping[str, object], fn: Callable[..., object]
) -> FunctionTask[..., object]:
    fn = checked_function(fn, "@task")
    declared: FunctionTask[..., object] = FunctionTask(
        fn, changed(f"@task {fn}", Options(), options)
    )
    warn_of_hidden_fields(declared)
    return declared


def checked_function(fn: object, decorator: str) -> Callable[..., object]:
    """Return the function below `fn`, which a decorator was given.

    Raises:
        UsageError: It cannot be the body of a task.
    """
    if isinstance(fn, staticmethod):
        fn = fn.__wrapped__
    if isinstance(fn, Task):
        raise UsageError(
            f"{decorator}: {fn.name} is a {fn.kind} already; change it by .options(...)"
        )
    if not callable(fn):
        raise UsageError(
            f"{decorator} expects a function, but got {fn!r:.60}; options are given by name, "
            f"such as {decorator}(retry=2)"
        )
    if is_generator(fn):
        raise UsageError(
            f"{decorator}: {name_of(fn)} is a generator, which gives no value: return a list"
        )
    return fn


def warn_of_hidden_fields(task: Task[..., object]) -> None:
    """Warn where fields of the annotated result have the names of an item's own members."""
    annotation = getattr(task.fn, "__annotations__", {}).get("return")
    if isinstance(annotation, type) and annotation.__module__ != "builtins":
        from weftwork.tasks import shapes  # noqa: PLC0415  # not for plain functions

        shapes.warn_of_hidden_fields(task.name, annotation, OWN_NAMES)
