"""What happened: the only inputs of the scheduler, in the past tense.

The frequent ones carry batches. Times are seconds on the engine's clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from weftwork.core.commands import TimerPurpose
from weftwork.core.model import Attempt, ItemId, NodeSpec


@dataclass(slots=True)
class ItemsAdded:
    """Tasks were called. Every input was added before, here or earlier."""

    specs: Sequence[NodeSpec]


@dataclass(slots=True)
class LookupHit:
    """The store holds the result of this item."""

    item: ItemId


@dataclass(slots=True)
class LookupMissed:
    """The store holds no result for this item."""

    item: ItemId


@dataclass(slots=True)
class LookupJoined:
    """An attempt of the same fingerprint is under way as the work of `leader`."""

    item: ItemId
    leader: ItemId


@dataclass(slots=True)
class AttemptsStarted:
    """Backends began to execute these attempts."""

    attempts: Sequence[Attempt]
    at: float


@dataclass(slots=True)
class AttemptsSucceeded:
    """These attempts returned; with a store, their results are recorded."""

    attempts: Sequence[Attempt]


@dataclass(slots=True)
class AttemptFailed:
    """The attempt failed.

    Attributes:
        attempt: Which.
        at: When.
        retryable: False where another try must fail the same way or `Retry(on=)` excludes it.
        draw: Uniform in [0, 1), for the jitter of the pause.
    """

    attempt: Attempt
    at: float
    retryable: bool = True
    draw: float = 0.0


@dataclass(slots=True)
class AttemptLost:
    """The attempt vanished with its worker, through no doing of its own."""

    attempt: Attempt
    at: float


@dataclass(slots=True)
class AttemptCancelled:
    """The backend saw that the attempt no longer executes, as it was asked to."""

    attempt: Attempt
    at: float
    draw: float = 0.0


@dataclass(slots=True)
class TimerFired:
    """The time asked for by `StartTimer(attempt, ..., purpose)` has come."""

    attempt: Attempt
    purpose: TimerPurpose


@dataclass(slots=True)
class CancelRequested:
    """Somebody no longer wants these items."""

    items: Sequence[ItemId]
    reason: str = ""


@dataclass(slots=True)
class GroupLeft:
    """The body of a block, or of the engine's `with`, has ended.

    Attributes:
        group: The block's item, or ROOT.
        clean: True: wait for all members. False: cancel the unfinished, except what an item of
            another owner depends on or has joined.
        reason: For the members that are cancelled.
    """

    group: ItemId
    clean: bool
    reason: str = ""


Event = (
    ItemsAdded
    | LookupHit
    | LookupMissed
    | LookupJoined
    | AttemptsStarted
    | AttemptsSucceeded
    | AttemptFailed
    | AttemptLost
    | AttemptCancelled
    | TimerFired
    | CancelRequested
    | GroupLeft
)
