"""Whose offspring every process is.

The supervisor is the subreaper of all it starts: whatever loses its parent becomes its child. So
every descendant is found by walking up parents; what arrives at the supervisor itself is a root or
an orphan, and an orphan is given to a tree by what it cannot easily shed.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from os import sysconf
from typing import NamedTuple

from weftwork.process.supervisor.messages import MARK, Ended
from weftwork.process.supervisor.processes import Key, Process, directory, variable

_TICKS = sysconf("SC_CLK_TCK")


class Tree:
    """One program and everything that came of it.

    Attributes:
        token: The program's name; empty for what belongs to no program.
        mark: Its value of `MARK`.
        pid: The program itself, the root; its group and its session, too.
        cwd: Where it was started, if that was said.
        foreign: Whether another supervisor started it.
        born: When it was started, clock ticks since boot.
        rooted: Whether the root has not been reaped.
        asked: Whether somebody asked for its end.
        dying: Whether it is being ended, because of that or because its root ended.
        deadline: While dying: TERM before, KILL after; monotonic seconds.
        end: How the root ended, until that is told.
        warned: Who was sent TERM.
        killed: Who was sent KILL.
        empty_scans: How many scans in a row saw nothing of it.
    """

    def __init__(
        self, token: str, mark: bytes, pid: int, cwd: bytes | None = None, *, foreign: bool = False
    ) -> None:
        self.token = token
        self.mark = mark
        self.pid = pid
        self.cwd = cwd
        self.foreign = foreign
        self.born = int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS) - 1
        self.rooted = not foreign and pid != 0
        self.asked = False
        self.dying = False
        self.deadline = 0.0
        self.end: Ended | None = None
        self.warned: set[Key] = set()
        self.killed: set[Key] = set()
        self.empty_scans = 0

    @property
    def was_struck(self) -> bool:
        """Whether the root was sent a signal before it ended."""
        return any(pid == self.pid for pid, _ in (*self.warned, *self.killed))

    def claims(self, mark: bytes) -> bool:
        """Whether `mark` is this tree's, or that of an engine inside it."""
        return bool(self.mark) and (mark == self.mark or mark.startswith(self.mark + b"/"))

    def contains(self, path: bytes) -> bool:
        """Whether `path` is where the program was started, or below."""
        return self.cwd is not None and (path + b"/").startswith(self.cwd + b"/")


class Census(NamedTuple):
    """What one scan came to.

    Attributes:
        members: The living processes of each tree that has any.
        strangers: Orphans of ours that no tree can have.
    """

    members: Mapping[Tree, list[Process]]
    strangers: list[Process]


class Kinship:
    """Gives processes to trees, and remembers.

    Args:
        me: The supervisor's own number.
        variable: How to read a variable of a process's first environment.
        directory: How to find out where a process works.
    """

    def __init__(
        self,
        me: int,
        variable: Callable[[int, bytes], bytes] = variable,
        directory: Callable[[int], bytes] = directory,
    ) -> None:
        self._me = me
        self._variable = variable
        self._directory = directory
        self._known: dict[Key, Tree] = {}
        self._candidates: dict[Key, set[Tree]] = {}

    def owner(self, process: Process) -> Tree | None:
        """Return whose the process was at the last census."""
        return self._known.get(process.key)

    def is_new(self, process: Process) -> bool:
        """Whether the last census did not see the process."""
        return process.key not in self._known and process.key not in self._candidates

    def may_be_of(self, process: Process, trees: Collection[Tree]) -> bool:
        """Whether the process may be of one of these trees."""
        if process.key in self._known:
            return self._known[process.key] in trees
        return not self._candidates.get(process.key, set(trees)).isdisjoint(trees)

    def take(self, processes: Mapping[int, Process], trees: Collection[Tree]) -> Census:
        """Give every living process to the tree it is of."""
        census = Census({}, [])
        members: dict[Tree, list[Process]] = {}
        owners: dict[int, Tree | None] = {tree.pid: tree for tree in trees if tree.rooted}
        known: dict[Key, Tree] = {}
        foreign = [tree for tree in trees if tree.foreign]
        for process in processes.values():
            tree = self._climb(process, processes, owners, trees, census.strangers)
            if tree is None and foreign:
                tree = self._recognise(process, foreign)
            if tree is not None:
                known[process.key] = tree
                members.setdefault(tree, []).append(process)
        self._known = known
        self._candidates = {
            key: could
            for key, could in self._candidates.items()
            if key not in known and key[0] in processes
        }
        return Census(members, census.strangers)

    def _climb(
        self,
        process: Process,
        processes: Mapping[int, Process],
        owners: dict[int, Tree | None],
        trees: Collection[Tree],
        strangers: list[Process],
    ) -> Tree | None:
        """Walk up to whoever decides, and note the answer for all on the way."""
        way: list[int] = []
        top: Process | None = process
        tree: Tree | None = None
        while top is not None and top.pid not in way:
            if top.pid in owners:
                tree = owners[top.pid]
                break
            way.append(top.pid)
            if top.parent == self._me:
                tree = self._adopt(top, trees, strangers)
                break
            top = processes.get(top.parent)
        for pid in way:
            owners[pid] = tree
        return tree

    def _adopt(
        self, orphan: Process, trees: Collection[Tree], strangers: list[Process]
    ) -> Tree | None:
        """Return the tree of a child of ours that is no root; None if that cannot be said yet."""
        known = self.owner(orphan)
        if known in trees:
            return known
        native = [tree for tree in trees if not tree.foreign]
        mark = self._variable(orphan.pid, MARK)
        path = self._directory(orphan.pid)
        for fits in (
            [tree for tree in native if tree.pid == orphan.session],
            [tree for tree in native if tree.claims(mark)],
            [tree for tree in native if tree.contains(path)],
        ):
            if len(fits) == 1:
                return fits[0]
        return self._eliminate(orphan, native, strangers)

    def _eliminate(
        self, orphan: Process, trees: Iterable[Tree], strangers: list[Process]
    ) -> Tree | None:
        """Return the only tree it can be of, or any of them if they are all being ended."""
        key = orphan.key
        alive = {tree for tree in trees if tree.born <= orphan.start}
        could = self._candidates.setdefault(key, alive)
        could &= alive
        if not could:
            strangers.append(orphan)
            return None
        if len(could) == 1 or all(tree.dying for tree in could):
            return min(could, key=lambda tree: tree.token)
        return None

    def _recognise(self, process: Process, foreign: Iterable[Tree]) -> Tree | None:
        """Return the tree, started by another supervisor, that the process is of."""
        known = self.owner(process)
        mark: bytes | None = None
        for tree in foreign:
            if known is tree or (tree.pid and process.session == tree.pid):
                return tree
            if mark is None:
                mark = self._variable(process.pid, MARK)
            if tree.claims(mark):
                return tree
        return None
