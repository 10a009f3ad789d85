"""An event loop on a thread of its own, for engines that are used from synchronous code."""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

_PATIENCE = 1.0
"""Seconds for asyncio tasks that users left behind to see that they are cancelled."""

_logger = logging.getLogger("weftwork")


class LoopThread:
    """A running loop that any thread may hand coroutines to."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="weftwork-engine", daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[object, object, T]) -> T:
        """Run a coroutine on the loop and return its result. Not from the loop's own thread."""
        return self.start(work).result()

    def start(self, work: Coroutine[object, object, T]) -> "Future[T]":
        """Start a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        """End the loop and its thread."""
        self._is_stopping = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            while not self._is_stopping:
                self._run_on()
            self._cancel_what_is_left()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    def _run_on(self) -> None:
        try:
            self._loop.run_forever()
        except BaseException:
            # SystemExit or the like out of a callback or asyncio task of the user's, which asyncio
            # lets through: it would end this thread, not the program, and all would wait for ever.
            _logger.exception("something on the engine's loop tried to end the program")

    def _cancel_what_is_left(self) -> None:
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left, timeout=_PATIENCE))
