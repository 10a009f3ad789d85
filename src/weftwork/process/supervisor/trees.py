"""The end of whole trees: TERM to everyone, a grace, then KILL until a scan finds nobody."""

import os
import signal
import time
from collections.abc import Collection, Iterable

from weftwork.process.supervisor.kinship import Kinship, Tree
from weftwork.process.supervisor.processes import (
    Key,
    Process,
    look,
    own_children,
    scan,
    send,
    send_group,
)

_SHORTEST_GAP = 0.002
_LONGEST_GAP = 0.1
_LOOKS = 2
_SHARE = 4
"""A scan is followed by a pause of at least so many times its own length."""


class Trees:
    """All trees of this supervisor. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._trees: dict[str, Tree] = {}
        self._roots: dict[int, Tree] = {}
        self._ended: list[Tree] = []
        self._dying: set[Tree] = set()
        self._kinship = Kinship(os.getpid())
        self._untouchable: set[Key] = set()
        self._gap = _SHORTEST_GAP
        self._next_scan = 0.0
        self._last_scan = 0.0

    def __len__(self) -> int:
        return len(self._trees)

    @property
    def running(self) -> int:
        """How many roots live."""
        return len(self._roots)

    def get(self, token: str) -> Tree | None:
        """Return the tree of a program of which something may be left."""
        return self._trees.get(token)

    def add(self, tree: Tree) -> None:
        """Watch over a new tree."""
        self._trees[tree.token] = tree
        if tree.rooted:
            self._roots[tree.pid] = tree

    def end(self, tree: Tree, now: float, grace: float) -> None:
        """Begin to end a tree, or end it sooner."""
        deadline = now + grace
        if tree.dying and tree.deadline <= deadline:
            return
        tree.deadline = deadline
        tree.dying = True
        self._dying.add(tree)
        self._hurry()

    def end_all(self, now: float, grace: float) -> None:
        """Begin to end all trees."""
        for tree in self._trees.values():
            tree.asked = True
            self.end(tree, now, grace)

    def end_strangers(self, now: float) -> None:
        """Begin to end what is ours but of no tree."""
        if "" not in self._trees:
            self.add(tree := Tree("", b"", 0))
            tree.born = 0
            self.end(tree, now, 0.0)

    def reaped(self, pid: int) -> Tree | None:
        """Note the death of a child; return its tree if it was a root."""
        tree = self._roots.pop(pid, None)
        if tree is not None:
            tree.rooted = False
            if tree.dying:
                self._hurry()
            else:
                self._ended.append(tree)
        return tree

    def look_behind(self, now: float, grace: float) -> list[Tree]:
        """Return the trees whose roots ended by themselves; begin to end what they left behind."""
        if not self._ended:
            return []
        ended, self._ended = self._ended, []
        children = own_children()
        # A process whose parent died is our child by the time we hear of that death.
        orphans = children is None or self._has_orphan(children, ended)
        for tree in ended:
            if orphans or _group_lives(tree.pid):
                self.end(tree, now, grace)
            else:
                del self._trees[tree.token]
        if children is None:
            self._next_scan = max(self._next_scan, self._last_scan + _LONGEST_GAP)
        return ended

    def _has_orphan(self, children: set[int], ended: Collection[Tree]) -> bool:
        """Whether some child of ours may be of one of these trees."""
        for pid in children.difference(self._roots):
            process = look(pid)
            # Dead and not reaped yet: it may have left another one behind in its turn.
            if process is None or self._kinship.may_be_of(process, ended):
                return True
        return False

    def are_all_beyond(self, children: set[int]) -> bool:
        """Whether all these processes are out of our reach."""
        seen = [look(pid) for pid in children]
        return all(each and each.key in self._untouchable for each in seen)

    def wake_at(self) -> float | None:
        """Return when `step` has something to do; None: not before something happens."""
        if not self._dying:
            return None
        coming = [tree.deadline for tree in self._dying if tree.deadline > self._last_scan]
        return min([self._next_scan, *coming])

    def step(self, now: float) -> list[Tree]:
        """Send the signals that are due; return the trees of which nothing is left."""
        at = self.wake_at()
        if at is None or now < at:
            return []
        census = self._kinship.take(scan(), self._trees.values())
        settled = self._is_settled()
        gone: list[Tree] = []
        for tree in self._dying:
            living = [
                process
                for process in census.members.get(tree, ())
                if process.key not in self._untouchable
            ]
            if living:
                tree.empty_scans = 0
                self._strike(tree, living, now)
            elif not tree.rooted and self._is_gone(tree, settled=settled):
                gone.append(tree)
        self._forget(gone)
        if census.strangers:
            self.end_strangers(now)
        self._plan(now)
        return gone

    def _is_settled(self) -> bool | None:
        """Whether the last census saw all there is; None if only another scan can say.

        A scan takes a while, and misses what runs from it by forking and dying. But what loses its
        parent becomes our child, and a child of ours leaves the kernel's list only when we reap it.
        """
        children = own_children()
        if children is None:
            return None
        orphans = [look(pid) for pid in children.difference(self._roots)]
        return not any(orphan is None or self._kinship.is_new(orphan) for orphan in orphans)

    def _is_gone(self, tree: Tree, *, settled: bool | None) -> bool:
        """Whether nothing is left of a tree of which the last scan saw nothing."""
        if settled is None or tree.foreign:
            tree.empty_scans += 1
            return tree.empty_scans == _LOOKS
        return settled

    def _forget(self, gone: Iterable[Tree]) -> None:
        for tree in gone:
            self._dying.discard(tree)
            del self._trees[tree.token]

    def _plan(self, now: float) -> None:
        """Set the time of the next scan: soon at first, then ever later."""
        took = time.monotonic() - now
        self._last_scan = now
        self._next_scan = now + took + max(self._gap, _SHARE * took)
        self._gap = min(2 * self._gap, _LONGEST_GAP)

    def _hurry(self) -> None:
        self._gap = _SHORTEST_GAP
        self._next_scan = 0.0

    def _strike(self, tree: Tree, living: Collection[Process], now: float) -> None:
        """Send a tree's processes the signal of the hour: to whole groups, then to who remains."""
        kill = now >= tree.deadline
        struck = tree.killed if kill else tree.warned
        fresh = [each for each in living if each.key not in struck]
        # All of a group at once, so that none can fork away. A group never reaches beyond its tree.
        for group in {each.group for each in fresh}:
            send_group(group, signal.SIGKILL if kill else signal.SIGTERM)
        for each in living:
            if kill and each.key in struck:
                self._send(each, signal.SIGKILL)
            if each.stopped:
                self._send(each, signal.SIGCONT)
        struck.update(each.key for each in fresh)

    def _send(self, process: Process, number: signal.Signals) -> None:
        if not send(process, number):
            # It runs as another user by now (sudo): to wait for it would be to wait for ever.
            self._untouchable.add(process.key)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
