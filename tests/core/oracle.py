"""What must follow from a graph and its ends, said a second time and naively."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from weftwork.core.commands import Cancel, CloseGroup, Command, LookUp, Settle, StartTimer, Submit
from weftwork.core.model import FINAL, ItemId, NodeSpec, ReleaseRule, Settlement, TaskState
from weftwork.core.node import Node
from weftwork.core.scheduler import Scheduler

S, F, K, C = TaskState.SUCCEEDED, TaskState.FAILED, TaskState.SKIPPED, TaskState.CANCELLED
End = TaskState | None
"""How an input ended; None: it did not yet."""

ORDER = [Settle, LookUp, Submit, Cancel, StartTimer, CloseGroup]


def may_start(rule: ReleaseRule, ends: Sequence[End]) -> bool:
    """Tell whether the inputs have come to what the rule asks for."""
    match rule:
        case ReleaseRule.ALL_SUCCESS:
            return all(end is S for end in ends)
        case ReleaseRule.ANY_SUCCESS:
            return not ends or S in ends
        case ReleaseRule.ALL_COMPLETED:
            return all(end in {S, F} for end in ends)
        case ReleaseRule.ALL_FAILED:
            return bool(ends) and all(end in {F, K} for end in ends)
        case ReleaseRule.ANY_FAILED:
            return F in ends or K in ends
        case ReleaseRule.ALWAYS:
            return None not in ends


def is_impossible(rule: ReleaseRule, ends: Sequence[End]) -> bool:
    """Tell whether no end of the unfinished inputs can fulfil the rule any more."""
    worlds = [ends]
    for place, end in enumerate(ends):
        if end is None:
            worlds = [
                [*world[:place], future, *world[place + 1 :]]
                for world in worlds
                for future in (S, F, K, C)
            ]
    return not any(may_start(rule, world) for world in worlds)


def needed_elsewhere(
    scheduler: Scheduler, group: ItemId, inputs: Mapping[ItemId, Sequence[ItemId]]
) -> set[ItemId]:
    """Find the members of a group that somebody outside needs, by going round until none is new."""
    nodes = scheduler.nodes
    block = scheduler.graph.carrier(group)

    def place(node: Node) -> ItemId | None:
        """Return the member that the node is or belongs to; None is outside."""
        while node.group:
            owner = scheduler.graph.carrier(node.group)
            assert owner is not None
            if owner is block:
                return node.item
            node = owner
        return None

    def uses(user: Node, item: ItemId) -> bool:
        if user.state is TaskState.WAITING and item in inputs[user.item]:
            return True
        leads = user.work.carrier.item if user.work is not None else user.item
        return leads == item != user.item

    kept: set[ItemId] = set()
    while True:
        new = {
            member.item
            for member in nodes.values()
            if member.group == group and not is_ending(member) and member.item not in kept
            for user in nodes.values()
            if uses(user, member.item) and (place(user) is None or place(user) in kept)
        }
        if not new:
            return kept
        kept |= new


def is_ending(node: Node) -> bool:
    """Tell whether the item is final, or ends because somebody asked for it."""
    asked = node.asked is not None and node.asked.why.value == "request"
    return node.state in FINAL or asked


def waits_for(scheduler: Scheduler, item: ItemId) -> set[ItemId]:
    """Return the unfinished items without whose end this one cannot end, itself included."""
    nodes = scheduler.nodes
    edges: dict[ItemId, list[ItemId]] = {}
    for node in nodes.values():
        for user in node.dependents or ():
            edges.setdefault(user.item, []).append(node.item)
        if (owner := scheduler.graph.carrier(node.group)) is not None:
            edges.setdefault(owner.item, []).append(node.item)
        if node.work is not None:
            edges.setdefault(node.item, []).append(node.work.carrier.item)
    reached, rest = {item}, [item]
    while rest:
        new = [other for other in edges.get(rest.pop(), ()) if other not in reached]
        reached |= set(new)
        rest += new
    return reached


def check_order(commands: Sequence[Command]) -> None:
    """Check that there is one command at most of each batched kind, in their order."""
    kinds = [ORDER.index(type(command)) for command in commands]
    assert kinds == sorted(kinds), "commands are out of order"
    batched = [kind for kind in kinds if kind < ORDER.index(StartTimer)]
    assert len(batched) == len(set(batched)), "two batches of one kind"


def ends_of_inputs(spec: NodeSpec, ends: Mapping[ItemId, Settlement]) -> list[End]:
    """Return how the inputs of an item ended so far."""
    known = [ends[item].state if item in ends else None for item in spec.inputs]
    return [*known, *(final.state for final in spec.finals)]


def check_ends(
    specs: Mapping[ItemId, NodeSpec],
    ends: Mapping[ItemId, Settlement],
    new: AbstractSet[ItemId],
    added: AbstractSet[ItemId],
) -> None:
    """Check items that were skipped, or cancelled through an input, against their rules.

    Args:
        specs: Of all items.
        ends: Of all final items.
        new: Items that became final in this turn.
        added: Items that were added in this turn.
    """
    for item in new:
        end, spec = ends[item], specs[item]
        if end.root is None:
            assert end.state is not K, "skipped for no reason"
            continue
        assert is_impossible(spec.policy.rule, ends_of_inputs(spec, ends)), "ended in vain"
        at_once = {ends[i].state for i in spec.inputs if i in new}
        at_once |= {final.state for final in spec.finals if item in added}
        assert (C in at_once) == (end.state is C), "the wrong one won"
        assert end.root == item or ends[end.root].root in {None, end.root}, "that is no root"
