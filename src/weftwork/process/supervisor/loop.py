"""The supervisor's one loop: orders in, news out, deaths in between."""

import ctypes
import fcntl
import os
import select
import signal
import time
from collections import deque
from typing import NamedTuple

from weftwork.process.supervisor.kinship import Tree
from weftwork.process.supervisor.lifeline import Lifeline
from weftwork.process.supervisor.memory import OomKills
from weftwork.process.supervisor.messages import (
    Close,
    Ended,
    EndKind,
    Hunt,
    Kill,
    News,
    Order,
    Start,
    Started,
    Sweep,
)
from weftwork.process.supervisor.processes import own_children
from weftwork.process.supervisor.start import IGNORED, CannotStart, NoRoom, start
from weftwork.process.supervisor.trees import Trees

_LOWEST_FD = 16
"""Below are the numbers that programs see; nothing of ours may lie in their way."""
_PATIENCE = 10.0
"""Seconds after which a program is given up that finds no room though we take up none."""
_RETRY = 0.05
_BATCH = 8
_STDERR = 2
_LAST_GRACE = 1.0
"""Seconds between TERM and KILL, at most, once the engine is gone."""
_PR_SET_CHILD_SUBREAPER = 36
_READABLE = select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR


class _Waiting(NamedTuple):
    order: Start
    fds: list[int]
    since: float


