"""What to do: the only outputs of the scheduler, in the imperative, in batches.

`handle` answers at most one command of each batched kind, in the order of this file: values are
settled before dependents are submitted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from weftwork.core.model import Attempt, ItemId, Settlement


class TimerPurpose(Enum):
    """What a timer is for."""

    RETRY = "retry"
    """The pause before the next try."""
    TIMEOUT = "timeout"
    """The user's limit for one attempt."""
    WALLTIME = "walltime"
    """The machine's limit for one attempt."""


class CancelReason(Enum):
    """Why a backend is asked to end an attempt."""

    REQUEST = "request"
    TIMEOUT = "timeout"
    WALLTIME = "walltime"


@dataclass(slots=True)
class Settle:
    """These items are final: keep the outcomes, wake whoever awaits them."""

    settlements: Sequence[Settlement]


@dataclass(slots=True)
class LookUp:
    """Fingerprint the items and ask the store; answer each by one Lookup event."""

    items: Sequence[ItemId]


@dataclass(slots=True)
class Submit:
    """Hand the attempts to their backends."""

    attempts: Sequence[Attempt]


@dataclass(slots=True)
class Cancel:
    """Ask the backends to end the attempts; answer each by how it ended."""

    attempts: Sequence[Attempt]
    why: CancelReason


@dataclass(slots=True)
class StartTimer:
    """Answer `TimerFired(attempt, purpose)` at or after `at`, seconds on the engine's clock."""

    attempt: Attempt
    at: float
    purpose: TimerPurpose


@dataclass(slots=True)
class CloseGroup:
    """All members of the group that was left are final or have another owner."""

    group: ItemId


Command = Settle | LookUp | Submit | Cancel | StartTimer | CloseGroup
