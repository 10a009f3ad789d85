"""The watchdog names the line that holds the loop, and lets an idle engine sleep."""

import asyncio
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from weftwork.session.watchdog import Watchdog, user_frame

HERE = Path(__file__).name
PATIENCE = 30.0


def test_the_line_that_holds_the_loop_is_named_while_it_holds_it() -> None:
    told = threading.Event()
    sentences: list[str] = []

    def tell(sentence: str) -> None:
        sentences.append(sentence)
        told.set()

    async def hold() -> bool:
        watchdog = Watchdog(asyncio.get_running_loop(), tell, limit=0.02)
        watchdog.beat()
        try:
            return told.wait(PATIENCE)  # The line that holds it, until it was named.
        finally:
            watchdog.close()

    assert asyncio.run(hold())
    assert len(sentences) == 1
    assert HERE in sentences[0]
    assert "in hold has held the engine's loop for 0.02 s: make it a @ww.task" in sentences[0]


class TellingEvent(threading.Event):
    """An event that says on the loop that it was set."""

    def __init__(self, was_set: asyncio.Event) -> None:
        super().__init__()
        self.was_set = was_set

    def set(self) -> None:
        super().set()
        self.was_set.set()


def test_who_holds_the_loop_after_its_last_sign_of_life_is_named_too() -> None:
    told = threading.Event()

    async def hold() -> bool:
        watchdog = Watchdog(asyncio.get_running_loop(), lambda _: told.set(), limit=0.02)
        answered = asyncio.Event()
        watchdog._alive = TellingEvent(answered)
        watchdog.beat()
        try:
            await answered.wait()
            return told.wait(PATIENCE)  # A block's body that begins after the engine's turn.
        finally:
            watchdog.close()

    assert asyncio.run(hold())


def test_closing_does_not_wait_for_a_loop_that_never_was_asked() -> None:
    async def main() -> None:
        Watchdog(asyncio.get_running_loop(), print, limit=PATIENCE).close()

    asyncio.run(main())
    assert not [thread for thread in threading.enumerate() if thread.name == "weftwork-watchdog"]


class SlowEvent(threading.Event):
    """An event before whose next `clear` something else happens first."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], None] | None = None

    def clear(self) -> None:
        before, self.before = self.before, None
        if before is not None:
            before()
        super().clear()


def test_closing_at_the_moment_at_which_the_watchdog_dozes_off_ends_it() -> None:
    async def main() -> None:
        watchdog = Watchdog(asyncio.get_running_loop(), print, limit=0.02)
        armed = watchdog._armed = SlowEvent()
        dozing = asyncio.Event()
        loop = asyncio.get_running_loop()

        def close_meanwhile() -> None:
            # What `close` does but for the join, which would wait for this very thread.
            watchdog._stop.set()
            armed.set()
            watchdog._alive.set()
            loop.call_soon_threadsafe(dozing.set)

        armed.before = close_meanwhile
        watchdog.beat()
        await asyncio.wait_for(dozing.wait(), PATIENCE)
        thread = watchdog._thread
        assert thread is not None
        thread.join(PATIENCE)
        assert not thread.is_alive()

    asyncio.run(main())


def test_generated_code_is_not_named_but_who_called_it() -> None:
    @dataclass
    class Held:
        # The frame of the `__init__` that `dataclass` has generated.
        place: str | None = field(default_factory=lambda: user_frame(sys._getframe(1)))

    assert "in test_generated_code_is_not_named_but_who_called_it" in str(Held().place)
