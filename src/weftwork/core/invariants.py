"""What must be true between any two events. Called by the tests."""

from collections import Counter

from weftwork.core.commands import CancelReason
from weftwork.core.model import ACTIVE, FINAL, ROOT, ItemId, TaskState
from weftwork.core.node import Node
from weftwork.core.scheduler import MAX_LOSSES, Scheduler


def check(scheduler: Scheduler) -> None:
    """Raise AssertionError where the scheduler's records contradict each other."""
    nodes = scheduler.nodes
    missing = Counter(user.item for node in nodes.values() for user in node.dependents or ())
    for item, node in nodes.items():
        assert node.item == item, f"{item}: filed under another number"
        assert node.missing == missing[item], f"{item}: wrong count of missing inputs"
        _check_state(node)
        _check_tries(node)
        _check_owner(scheduler, node)
        _check_run(scheduler, node)
        _check_work(scheduler, node)
        _check_dependents(scheduler, node)
    _check_heirs(scheduler)
    assert not scheduler.graph.turn.finish(), "commands of the last turn were not given out"


def _check_state(node: Node) -> None:
    assert node.state not in FINAL, f"{node.item}: final, and not forgotten"
    if node.state is TaskState.WAITING:
        assert node.missing, f"{node.item}: waits for nothing"
    tried = node.state in ACTIVE or node.state is TaskState.BACKOFF
    assert (node.attempt is not None) == tried, f"{node.item}: {node.state} with {node.attempt}"
    cancelling = node.state is TaskState.CANCELLING
    assert (node.asked is not None) == cancelling, f"{node.item}: {node.state} with {node.asked}"


def _check_tries(node: Node) -> None:
    repeats = node.policy.retry.repeats
    assert node.failures <= repeats, f"{node.item}: {node.failures} failures, allowed {repeats}"
    assert node.losses < MAX_LOSSES, f"{node.item}: lost {node.losses} times"
    if node.state in ACTIVE and node.attempt is not None and node.work is None:
        tries = node.failures + node.losses + 1
        assert node.attempt.number == tries, f"{node.item}: {node.attempt} after {tries - 1} tries"


def _check_owner(scheduler: Scheduler, node: Node) -> None:
    if node.group == ROOT:
        return
    block = scheduler.graph.carrier(node.group)
    assert block is not None, f"{node.item}: its group {node.group} is over"
    assert block.run is not None, f"{node.item}: its group {node.group} has no members"
    assert block.run.members.get(node.item) is node, f"{node.item}: its group does not know it"


def _check_run(scheduler: Scheduler, node: Node) -> None:
    run = node.run
    if run is None:
        return
    assert scheduler.graph.carrier(run.group) is node, f"{node.item}: runs another's group"
    for item, member in run.members.items():
        assert scheduler.nodes.get(item) is member, f"{item}: a member, and forgotten"
        assert member.group == run.group, f"{item}: owned by {member.group} and {run.group}"
    assert run.is_left or not run.is_abandoned, f"{run.group}: abandoned, and not left"
    assert run.is_closed == (run.is_left and not run.members), f"{run.group}: not closed in time"


def _check_work(scheduler: Scheduler, node: Node) -> None:
    work = node.work
    if work is None:
        return
    carrier = work.carrier
    assert scheduler.nodes.get(carrier.item) is carrier, f"{node.item}: follows a final item"
    assert carrier.work is work, f"{node.item}: follows {carrier.item}, which has no followers"
    assert carrier.state is not TaskState.LOOKUP, f"{node.item}: follows what does no work"
    if carrier is not node:
        assert node.state is TaskState.LOOKUP, f"{node.item}: follows and is {node.state}"
        assert node in work.joined, f"{node.item}: {carrier.item} does not know its follower"
    elif work.followers():
        wanted = node.asked is None or node.asked.why is not CancelReason.REQUEST
        assert wanted, f"{node.item}: ends on request what others have joined"


def _check_dependents(scheduler: Scheduler, node: Node) -> None:
    for user in node.dependents or ():
        assert user.item > node.item, f"{user.item}: input {node.item} is not older"
        if user.state not in FINAL:
            assert scheduler.nodes.get(user.item) is user, f"{user.item}: unfinished, and forgotten"


def _check_heirs(scheduler: Scheduler) -> None:
    heirs = scheduler.graph.heirs
    taken: dict[ItemId, ItemId] = {}
    for item, heir in heirs.items():
        assert item not in scheduler.nodes, f"{item}: has an heir, and is not final"
        assert heir.attempt is not None, f"{heir.item}: heir of nothing"
        assert heir.attempt.item == item, f"{heir.item}: heir of {item} with {heir.attempt}"
        taken[heir.item] = item
    for node in scheduler.nodes.values():
        if node.attempt is not None and node.attempt.item != node.item:
            assert taken.get(node.item) == node.attempt.item, f"{node.item}: a secret heir"
