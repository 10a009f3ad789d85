"""What a backend is handed: one attempt with all it needs to execute, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from weftwork.core.model import Attempt, Cause

if TYPE_CHECKING:
    from weftwork.codecs.arguments import EncodedArguments
    from weftwork.tasks.capture import Captured
    from weftwork.tasks.command import Launch
    from weftwork.tasks.resources import Resources
    from weftwork.tasks.task import Task


@dataclass(slots=True)
class FunctionWork:
    """One attempt at a Python function.

    Attributes:
        attempt: Which.
        task: The declaration; equal functions of one engine are the same object.
        arguments: Captured at the call; each `Slot` in it stands for (a part of) an input.
        inputs: Values of the input items, in the order the slots count them. A
            `weftwork.tasks.item.Stored` is loaded by whoever needs the object.
        resources: What to grant; None: whatever the mode gives to a plain call.
        priority: Higher first; equal ones in the order of submission.
        workspace: Whether the function is given a directory of its own.
    """

    attempt: Attempt
    task: "Task[..., object]"
    arguments: "Captured | EncodedArguments"
    inputs: Sequence[object] = ()
    resources: "Resources | None" = None
    priority: int = 0
    workspace: bool = False

    @property
    def label(self) -> str:
        """The item as it is shown, such as `diffusion[12]`."""
        return f"{self.task.name}[{self.attempt.item}]"


@dataclass(slots=True)
class ProgramWork:
    """One attempt at an executable: its rendered command and what it must leave behind."""

    attempt: Attempt
    label: str
    launch: "Launch"
    resources: "Resources | None" = None
    priority: int = 0


Work = FunctionWork | ProgramWork


@dataclass(frozen=True, slots=True)
class Failure:
    """How an attempt failed, in one sentence and as a typed cause.

    Attributes:
        cause: The kind.
        message: One sentence: what happened, where to look.
        exception: What the function raised, if it can be had here.
        exit_code: Of a program, else None.
        signal: Number of the signal that ended it, else None.
        logs: Directory that holds what the attempt printed, else None.
        details: Further facts for logs and JSON: argv, host, tails of output.
    """

    cause: Cause
    message: str
    exception: BaseException | None = None
    exit_code: int | None = None
    signal: int | None = None
    logs: Path | None = None
    details: Mapping[str, object] = field(default_factory=dict[str, object])
