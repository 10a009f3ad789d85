"""Declarations of blocks: async functions that call tasks."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import ClassVar, ParamSpec, Protocol, TypeVar, Unpack, overload

from weftwork.errors import UsageError
from weftwork.tasks.options import OptionChanges, Options
from weftwork.tasks.task import Task, checked_function, warn_of_hidden_fields

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
Q = TypeVar("Q")

_OPTIONS = ("retry", "timeout", "after", "rule")
"""A block takes no slot of any backend, so the others mean nothing to it."""


class Block(Task[P, R_co]):
    """A composite: its body runs on the engine's loop, once its inputs are there."""

    kind: ClassVar[str] = "block"
    takes_tasks: ClassVar[bool] = True

    @property
    def fn(self) -> Callable[P, Coroutine[object, object, R_co]]:
        """What the user wrote."""
        return self._fn  # type: ignore[return-value]  # `@block` takes nothing else

    def _changed(self, settings: Options, changes: Mapping[str, object]) -> Options:
        for name in changes:
            if name in Options.__slots__ and name not in _OPTIONS:
                raise UsageError(
                    f"block {self.name} has no option {name!r}, because it runs on the engine's "
                    "loop and takes no resources: give it to the tasks that it calls"
                )
        return super()._changed(settings, changes)


class BlockDecorator(Protocol):
    """What `@block(...)` with options gives."""

    def __call__(self, fn: Callable[P, Coroutine[object, object, Q]], /) -> Block[P, Q]:
        """Declare the function."""
        ...


@overload
def block(fn: Callable[P, Coroutine[object, object, Q]], /) -> Block[P, Q]: ...
@overload
def block(**options: Unpack[OptionChanges]) -> BlockDecorator: ...
def block(
    fn: Callable[..., Coroutine[object, object, object]] | None = None,
    /,
    **options: Unpack[OptionChanges],
) -> Block[..., object] | Callable[..., Block[..., object]]:
    """Declare an async function as a block: `@block`, or `@block(timeout="2 h")`.

    Args:
        fn: The function.
        **options: `retry`, `timeout`, `after` and `rule`; see `Options`.

    Raises:
        UsageError: `fn` is not async, or an option cannot be.
    """
    return partial(_declared, options) if fn is None else _declared(options, fn)


def _declared(options: Mapping[str, object], fn: Callable[..., object]) -> Block[..., object]:
    declared: Block[..., object] = Block(checked_function(fn, "@block"))
    if not declared.is_async:
        raise UsageError(
            f"@block: {declared.name} is a plain function: write `async def {declared.name}`, or "
            "make it a @ww.task if it calls no tasks"
        )
    declared = declared._derived(declared._changed(declared.settings, options), None)
    warn_of_hidden_fields(declared)
    return declared
