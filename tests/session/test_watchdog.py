"""The watchdog names the line that holds the loop, and lets an idle engine sleep."""

import asyncio
import threading
from pathlib import Path

from weftwork.session.watchdog import Watchdog

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


def test_closing_does_not_wait_for_a_loop_that_never_was_asked() -> None:
    async def main() -> None:
        Watchdog(asyncio.get_running_loop(), print, limit=PATIENCE).close()

    asyncio.run(main())
    assert not [thread for thread in threading.enumerate() if thread.name == "weftwork-watchdog"]
