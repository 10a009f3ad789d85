"""Short words for scenarios: events in, commands out."""

from dataclasses import dataclass, field

from weftwork.core.commands import Cancel, CloseGroup, Command, LookUp, Settle, StartTimer, Submit
from weftwork.core.events import AttemptsStarted, AttemptsSucceeded, Event, ItemsAdded
from weftwork.core.invariants import check
from weftwork.core.model import (
    ROOT,
    Attempt,
    Final,
    ItemId,
    NodeSpec,
    Policy,
    ReleaseRule,
    RetryPolicy,
    Settlement,
    TaskState,
)
from weftwork.core.scheduler import Scheduler

A, B, C, D, E = (ItemId(number) for number in range(1, 6))


def spec(
    item: ItemId,
    *inputs: ItemId,
    group: ItemId = ROOT,
    finals: tuple[Final, ...] = (),
    policy: Policy | None = None,
) -> NodeSpec:
    return NodeSpec(item, policy or Policy(), group, inputs, finals)


def rule(value: ReleaseRule) -> Policy:
    return Policy(rule=value)


def repeats(number: int, wait: float = 0.0, **more: float) -> Policy:
    return Policy(retry=RetryPolicy(number, wait, **more))


def nth(item: ItemId, number: int = 1) -> Attempt:
    return Attempt(item, number)


@dataclass
class Story:
    """A scheduler that is checked after each event, and how items ended so far."""

    scheduler: Scheduler
    ends: dict[ItemId, Settlement] = field(default_factory=dict[ItemId, Settlement])

    def tell(self, *events: Event) -> list[Command]:
        """Return the commands of the last event."""
        commands: list[Command] = []
        for event in events:
            commands = self.scheduler.handle(event)
            check(self.scheduler)
            for command in commands:
                if isinstance(command, Settle):
                    self.ends |= {end.item: end for end in command.settlements}
        return commands

    def add(self, *specs: NodeSpec) -> list[Command]:
        return self.tell(ItemsAdded(specs))

    def start(self, *items: ItemId, at: float = 0.0) -> list[Command]:
        return self.tell(AttemptsStarted([nth(item) for item in items], at))

    def succeed(self, *items: ItemId) -> list[Command]:
        return self.tell(AttemptsSucceeded([nth(item) for item in items]))

    def state(self, item: ItemId) -> TaskState | None:
        """Return where an item is, or how it ended."""
        if item in self.ends:
            assert self.scheduler.state(item) is None
            return self.ends[item].state
        return self.scheduler.state(item)


def story(*, store: bool = False) -> Story:
    return Story(Scheduler(store=store))


__all__ = [
    "A", "B", "C", "Cancel", "CloseGroup", "D", "E", "LookUp", "Settle", "StartTimer", "Story",
    "Submit", "nth", "repeats", "rule", "spec", "story",
]  # fmt: skip
