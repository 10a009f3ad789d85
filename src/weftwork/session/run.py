"""`ww.run` and `ww.scope`: engines from synchronous code, and engines as the host of calls."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

from weftwork.errors import UsageError
from weftwork.session.engine import WorkflowEngine
from weftwork.tasks.item import Item
from weftwork.tasks.scope import entered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

R = TypeVar("R")


class EngineOptions(TypedDict, total=False):
    """The arguments of `WorkflowEngine`, each optional."""

    backend: "str | None"
    workers: "int | None"
    limits: "Mapping[str, int] | None"
    dry_run: bool
    workdir: "str | PathLike[str] | None"
    keep: bool
    quiet: bool
    grace: float


def run(item: Item[R], **options: Unpack[EngineOptions]) -> R:
    """Run a loose item, such as `melting_point(5.0)`, to its end and return its value.

    The engine has a loop on a thread of its own, so this works in scripts and notebooks, also
    where a loop is running.

    Args:
        item: What a task or block call outside any engine gave.
        **options: As for `WorkflowEngine`.

    Raises:
        TaskFailed: The item failed.
        ExceptionGroup: Others failed and nobody looked at them.
    """
    _check_item(item)
    with WorkflowEngine(**options) as engine:
        return engine.submit(item).result()


def _check_item(item: object) -> None:
    if not isinstance(item, Item):
        raise UsageError(
            f"ww.run expects what a task or block call gives, such as ww.run(flow(5.0)); "
            f"it was given {item!r:.80}"
        )


def scope(engine: WorkflowEngine) -> AbstractContextManager[None]:
    """Make an open engine the host of calls in this `with`, on this thread or asyncio task."""
    return entered(engine.scope)
