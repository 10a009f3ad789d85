"""The scheduler's records: one per unfinished item, and what several of them share."""

from collections import deque
from typing import NamedTuple

from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, ItemId, Policy, TaskState


class Asked(NamedTuple):
    """Why the backend was asked to end the current attempt, and what the request said."""

    why: CancelReason
    reason: str = ""


class Node:
    """One unfinished item. Only the graph changes `state`; lists are made when first needed.

    Attributes:
        item: Its number.
        policy: Its own, or that of the first of equal items whose work it took over.
        group: The block run it belongs to, or ROOT.
        state: Where it is in its life.
        missing: Inputs that are not final.
        dependents: Items that wait, or waited, for this one.
        attempt: The current attempt, of this item or taken over; reports of others are stale.
        failures: Failed tries; each uses up one of the policy's repeats.
        losses: Lost tries, counted apart.
        asked: Set while CANCELLING.
        work: What equal items share once one of them has joined.
        run: For a block: its members.
    """

    __slots__ = (
        "asked",
        "attempt",
        "dependents",
        "failures",
        "group",
        "item",
        "losses",
        "missing",
        "policy",
        "run",
        "state",
        "work",
    )

    def __init__(self, item: ItemId, policy: Policy, group: ItemId) -> None:
        self.item = item
        self.policy = policy
        self.group = group
        self.state = TaskState.WAITING
        self.missing = 0
        self.dependents: list[Node] | None = None
        self.attempt: Attempt | None = None
        self.failures = 0
        self.losses = 0
        self.asked: Asked | None = None
        self.work: SharedWork | None = None
        self.run: Run | None = None


class SharedWork:
    """One piece of work that several equal items wait for.

    Attributes:
        carrier: The item that has the attempts.
        joined: Those that follow it, in the order they joined. The ones no longer in LOOKUP have
            left and are passed over.
    """

    __slots__ = ("carrier", "joined")

    def __init__(self, carrier: Node) -> None:
        self.carrier = carrier
        self.joined: deque[Node] = deque()

    def next_heir(self) -> Node | None:
        """Take the longest joined item that still waits out of the queue."""
        while self.joined:
            heir = self.joined.popleft()
            if heir.state is TaskState.LOOKUP:
                return heir
        return None

    def followers(self) -> list[Node]:
        """Return the joined items that still wait."""
        return [node for node in self.joined if node.state is TaskState.LOOKUP]


class Run:
    """The members of one run of a block's body.

    Attributes:
        group: The item the members name as their group. It differs from the block's own item
            where that took over the run of an equal block.
        members: The unfinished members.
        is_left: The body has ended.
        is_abandoned: The body has ended uncleanly.
        is_closed: CloseGroup was said.
    """

    __slots__ = ("group", "is_abandoned", "is_closed", "is_left", "members")

    def __init__(self, group: ItemId) -> None:
        self.group = group
        self.members: dict[ItemId, Node] = {}
        self.is_left = False
        self.is_abandoned = False
        self.is_closed = False
