"""The way in, and when it is closed."""

import asyncio
import threading

from weftwork.engine.inbox import Inbox


def test_what_comes_after_the_end_is_refused_at_once_in_whatever_thread() -> None:
    refused: list[object] = []

    async def main() -> Inbox:
        def refuse() -> None:
            while inbox.entries:
                refused.append(inbox.entries.popleft())

        inbox = Inbox(asyncio.get_running_loop(), lambda: None)
        inbox.put("early")
        inbox.close(refuse)
        assert refused == ["early"]
        inbox.put("late")
        return inbox

    inbox = asyncio.run(main())
    assert refused == ["early", "late"]
    other = threading.Thread(target=inbox.put_all, args=[["from a thread", "whose loop is closed"]])
    other.start()
    other.join()
    assert refused[2:] == ["from a thread", "whose loop is closed"]
