"""Names the line of user code that holds the engine's loop."""

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

_logger = logging.getLogger("weftwork")
_OURS = str(Path(__file__).parent.parent)
_STDLIB = str(Path(threading.__file__).parent)
_ASYNCIO = str(Path(asyncio.__file__).parent)


class Watchdog:
    """A thread that asks the loop for a sign of life while the engine is active.

    It is parked while nothing happens, so that an idle engine has no wake-ups.

    Args:
        loop: The engine's loop; made on its thread.
        tell: Given one sentence; called on the watchdog's thread, once per hold.
        limit: Seconds without a sign that are reported.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, tell: Callable[[str], None], limit: float = 1.0
    ) -> None:
        self._loop, self._tell, self._limit = loop, tell, limit
        self._loop_thread = threading.get_ident()
        self._armed = threading.Event()
        self._alive = threading.Event()
        self._stop = threading.Event()
        self._active = False
        self._thread: threading.Thread | None = None

    def beat(self) -> None:
        """Note that the engine is active. Called once per turn, on the loop."""
        self._active = True
        if not self._armed.is_set():
            self._armed.set()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._watch, name="weftwork-watchdog", daemon=True
                )
                self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._armed.set()
        self._alive.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while True:
            self._armed.wait()
            was_active, self._active = self._active, False
            self._alive.clear()
            # After the clear, before the wait: `close` sets the two in the other order.
            if self._stop.is_set() or not self._ask():
                return
            if not self._alive.wait(self._limit):
                self._report()
                self._alive.wait()
            if self._stop.wait(self._limit / 4):
                return
            # One more round after the last activity: what it woke may hold the loop next.
            if not (was_active or self._active):
                self._armed.clear()
                # Either may have come just before the clear, which undid its `set`.
                if self._active or self._stop.is_set():
                    self._armed.set()

    def _ask(self) -> bool:
        try:
            self._loop.call_soon_threadsafe(self._alive.set)
        except RuntimeError:  # The loop was closed under us.
            return False
        return True

    def _report(self) -> None:
        frame = sys._current_frames().get(self._loop_thread)
        if self._stop.is_set() or frame is None:
            return
        place = user_frame(frame)
        if place is not None:
            self._tell(
                f"{place} has held the engine's loop for {self._limit:g} s: make it a @ww.task, "
                "or await something there"
            )


def user_frame(frame: FrameType) -> str | None:
    """Return "file:line in function" of the innermost frame that is the user's own.

    None where the loop itself, the engine or a library called by neither holds the thread.
    """
    for entry, line in traceback.walk_stack(frame):
        name = entry.f_code.co_filename
        if name.startswith(_ASYNCIO) and entry.f_code.co_name == "_run_once":
            return None
        if _is_written(entry, name) and not name.startswith((_OURS, _STDLIB)):
            return f"{name}:{line} in {entry.f_code.co_name}"
    return None


def _is_written(frame: FrameType, name: str) -> bool:
    """Whether a user or one of us wrote this code, which neither is a library nor generated."""
    if name == "<string>":
        # What `dataclass` and `namedtuple` generate has such a name, but so has `python -c`.
        return frame.f_globals.get("__name__") == "__main__"
    return "site-packages" not in name and not name.startswith("<frozen")
