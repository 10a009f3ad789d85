"""Equal items that share one piece of work: joining it, and taking it over."""

from weftwork.core.commands import CancelReason
from weftwork.core.graph import Graph
from weftwork.core.model import FINAL, TaskState
from weftwork.core.node import Node, SharedWork

_IDLE = FINAL | {TaskState.WAITING, TaskState.LOOKUP}


def join(graph: Graph, node: Node, leader: Node | None) -> bool:
    """Let an item in LOOKUP follow the work of another one, or of whom that one follows.

    Returns:
        False where there is no work to follow: the leader is unknown or final, has not begun, is
        being cancelled on request, or is a block in which the item was called, which would wait
        for each other for ever. The item must do the work itself.
    """
    if leader is not None and leader.work is not None:
        leader = leader.work.carrier
    if leader is None or leader is node or leader.state in _IDLE:
        return False
    if _is_unwanted(leader) or _is_inside(graph, node, leader):
        return False
    if leader.work is None:
        leader.work = SharedWork(leader)
    node.work = leader.work
    node.work.joined.append(node)
    return True


def _is_unwanted(node: Node) -> bool:
    return node.asked is not None and node.asked.why is CancelReason.REQUEST


def _is_inside(graph: Graph, node: Node, block: Node) -> bool:
    above: Node | None = node
    while above is not None and above.group:
        above = graph.carrier(above.group)
        if above is block:
            return True
    return False


def hand_over(graph: Graph, node: Node) -> Node | None:
    """Give the work of a carrier to the longest joined item, which goes on where it stands.

    The heir takes over the attempt under way with its number, the tries so far, the policy and,
    for a block, the members of its run.

    Returns:
        The heir, or None where nobody else wants the work.
    """
    work = node.work
    if work is None or work.carrier is not node:
        return None
    heir = work.next_heir()
    if heir is None or node.attempt is None:
        return None
    work.carrier, node.work = heir, None
    heir.policy, heir.failures, heir.losses = node.policy, node.failures, node.losses
    heir.attempt, heir.asked = node.attempt, node.asked
    heir.run, node.run = node.run, None
    graph.heirs[node.attempt.item] = heir
    graph.move(heir, node.state)
    return heir
