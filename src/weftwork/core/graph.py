"""The unfinished items, their states, and what the end of one means for the others."""

from weftwork.core.commands import CloseGroup
from weftwork.core.model import (
    ALLOWED,
    ROOT,
    Attempt,
    Final,
    ItemId,
    NodeSpec,
    Settlement,
    TaskState,
)
from weftwork.core.node import Node, Run
from weftwork.core.release import RULES
from weftwork.core.turn import Turn
from weftwork.errors import InternalError


class Graph:
    """The records of all unfinished items and the only place where they change state.

    Attributes:
        nodes: By item, oldest first. Final ones are forgotten.
        heirs: Carriers of attempts that another item began, and of the runs of its block.
        root: The members called in no block are all nodes; `root` holds only how it was left.
        turn: What the current event has come to so far.
    """

    __slots__ = ("_store", "heirs", "nodes", "root", "turn")

    def __init__(self, *, store: bool) -> None:
        self._store = store
        self.nodes: dict[ItemId, Node] = {}
        self.heirs: dict[ItemId, Node] = {}
        self.root = Run(ROOT)
        self.turn = Turn()

    def carrier(self, item: ItemId) -> Node | None:
        """Return the node that has the attempts, or the block's run, begun as the item's."""
        return self.nodes.get(item) or self.heirs.get(item)

    def move(self, node: Node, state: TaskState) -> None:
        """Change a state: the only place that does."""
        if state not in ALLOWED[node.state]:
            raise InternalError(
                f"item {node.item} went from {node.state.name} to {state.name}, which no item may"
            )
        node.state = state

    # Coming in ------------------------------------------------------------------------------

    def add(self, spec: NodeSpec) -> None:
        """Take in a new item, and release it if nothing is missing."""
        item, policy, group, inputs, finals = spec
        if item in self.nodes:
            raise InternalError(f"item {item} was added twice")
        node = Node(item, policy, group)
        if group:
            self._enter(node)
        elif self.root.is_left:
            raise InternalError(f"item {item} was added after the engine was left")
        self.nodes[item] = node
        if inputs:
            self._connect(node, inputs)
        if finals:
            self._judge_finals(node, finals)
        elif not inputs:
            self._judge_alone(node)

    def _enter(self, node: Node) -> None:
        block = self.carrier(node.group)
        if block is None:
            raise InternalError(f"item {node.item} was added to group {node.group}, which is over")
        if block.run is None:
            block.run = Run(node.group)
        if block.run.is_left:
            raise InternalError(f"item {node.item} was added after group {node.group} was left")
        block.run.members[node.item] = node

    def _connect(self, node: Node, inputs: tuple[ItemId, ...]) -> None:
        for item in inputs:
            upstream = self.nodes.get(item)
            if upstream is None or item >= node.item:
                raise InternalError(
                    f"item {node.item} names input {item}, which is neither unfinished nor final"
                )
            if upstream.dependents is None:
                upstream.dependents = []
            upstream.dependents.append(node)
        node.missing = len(inputs)

    def _judge_finals(self, node: Node, finals: tuple[Final, ...]) -> None:
        node.missing += len(finals)
        for item, state, root in finals:
            self._judge(node, Settlement(item, state, None, root))

    def _judge_alone(self, node: Node) -> None:
        if RULES[node.policy.rule].alone:
            self.release(node)
        else:
            self.turn.doom(node.item, Settlement(node.item, TaskState.SKIPPED))

    # Going on -------------------------------------------------------------------------------

    def _judge(self, node: Node, end: Settlement) -> None:
        """Apply the release rule of a node to the end of one of its inputs."""
        node.missing -= 1
        if node.state is not TaskState.WAITING:
            return
        state = end.state
        if state is TaskState.CANCELLED:
            self.turn.note_cancelled(node.item, end)
        rule = RULES[node.policy.rule]
        if state in rule.excludes:
            self.turn.doom(node.item, end)
        elif state in rule.releases or (rule.at_end and not node.missing):
            if not self.turn.is_doomed(node.item):
                self.release(node)
        elif not node.missing:
            self.turn.doom(node.item, end)

    def release(self, node: Node) -> None:
        """Let an item start: ask the store, or hand it to a backend."""
        if self._store and node.policy.lookup:
            self.move(node, TaskState.LOOKUP)
            self.turn.lookups.append(node.item)
        else:
            self.submit(node)

    def submit(self, node: Node) -> None:
        """Begin the next attempt."""
        number, last = 1, node.attempt
        if last is not None:
            number = last.number + 1
            self._drop_inheritance(node)
            self._disband(node)
        node.attempt = attempt = Attempt(node.item, number)
        node.asked = None
        self.move(node, TaskState.QUEUED)
        self.turn.submits.append(attempt)

    # Going out ------------------------------------------------------------------------------

    def settle(self, node: Node, end: Settlement) -> None:
        """Make an item final, judge its dependents, and forget it."""
        item = node.item
        self.move(node, end.state)
        self.turn.settled.append(end)
        del self.nodes[item]
        if node.dependents is not None:
            for dependent in node.dependents:
                self._judge(dependent, end)
        if node.work is not None:
            self._settle_followers(node, end)
        if node.run is not None:
            self._disband(node)
        if node.group:
            self._leave_owner(node)

    def settle_doomed(self) -> None:
        """Settle all whose rule became impossible, and those downstream of them."""
        # A queue, not recursion: one failure may skip a chain of any length.
        while (end := self.turn.next_doomed()) is not None:
            node = self.nodes.get(end.item)
            if node is not None and node.state is TaskState.WAITING:
                self.settle(node, end)

    def _settle_followers(self, node: Node, end: Settlement) -> None:
        work = node.work
        if work is None or work.carrier is not node:
            return
        self._drop_inheritance(node)
        for follower in work.followers():
            self.settle(follower, Settlement(follower.item, end.state, end.attempt))

    def _drop_inheritance(self, node: Node) -> None:
        """Forget whose attempt it was that ends: from now on its reports are stale."""
        if node.attempt is not None and node.attempt.item != node.item:
            self.heirs.pop(node.attempt.item, None)

    # Owners ---------------------------------------------------------------------------------

    def _leave_owner(self, node: Node) -> None:
        block = self.carrier(node.group)
        if block is not None and block.run is not None:
            del block.run.members[node.item]
            self.close_if_empty(block.run)

    def _disband(self, node: Node) -> None:
        """End a block's run with its attempt; members left over go to the block's owner."""
        run, node.run = node.run, None
        if run is None:
            return
        for member in run.members.values():
            self.adopt(member, node.group)
        run.members = {}
        self.close_if_empty(run)

    def adopt(self, member: Node, group: ItemId) -> None:
        """Give a member to the nearest owner, from `group` outwards, that was not abandoned."""
        member.group = ROOT
        while group:
            block = self.carrier(group)
            if block is None:
                return
            if block.run is None:
                block.run = Run(group)
            if not block.run.is_abandoned:
                member.group = group
                block.run.members[member.item] = member
                return
            group = block.group

    def close_if_empty(self, run: Run) -> None:
        """Say once that a group that was left has no unfinished members."""
        if run.is_left and not run.is_closed and not run.members:
            run.is_closed = True
            self.turn.closed.append(CloseGroup(run.group))
