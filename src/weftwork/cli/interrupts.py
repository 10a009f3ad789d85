"""Signals during `weft run`: end the run gently, then at once, then leave."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from types import FrameType, TracebackType
from typing import NoReturn, Self

from weftwork.cli.codes import ExitCode
from weftwork.engine.stream import StreamEvent
from weftwork.session.defaults import RunningEngine

_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HANGUP,
}
_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}
_SHOW_CURSOR = b"\x1b[?25h\n"


class Interrupts:
    """Signal handlers for the time of a `with`: the first ends all tasks, the second kills them.

    The third ends this process on the spot; what it leaves behind dies by itself, for it hangs on
    a pipe to this process.

    Args:
        say: Tells the user.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.code: ExitCode | None = None
        """The exit code for the first signal; None as long as there was none."""
        self._say = say
        self._count = 0
        self._engines: list[tuple[RunningEngine, asyncio.AbstractEventLoop]] = []
        self._body: tuple[asyncio.Task[object], asyncio.AbstractEventLoop] | None = None
        self._kills: list[Future[None]] = []
        self._former: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        for number in _CODES:
            self._former[number] = signal.getsignal(number)
            signal.signal(number, self._receive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def watch(self, engine: RunningEngine) -> None:
        """Have this engine ended, too."""

        def note_loop(_: Sequence[StreamEvent]) -> None:
            leave()
            self._engines.append((engine, asyncio.get_running_loop()))

        leave = engine.subscribe(note_loop)

    async def guard(self, body: Coroutine[object, object, object]) -> object:
        """Await the body, which the first signal cancels."""
        task = asyncio.ensure_future(body)
        self._body = (task, asyncio.get_running_loop())
        try:
            return await task
        finally:
            self._body = None

    def _receive(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._count += 1
        sort = signal.Signals(number)
        if self.code is None:
            self.code = _CODES[sort]
        if self._count == 1:
            self._end(_NAMES[sort])
        elif self._count == 2:  # noqa: PLR2004 - once, twice, three times
            self._kill()
        else:
            _leave(self.code)

    def _end(self, name: str) -> None:
        self._say(f"{name}: ending the tasks; again: kill them; a third time: leave at once")
        for engine, loop in self._engines:
            _call(loop, partial(engine.cancel, reason=f"stopped by {name}"))
        if self._body is None:
            # A function without a loop runs here, in the main thread.
            raise KeyboardInterrupt
        body, loop = self._body
        _call(loop, body.cancel)

    def _kill(self) -> None:
        self._say("killing the tasks")
        for engine, loop in self._engines:
            if not loop.is_closed():
                self._kills.append(asyncio.run_coroutine_threadsafe(engine.kill(), loop))


def _leave(code: ExitCode) -> NoReturn:
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), _SHOW_CURSOR if sys.stderr.isatty() else b"")
    os._exit(code)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], object]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function)
