"""What the constructor of an engine was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from weftwork.engine.ports import Backend, BackendSettings, Clock, Store

if TYPE_CHECKING:
    from weftwork.tasks.task import FunctionTask


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The arguments of `WorkflowEngine`, checked.

    Attributes:
        backend: The default backend, by name or as an object.
        dry_run: Answer placeholders, run nothing.
        store: Where ends are recorded, or None.
        workdir: Where the session directory is made; None: the temporary directory.
        backends: What every backend is told.
        fakes: Functions that stand in for tasks, by name.
        clock: The engine's time; None: the loop's.
        echo: Write what functions print to standard error, for want of a display.
    """

    backend: str | Backend = "processes"
    dry_run: bool = False
    store: Store | None = None
    workdir: Path | None = None
    backends: BackendSettings = field(default_factory=BackendSettings)
    fakes: "Mapping[str, FunctionTask[..., object]] | None" = None
    clock: Clock | None = None
    echo: bool = False
