"""The structured end of block runs and of the engine: who is cancelled, who is kept."""

from weftwork.core.commands import CancelReason, CloseGroup
from weftwork.core.graph import Graph
from weftwork.core.model import ROOT, ItemId, TaskState
from weftwork.core.node import Node, Run


def leave(graph: Graph, group: ItemId, *, clean: bool) -> list[ItemId]:
    """Mark a group as left, and close it as soon as no unfinished member is left.

    A group that was left but not closed may be left again, then uncleanly: one CloseGroup
    answers both. Once it is closed, or where it never had a member, the answer comes at once.

    Returns:
        The members to cancel.
    """
    if group == ROOT:
        _mark(graph.root, clean=clean)
        return [] if clean else list(graph.nodes)
    block = graph.carrier(group)
    if block is None:
        graph.turn.closed.append(CloseGroup(group))
        return []
    if block.run is None:
        block.run = Run(group)
    _mark(block.run, clean=clean)
    doomed = [] if clean else _part(graph, block, block.run)
    graph.close_if_empty(block.run)
    return doomed


def _mark(run: Run, *, clean: bool) -> None:
    run.is_left, run.is_closed = True, False
    run.is_abandoned = run.is_abandoned or not clean


def _part(graph: Graph, block: Node, run: Run) -> list[ItemId]:
    """Give the members that others need to the block's owner, and return the rest."""
    kept = _needed_elsewhere(graph, block, run)
    for item in kept:
        graph.adopt(run.members.pop(item), block.group)
    return list(run.members)


def _needed_elsewhere(graph: Graph, block: Node, run: Run) -> dict[ItemId, None]:
    """Find the members that an item outside depends on or has joined, directly or by others.

    What belongs to a block that is itself a member counts as that member: it goes with it.
    """
    needs: dict[ItemId, list[ItemId]] = {}
    kept: dict[ItemId, None] = {}
    for member in run.members.values():
        for user in _users(member):
            through = _member_above(graph, block, user)
            if through is None:
                kept[member.item] = None
            else:
                needs.setdefault(through, []).append(member.item)
    reached = list(kept)
    while reached:
        for item in needs.pop(reached.pop(), ()):
            if item not in kept:
                kept[item] = None
                reached.append(item)
    return kept


def _users(node: Node) -> list[Node]:
    """Return the items that still wait for the end of this one."""
    if node.asked is not None and node.asked.why is CancelReason.REQUEST:
        return []
    users = [user for user in node.dependents or () if user.state is TaskState.WAITING]
    if node.work is not None and node.work.carrier is node:
        users += node.work.followers()
    return users


def _member_above(graph: Graph, block: Node, node: Node) -> ItemId | None:
    """Return the member of the block that the node is or belongs to; None is outside."""
    above: Node | None = node
    while above is not None and above.group:
        owner = graph.carrier(above.group)
        if owner is block:
            return above.item
        above = owner
    return None
