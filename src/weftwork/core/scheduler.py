"""The scheduler: a synchronous, deterministic state machine over a graph of items.

It is told what happened (events) and answers what to do (commands). It never waits, reads a
clock, draws a random number, logs or calls a backend, so equal events give equal commands: the
tests and the replay of a journal both rest on this.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from weftwork.core import events as ev
from weftwork.core.commands import CancelReason, Command, StartTimer, TimerPurpose
from weftwork.core.graph import Graph
from weftwork.core.groups import leave
from weftwork.core.joins import hand_over, join
from weftwork.core.model import ACTIVE, ROOT, Attempt, ItemId, Settlement, TaskState
from weftwork.core.node import Asked, Node

MAX_LOSSES = 3
"""Tries of one item that may vanish with their workers; then it has failed."""

_WHY = {
    TimerPurpose.TIMEOUT: CancelReason.TIMEOUT,
    TimerPurpose.WALLTIME: CancelReason.WALLTIME,
}


class Scheduler:
    """Decides which item may run next, and what each outcome entails.

    Args:
        store: Whether there is one to be asked for results before an item is submitted.
    """

    __slots__ = ("_graph",)

    def __init__(self, *, store: bool = False) -> None:
        self._graph = Graph(store=store)

    @property
    def nodes(self) -> Mapping[ItemId, Node]:
        """The unfinished items, oldest first. To read only."""
        return self._graph.nodes

    @property
    def graph(self) -> Graph:
        """All records, for the invariants. To read only."""
        return self._graph

    def state(self, item: ItemId) -> TaskState | None:
        """Return where an item is; None if it is final and forgotten, or unknown."""
        node = self._graph.nodes.get(item)
        return None if node is None else node.state

    def takes(self, group: ItemId) -> bool:
        """Return whether items may still be added to a group: its body has not ended."""
        if group == ROOT:
            return not self._graph.root.is_left
        block = self._graph.carrier(group)
        return block is not None and (block.run is None or not block.run.is_left)

    def handle(self, event: ev.Event) -> list[Command]:
        """Apply one event and return what must now be done.

        Args:
            event: Something that happened. News of items that are final and of attempts that
                are over, repeated or contradicting what was reported first, have no effect.

        Returns:
            At most one Settle, LookUp, Submit and Cancel, then timers, then closed groups.

        Raises:
            InternalError: The event breaks the protocol: an item added twice, before its inputs
                or to a group that was left.
        """
        match event:
            case ev.AttemptsSucceeded():
                self._succeeded(event.attempts)
            case ev.AttemptsStarted():
                self._started(event.attempts, event.at)
            case ev.ItemsAdded():
                add = self._graph.add
                for spec in event.specs:
                    add(spec)
            case ev.LookupHit() | ev.LookupMissed() | ev.LookupJoined():
                self._looked_up(event)
            case ev.CancelRequested() | ev.GroupLeft():
                self._given_up(event)
            case _:
                self._attempt_ended(event)
        graph = self._graph
        graph.settle_doomed()
        if graph.root.is_left and not graph.nodes:
            graph.close_if_empty(graph.root)
        return graph.turn.finish()

    def _succeeded(self, attempts: Sequence[Attempt]) -> None:
        settle = self._graph.settle
        for attempt in attempts:
            node = self._current(attempt)
            if node is not None:
                settle(node, Settlement(node.item, TaskState.SUCCEEDED, attempt))

    def _started(self, attempts: Sequence[Attempt], at: float) -> None:
        for attempt in attempts:
            node = self._current(attempt)
            if node is None or node.state is not TaskState.QUEUED:
                continue
            self._graph.move(node, TaskState.RUNNING)
            policy = node.policy
            if policy.timeout is not None:
                self._start_timer(attempt, at + policy.timeout, TimerPurpose.TIMEOUT)
            if policy.walltime is not None:
                self._start_timer(attempt, at + policy.walltime, TimerPurpose.WALLTIME)

    def _current(self, attempt: Attempt) -> Node | None:
        """Return the item whose current attempt this is, if a backend holds it."""
        node = self._graph.carrier(attempt.item)
        if node is None or node.attempt != attempt or node.state not in ACTIVE:
            return None
        return node

    def _start_timer(self, attempt: Attempt, at: float, purpose: TimerPurpose) -> None:
        self._graph.turn.timers.append(StartTimer(attempt, at, purpose))

    # The store ------------------------------------------------------------------------------

    def _looked_up(self, event: ev.LookupHit | ev.LookupMissed | ev.LookupJoined) -> None:
        graph = self._graph
        node = graph.nodes.get(event.item)
        if node is None or node.state is not TaskState.LOOKUP or node.work is not None:
            return
        match event:
            case ev.LookupHit():
                graph.settle(node, Settlement(node.item, TaskState.SUCCEEDED))
            case ev.LookupMissed():
                graph.submit(node)
            case ev.LookupJoined():
                if not join(graph, node, graph.carrier(event.leader)):
                    graph.submit(node)

    # Ends of attempts -----------------------------------------------------------------------

    def _attempt_ended(
        self, event: ev.AttemptFailed | ev.AttemptLost | ev.AttemptCancelled | ev.TimerFired
    ) -> None:
        if isinstance(event, ev.TimerFired):
            self._timer_fired(event)
            return
        node = self._current(event.attempt)
        if node is None:
            return
        asked = node.asked
        if asked is not None and asked.why is CancelReason.REQUEST:
            self._cancelled(node, asked.reason)
        elif asked is not None:
            self._overran(node, event)
        else:
            self._ended_unasked(node, event)

    def _overran(
        self, node: Node, event: ev.AttemptFailed | ev.AttemptLost | ev.AttemptCancelled
    ) -> None:
        """Count the end of an attempt that was asked to end by a limit as a failure."""
        draw = 0.0 if isinstance(event, ev.AttemptLost) else event.draw
        may_retry = event.retryable if isinstance(event, ev.AttemptFailed) else True
        self._failed(node, event.at, draw, may_retry=may_retry)

    def _ended_unasked(
        self, node: Node, event: ev.AttemptFailed | ev.AttemptLost | ev.AttemptCancelled
    ) -> None:
        match event:
            case ev.AttemptFailed():
                self._failed(node, event.at, event.draw, may_retry=event.retryable)
            case ev.AttemptLost():
                self._lost(node)
            case ev.AttemptCancelled():
                # Somebody outside ended it. What others have joined, they did not mean to end.
                heir = hand_over(self._graph, node)
                self._cancelled(node, "")
                if heir is not None:
                    self._try_again(heir)
            case _:
                assert_never(event)

    def _failed(self, node: Node, at: float, draw: float, *, may_retry: bool) -> None:
        node.failures += 1
        retry = node.policy.retry
        if not may_retry or node.failures > retry.repeats:
            self._fail(node)
            return
        pause = retry.pause(node.failures, draw)
        if pause > 0 and node.attempt is not None:
            node.asked = None
            self._graph.move(node, TaskState.BACKOFF)
            self._start_timer(node.attempt, at + pause, TimerPurpose.RETRY)
        else:
            self._try_again(node)

    def _lost(self, node: Node) -> None:
        node.losses += 1
        if node.losses < MAX_LOSSES:
            self._try_again(node)
        else:
            self._fail(node)

    def _fail(self, node: Node) -> None:
        self._graph.settle(node, Settlement(node.item, TaskState.FAILED, node.attempt))

    def _try_again(self, node: Node) -> None:
        self._graph.move(node, TaskState.BACKOFF)
        self._graph.submit(node)

    def _timer_fired(self, event: ev.TimerFired) -> None:
        node = self._graph.carrier(event.attempt.item)
        if node is None or node.attempt != event.attempt:
            return
        if event.purpose is TimerPurpose.RETRY:
            if node.state is TaskState.BACKOFF:
                self._graph.submit(node)
        elif node.state is TaskState.QUEUED or node.state is TaskState.RUNNING:
            self._end_attempt(node, Asked(_WHY[event.purpose]))

    # Giving up ------------------------------------------------------------------------------

    def _given_up(self, event: ev.CancelRequested | ev.GroupLeft) -> None:
        graph = self._graph
        items: Iterable[ItemId]
        if isinstance(event, ev.GroupLeft):
            items = leave(graph, event.group, clean=event.clean)
        else:
            items = event.items
        # Dependents, which have greater numbers, come before their inputs: no item is released
        # by the end of an input and cancelled in the same turn.
        for item in sorted(items, reverse=True):
            if item in graph.nodes:
                self._cancel(graph.nodes[item], event.reason)

    def _cancel(self, node: Node, reason: str) -> None:
        if hand_over(self._graph, node) is not None or node.state not in ACTIVE:
            self._cancelled(node, reason)
        elif node.asked is None:
            self._end_attempt(node, Asked(CancelReason.REQUEST, reason))
        elif node.asked.why is not CancelReason.REQUEST:
            # The backend is at it already; only what its end means has changed.
            node.asked = Asked(CancelReason.REQUEST, reason)

    def _cancelled(self, node: Node, reason: str) -> None:
        end = Settlement(node.item, TaskState.CANCELLED, reason=reason)
        self._graph.settle(node, end)

    def _end_attempt(self, node: Node, asked: Asked) -> None:
        if node.attempt is not None:
            node.asked = asked
            self._graph.move(node, TaskState.CANCELLING)
            self._graph.turn.cancel(node.attempt, asked.why)
