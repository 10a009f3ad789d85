"""Plain values shared by the whole core."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, NewType

ItemId = NewType("ItemId", int)
"""Running number of an item in its engine, from 1. Inputs always have smaller ones."""

ROOT = ItemId(0)
"""The group of what is called in no block: the engine itself."""


class Attempt(NamedTuple):
    """One numbered try at an item. `number` counts from 1."""

    item: ItemId
    number: int


class TaskState(Enum):
    """Where an item is in its life. The last four are final."""

    # Members are singletons. The hash by name that Enum writes in Python is the dearest part of
    # a lookup by state, of which a turn makes several for each item.
    __hash__ = object.__hash__

    WAITING = "waiting"
    """Some input is not final yet."""
    LOOKUP = "lookup"
    """All inputs exist; the store was asked, or an equal item is doing this work."""
    QUEUED = "queued"
    """A backend holds an attempt that has not started."""
    RUNNING = "running"
    """An attempt is executing."""
    BACKOFF = "backoff"
    """The last attempt ended; a timer will start the next one."""
    CANCELLING = "cancelling"
    """The backend was asked to end the attempt and has not said that it ended."""
    SUCCEEDED = "succeeded"
    """A result exists, computed or reused."""
    FAILED = "failed"
    """The last allowed attempt failed."""
    SKIPPED = "skipped"
    """Never tried: an input made the release rule impossible."""
    CANCELLED = "cancelled"
    """Stopped on request."""


FINAL = frozenset({TaskState.SUCCEEDED, TaskState.FAILED, TaskState.SKIPPED, TaskState.CANCELLED})
ACTIVE = frozenset({TaskState.QUEUED, TaskState.RUNNING, TaskState.CANCELLING})
"""States in which a backend holds an attempt."""


class ReleaseRule(Enum):
    """What the inputs of an item must have come to before it may start."""

    ALL_SUCCESS = "all_success"
    ANY_SUCCESS = "any_success"
    ALL_COMPLETED = "all_completed"
    ALL_FAILED = "all_failed"
    ANY_FAILED = "any_failed"
    ALWAYS = "always"


class Cause(Enum):
    """Why an attempt failed, as a closed list of kinds."""

    EXCEPTION = "exception"
    """The function raised."""
    EXIT_CODE = "exit_code"
    """The program, or the function by `os._exit` or `SystemExit`, ended with a code."""
    SIGNAL = "signal"
    """A signal ended the program, or a fault of the code the function's worker."""
    TIMEOUT = "timeout"
    """The user's limit passed."""
    WALLTIME = "walltime"
    """The walltime of its resources passed."""
    OUT_OF_MEMORY = "out_of_memory"
    """The kernel ended it for want of memory."""
    MISSING_OUTPUT = "missing_output"
    """A declared output file is not there."""
    BAD_INPUT = "bad_input"
    """An input cannot be used: not decodable, a file that is gone or changed."""
    BAD_RESULT = "bad_result"
    """What the function returned or raised cannot travel."""
    NOT_FOUND = "not_found"
    """No such program."""
    NOT_EXECUTABLE = "not_executable"
    """The program file may not be executed."""
    BAD_INTERPRETER = "bad_interpreter"
    """The interpreter named in the first line of the script does not exist."""
    BAD_DIRECTORY = "bad_directory"
    """The working directory cannot be entered."""
    UNAVAILABLE = "unavailable"
    """Its backend cannot be had."""
    NODE_FAILURE = "node_failure"
    """The batch system lost the node."""
    PREEMPTED = "preempted"
    """The batch system took the node away."""
    LOST = "lost"
    """The attempt vanished with its worker, through no doing of its own, too often."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, and how soon, a failed item is tried again.

    Attributes:
        repeats: Further tries after the first, >= 0.
        wait: Pause before the first repeat, seconds, >= 0; 0 repeats at once, however often.
        factor: Growth of the pause per further repeat, >= 1.
        jitter: Share of the pause, 0 to 1, that is drawn at random: 0.5 gives 50 % to 100 % of it.
    """

    repeats: int = 0
    wait: float = 0.0
    factor: float = 2.0
    jitter: float = 0.0

    def pause(self, failures: int, draw: float) -> float:
        """Return the pause in seconds after `failures` (>= 1), with `draw` uniform in [0, 1)."""
        if not self.wait:  # The power would overflow after a thousand repeats.
            return 0.0
        return self.wait * self.factor ** (failures - 1) * (1.0 - self.jitter * draw)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the scheduler must know of a task. Shared by all its items.

    Attributes:
        retry: Tries after failures.
        timeout: The user's limit for one attempt from its start, seconds; None is no limit.
        walltime: The limit asked of the machine for one attempt, seconds; None is no limit.
        rule: When the inputs release the item.
        lookup: Whether the store is asked for a result first, if there is a store.
    """

    retry: RetryPolicy = RetryPolicy()
    timeout: float | None = None
    walltime: float | None = None
    rule: ReleaseRule = ReleaseRule.ALL_SUCCESS
    lookup: bool = True


class Final(NamedTuple):
    """An input that was final before its dependent was added.

    Attributes:
        item: The input.
        state: How it ended, one of `FINAL`.
        root: The item whose failure or cancellation is at the root; `item` itself or further up.
    """

    item: ItemId
    state: TaskState
    root: ItemId


class NodeSpec(NamedTuple):
    """One new item, as the scheduler needs it.

    Attributes:
        item: Its number.
        policy: Shared by all items of the task and options.
        group: The block run it was called in, or ROOT.
        inputs: Items it depends on that are not final, each once.
        finals: Items it depends on that are final.
    """

    item: ItemId
    policy: Policy
    group: ItemId = ROOT
    inputs: tuple[ItemId, ...] = ()
    finals: tuple[Final, ...] = ()


class Settlement(NamedTuple):
    """How an item ended.

    Attributes:
        item: The item.
        state: One of `FINAL`.
        attempt: The attempt that decided (its value or failure is the outcome), else None.
        root: For SKIPPED, and CANCELLED through an input: the item at the root. Else None.
        reason: For CANCELLED: what the request said.
    """

    item: ItemId
    state: TaskState
    attempt: Attempt | None = None
    root: ItemId | None = None
    reason: str = ""


_S = TaskState
ALLOWED: Mapping[TaskState, frozenset[TaskState]] = {
    _S.WAITING: frozenset({_S.LOOKUP, _S.QUEUED, _S.SKIPPED, _S.CANCELLED}),
    _S.LOOKUP: frozenset(
        {_S.QUEUED, _S.RUNNING, _S.BACKOFF, _S.CANCELLING, _S.SUCCEEDED, _S.FAILED, _S.CANCELLED}
    ),
    _S.QUEUED: frozenset(
        {_S.RUNNING, _S.SUCCEEDED, _S.FAILED, _S.BACKOFF, _S.CANCELLING, _S.CANCELLED}
    ),
    _S.RUNNING: frozenset({_S.SUCCEEDED, _S.FAILED, _S.BACKOFF, _S.CANCELLING, _S.CANCELLED}),
    _S.BACKOFF: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.CANCELLING: frozenset({_S.CANCELLED, _S.SUCCEEDED, _S.FAILED, _S.BACKOFF}),
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset(),
    _S.SKIPPED: frozenset(),
    _S.CANCELLED: frozenset(),
}
"""Every legal change of state. The diagram in the docs is drawn from this table."""
