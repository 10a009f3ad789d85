"""The engine's side of its supervisors: start programs, hear of their ends, end them.

Everything happens on the loop that first calls; no threads. Orders of one turn travel together.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextvars import Context
from pathlib import Path
from typing import TypeVar

from weftwork.effects.processes import unique_name
from weftwork.process.link import Link, close_all
from weftwork.process.spawn import End, Spawn, end_of, start_order
from weftwork.process.supervisor.messages import MARK, Ended, Hunt, Kill, News, Started, Sweep

__all__ = ["End", "Spawn", "Supervisors"]

T = TypeVar("T")

_CROWD = 64
"""So many programs alive, or started within `_RUSH` seconds, want another supervisor."""
_RUSH = 0.25
_DEAD_ON_ARRIVAL = 3
"""How many supervisors in a row may die before they said a word."""
_LAST_WAIT = 3.0
"""Seconds beyond the grace that closing waits for processes that cannot be killed."""


class _Program:
    __slots__ = ("mark", "on_end", "on_started", "pid")

    def __init__(
        self, mark: bytes, on_end: Callable[[End], None], on_started: Callable[[int], None] | None
    ) -> None:
        self.mark = mark
        self.on_end = on_end
        self.on_started = on_started
        self.pid = 0


class Supervisors:
    """The supervisors of one engine: one process, a second one when much is going on.

    Args:
        grace: Seconds between TERM and KILL for what programs leave behind or lose.
        most: How many supervisors to use at most.
    """

    def __init__(self, *, grace: float = 2.0, most: int = 2) -> None:
        self._grace = grace
        self._most = most
        outer = os.environ.get(os.fsdecode(MARK))
        # An engine within a program of another engine: its programs are that one's, too.
        self._name = f"{outer}/{unique_name()}" if outer else unique_name()
        self._links: dict[Link, dict[str, _Program]] = {}
        self._where: dict[str, Link] = {}
        self._dead_on_arrival = 0
        self._recent = 0
        self._recent_since = 0.0
        self._to_sweep: list[Path] = []
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """The supervisors' own process numbers."""
        return [link.pid for link in self._links]

    async def start(self) -> None:
        """Start the first supervisor now rather than with the first program.

        Raises:
            OSError: This machine has no room for it.
        """
        if not self._links:
            self._open()

    def spawn(
        self,
        spawn: Spawn,
        on_end: Callable[[End], None],
        on_started: Callable[[int], None] | None = None,
    ) -> None:
        """Start a program. Nothing is raised: `on_end` is called exactly once, whatever happens.

        Args:
            spawn: What to start.
            on_end: Called on the loop, never from within. After `kill` it is called only when
                nothing is left of the program and all that came of it.
            on_started: Called with the pid before `on_end`, if the program was started.
        """
        mark = os.fsencode(f"{self._name}:{spawn.token}")
        soon = asyncio.get_running_loop().call_soon
        if self._closed:
            soon(on_end, End("not_started", message="the engine is closing"))
            return
        try:
            order = start_order(spawn, mark)
        except UnicodeError as error:
            soon(on_end, End("bad_input", message=f"it cannot be told to the system: {error}"))
            return
        fds: list[int] = []
        try:
            link = self._choose()
            fds += map(os.dup, spawn.fds)
        except OSError as error:
            close_all(fds)
            soon(on_end, End("exhausted", message=f"no supervisor can be started: {error}"))
            return
        link.send(order, fds)
        self._links[link][spawn.token] = _Program(mark, on_end, on_started)
        self._where[spawn.token] = link

    def kill(self, token: str, grace: float | None = None) -> None:
        """End the program and all that came of it: TERM, then KILL after `grace` seconds.

        Unknown tokens are ignored. A later call may only shorten the grace.
        """
        link = self._where.get(token)
        if link is not None:
            link.send(Kill(token, self._grace if grace is None else grace))

    def sweep(self, directory: Path) -> None:
        """Have `directory` removed if this process dies without a chance to do it."""
        self._to_sweep.append(directory)
        for link in self._links:
            link.send(Sweep(os.fsencode(directory)))

    async def close(self, grace: float | None = None) -> None:
        """End everything, TERM first, KILL after `grace` seconds, and the supervisors with it."""
        self._closed = True
        grace = self._grace if grace is None else grace
        links = list(self._links)
        for link in links:
            link.finish(grace)
        waits = [asyncio.ensure_future(link.gone.wait()) for link in links]
        if waits:
            _, late = await asyncio.wait(waits, timeout=grace + _LAST_WAIT)
            for wait in late:
                wait.cancel()
        for link in links:
            link.abandon()

    def _choose(self) -> Link:
        if not self._links or (len(self._links) < self._most and self._is_busy()):
            return self._open()
        return min(self._links, key=lambda link: len(self._links[link]))

    def _is_busy(self) -> bool:
        self._recent += 1
        if self._recent < _CROWD:
            return len(self._where) >= _CROWD
        now = asyncio.get_running_loop().time()
        rush = now - self._recent_since < _RUSH
        self._recent, self._recent_since = 0, now
        return rush

    def _open(self) -> Link:
        # An empty context: what is heard later is not the work of whoever asked first.
        link = Context().run(Link, self._grace, self._hear, self._lose)
        self._links[link] = {}
        for directory in self._to_sweep:
            link.send(Sweep(os.fsencode(directory)))
        return link

    def _hear(self, link: Link, news: Sequence[News]) -> None:
        self._dead_on_arrival = 0
        programs = self._links[link]
        for message in news:
            match message:
                case Started(token, pid):
                    if (program := programs.get(token)) is not None:
                        program.pid = pid
                        if program.on_started is not None:
                            self._call(program.on_started, pid)
                case Ended():
                    self._end(link, message)

    def _end(self, link: Link, ended: Ended) -> None:
        program = self._links[link].pop(ended.token, None)
        if program is None:
            return
        del self._where[ended.token]
        end = end_of(ended)
        if ended.kind == "lost":
            end = end._replace(message=f"the supervisor of process {program.pid} was killed")
        self._call(program.on_end, end)

    def _call(self, callback: Callable[[T], None], news: T) -> None:
        """Pass on news; what goes wrong there must not keep the next ones from others."""
        try:
            callback(news)
        except Exception as error:  # noqa: BLE001 - said by the loop, as of its own callbacks
            context = {"message": "an end or start could not be told", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    def _lose(self, link: Link) -> None:
        """A supervisor is dead: have another one end what it left."""
        programs = self._links.pop(link)
        if not programs:
            return
        self._dead_on_arrival += 1
        successor = self._successor()
        for token, program in programs.items():
            if successor is None:
                del self._where[token]
                self._call(program.on_end, End("lost", message="its supervisor was killed"))
            else:
                self._links[successor][token] = program
                self._where[token] = successor
                successor.send(Hunt(token, program.mark, program.pid, self._grace))

    def _successor(self) -> Link | None:
        if self._links:
            return next(iter(self._links))
        if self._closed or self._dead_on_arrival > _DEAD_ON_ARRIVAL:
            return None
        try:
            return self._open()
        except OSError:
            return None
