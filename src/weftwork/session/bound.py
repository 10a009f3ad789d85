"""The engine-bound forms: decorators whose tasks always call into one engine."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, ParamSpec, TypeVar, overload

from weftwork.tasks.block import Block, BlockDecorator, block
from weftwork.tasks.executable import ExecutableDecorator, ExecutableTask, executable
from weftwork.tasks.task import FunctionTask, TaskDecorator, task

if TYPE_CHECKING:
    from typing import Unpack

    from weftwork.tasks.options import OptionChanges
    from weftwork.tasks.scope import Scope

P = ParamSpec("P")
Q = TypeVar("Q")


class BoundForms(ABC):
    """Decorators of one engine. What they declare can be called from anywhere, in any thread."""

    @property
    @abstractmethod
    def scope(self) -> "Scope":
        """The scope that makes the engine the host of calls."""

    @overload
    def function_task(
        self, fn: Callable[P, Coroutine[object, object, Q]], /
    ) -> FunctionTask[P, Q]: ...
    @overload
    def function_task(self, fn: Callable[P, Q], /) -> FunctionTask[P, Q]: ...
    @overload
    def function_task(self, /, **options: "Unpack[OptionChanges]") -> TaskDecorator: ...
    def function_task(
        self, fn: Callable[..., object] | None = None, /, **options: "Unpack[OptionChanges]"
    ) -> object:
        """Declare a function as a task of this engine; see `weftwork.task`."""
        host = self.scope.host
        if fn is not None:
            return task(fn).bound(host)
        declare = task(**options)

        def declare_bound(fn: Callable[..., object], /) -> FunctionTask[..., object]:
            return declare(fn).bound(host)

        return declare_bound

    @overload
    def executable_task(self, fn: Callable[P, object], /) -> ExecutableTask[P]: ...
    @overload
    def executable_task(self, /, **options: "Unpack[OptionChanges]") -> ExecutableDecorator: ...
    def executable_task(
        self, fn: Callable[..., object] | None = None, /, **options: "Unpack[OptionChanges]"
    ) -> object:
        """Declare an executable as a task of this engine; see `weftwork.executable`."""
        host = self.scope.host
        if fn is not None:
            return executable(fn).bound(host)
        declare = executable(**options)

        def declare_bound(fn: Callable[..., object], /) -> ExecutableTask[...]:
            return declare(fn).bound(host)

        return declare_bound

    @overload
    def block(self, fn: Callable[P, Coroutine[object, object, Q]], /) -> Block[P, Q]: ...
    @overload
    def block(self, /, **options: "Unpack[OptionChanges]") -> BlockDecorator: ...
    def block(
        self,
        fn: Callable[..., Coroutine[object, object, object]] | None = None,
        /,
        **options: "Unpack[OptionChanges]",
    ) -> object:
        """Declare an async function as a block of this engine; see `weftwork.block`."""
        host = self.scope.host
        if fn is not None:
            return block(fn).bound(host)
        declare = block(**options)

        def declare_bound(
            fn: Callable[..., Coroutine[object, object, object]], /
        ) -> Block[..., object]:
            return declare(fn).bound(host)

        return declare_bound