class Supervisor:
    """Carries out orders until the lifeline ends and nothing is left.

    Args:
        lifeline: The link to the engine.
        wakeup: Readable whenever a child has died.
        grace: Seconds between TERM and KILL for what programs leave behind.
    """

    def __init__(self, lifeline: Lifeline, wakeup: int, grace: float) -> None:
        self._lifeline = lifeline
        self._wakeup = wakeup
        self._grace = grace
        self._home = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
        self._trees = Trees()
        self._oom = OomKills()
        self._waiting: deque[_Waiting] = deque()
        self._retry_at: float | None = None
        self._news: list[News] = []
        self._to_sweep: list[bytes] = []
        self._orphaned = False
        self._closing = False
        self._poll = select.epoll()
        self._poll.register(wakeup, select.EPOLLIN)
        self._poll.register(lifeline.fileno(), select.EPOLLIN)

    def run(self) -> None:
        """Work until there is nothing left to do and nobody to do it for."""
        while not (self._closing and self._is_nothing_left()):
            self._turn()
        if self._orphaned and self._to_sweep:
            import shutil  # noqa: PLC0415  # takes a third of our start-up, and is rarely needed

            for path in self._to_sweep:
                shutil.rmtree(path, ignore_errors=True)

    def abandon(self) -> None:
        """Kill everything at once: the loop is broken, and nobody else will."""
        self._trees.end_all(time.monotonic(), 0.0)
        while not self._is_nothing_left():
            self._reap()
            self._trees.step(time.monotonic())

    def _turn(self) -> None:
        for fd, events in self._poll.poll(self._timeout()):
            if fd == self._wakeup:
                os.read(fd, 4096)
            elif events & _READABLE:
                self._listen()
        self._reap()
        now = time.monotonic()
        self._start_waiting(now)
        self._conclude(now)
        self._tell()

    def _conclude(self, now: float) -> None:
        """Go on with the end of whatever ends, and note what is over."""
        for tree in self._trees.look_behind(now, self._grace):
            if tree.end is not None:
                self._news.append(tree.end._replace(remains=tree.dying))
                tree.end = None
        for tree in self._trees.step(now):
            if tree.foreign:
                self._news.append(Ended(tree.token, "lost", killed=True))
            elif tree.end is not None:
                self._news.append(tree.end)

    def _timeout(self) -> float | None:
        times = [at for at in (self._trees.wake_at(), self._retry_at) if at is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _is_nothing_left(self) -> bool:
        """Whether no tree is left and, which decides, the kernel knows no child of ours."""
        if len(self._trees):
            return False
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        children = own_children()
        if children and self._trees.are_all_beyond(children):
            return True
        self._trees.end_strangers(time.monotonic())
        return False

    def _listen(self) -> None:
        orders = self._lifeline.listen()
        if orders is None:
            self._orphaned = True
            self._poll.unregister(self._lifeline.fileno())
            self._close(min(self._grace, _LAST_GRACE))
        for order in orders or ():
            self._obey(order)

    def _obey(self, order: Order) -> None:
        match order:
            case Start():
                fds = self._lifeline.descriptors(order.fds)
                self._waiting.append(_Waiting(order, fds, time.monotonic()))
            case Kill(token, grace):
                self._kill(token, grace)
            case Hunt(token, mark, pid, grace):
                tree = Tree(token, mark, pid, foreign=True)
                self._trees.add(tree)
                self._trees.end(tree, time.monotonic(), grace)
            case Close(grace):
                self._close(grace)
            case Sweep(path):
                self._to_sweep.append(path)

    def _kill(self, token: str, grace: float) -> None:
        tree = self._trees.get(token)
        if tree is not None:
            tree.asked = True
            self._trees.end(tree, time.monotonic(), grace)
            return
        for waiting in self._waiting:
            if waiting.order.token == token:
                self._waiting.remove(waiting)
                self._refuse(waiting, "not_started", "it was ended before its turn")
                return

    def _close(self, grace: float) -> None:
        self._closing = True
        while self._waiting:
            self._refuse(self._waiting.popleft(), "not_started", "the engine closed")
        self._trees.end_all(time.monotonic(), grace)

    def _start_waiting(self, now: float) -> None:
        """Start what can be started, but only so much that nobody waits long for our ear."""
        self._retry_at = now if len(self._waiting) > _BATCH else None
        for _ in range(min(len(self._waiting), _BATCH)):
            waiting = self._waiting.popleft()
            try:
                self._start(waiting)
            except NoRoom as why:
                hopeful = why.is_shared and self._trees.running
                if not hopeful and now - waiting.since > _PATIENCE:
                    self._refuse(waiting, "exhausted", f"waited {_PATIENCE:.0f} s: {why}")
                    return
                # To the end of the line: what one lacks, another may not need.
                self._waiting.append(waiting)
                self._retry_at = now + _RETRY
                return
            except CannotStart as why:
                self._refuse(waiting, why.kind, why.message)

    def _start(self, waiting: _Waiting) -> None:
        order = waiting.order
        tree = Tree(order.token, order.mark, 0, order.cwd)
        tree.pid = start(order, waiting.fds, self._home)
        tree.rooted = True
        self._trees.add(tree)
        _close_all(waiting.fds)
        self._news.append(Started(order.token, tree.pid))

    def _refuse(self, waiting: _Waiting, kind: EndKind, message: str) -> None:
        _close_all(waiting.fds)
        killed = kind == "not_started"
        self._news.append(Ended(waiting.order.token, kind, message=message, killed=killed))

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            tree = self._trees.reaped(pid)
            if tree is not None:
                self._note(tree, os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)

    def _note(self, tree: Tree, code: int, max_rss: int) -> None:
        """Note how a root ended: to be told soon or, if that was asked for, when all is over."""
        oom = False
        if code in {-signal.SIGKILL, 128 + signal.SIGKILL} and not tree.was_struck:
            oom = self._oom.explain_one()
        kind: EndKind = "signal" if code < 0 else "exit"
        tree.end = Ended(
            tree.token, kind, abs(code), max_rss=max_rss, oom=oom, killed=tree.was_struck
        )

    def _tell(self) -> None:
        stuck = self._lifeline.stuck
        self._lifeline.tell(self._news)
        self._news.clear()
        if self._lifeline.stuck != stuck and not self._orphaned:
            writing = 0 if stuck else select.EPOLLOUT
            self._poll.modify(self._lifeline.fileno(), select.EPOLLIN | writing)


def _close_all(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def _watch_children() -> int:
    """Return a descriptor that becomes readable when a child has died."""
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return reading


def _close_but(kept: int) -> None:
    """Close whatever the engine's process did not keep to itself: programs would inherit it."""
    os.closerange(_STDERR + 1, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))


def _clear_low_numbers() -> None:
    """Occupy every low descriptor with nothing, so that what is opened later lies above."""
    while (fd := os.open("/dev/null", os.O_RDWR)) < _LOWEST_FD:
        pass
    os.close(fd)


def main(fd: int, grace: float) -> None:
    """Serve the engine at the other end of the socket `fd`; return when all is over."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    lifeline = Lifeline(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _LOWEST_FD))
    _close_but(lifeline.fileno())
    _clear_low_numbers()
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    supervisor = Supervisor(lifeline, _watch_children(), grace)
    try:
        supervisor.run()
    except BaseException:
        supervisor.abandon()
        raise
