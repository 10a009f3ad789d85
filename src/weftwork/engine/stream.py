"""What an engine tells its users while it runs: typed events, delivered in batches.

They are tuples with names, because there are three of each item: a frozen dataclass takes four
times as long to make.

`at` is seconds on the engine's clock (`time.monotonic` in real life); `item` is the running number
of an item in its engine, `task` the name of what it runs.
"""

import asyncio
import logging
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from weftwork.core.model import TaskState
from weftwork.engine.ports import Capacity

Kind = str
Outcome = Literal["succeeded", "failed", "lost", "cancelled"]


class EngineOpened(NamedTuple):
    """The engine takes calls.

    Attributes:
        at: When.
        backend: Name of the default backend.
        workers: Functions that may run at once; None is unbounded.
        capacity: What the default backend can give at once.
    """

    at: float
    backend: str
    workers: int | None
    capacity: Capacity


class TaskAdded(NamedTuple):
    """A task or block was called.

    Attributes:
        at: When.
        item: Its number.
        task: Its name.
        kind: What it is.
        inputs: Numbers of the items it waits for or received, each once.
        group: The block run it was called in; 0: the engine itself.
    """

    at: float
    item: int
    task: str
    kind: Kind
    inputs: tuple[int, ...] = ()
    group: int = 0


class TaskStarted(NamedTuple):
    """Attempt number `attempt` (from 1) began to execute."""

    at: float
    item: int
    task: str
    attempt: int


class AttemptEnded(NamedTuple):
    """An attempt no longer executes; `message` says why unless it succeeded, else is empty."""

    at: float
    item: int
    task: str
    attempt: int
    outcome: Outcome
    message: str


class TaskSettled(NamedTuple):
    """The item is final.

    Attributes:
        at: When.
        item: Its number.
        task: Its name.
        state: One of `FINAL`.
        message: For what did not succeed, one sentence: why. Else empty.
        logs: Directory of what the deciding attempt printed, if it is kept.
    """

    at: float
    item: int
    task: str
    state: TaskState
    message: str = ""
    logs: Path | None = None


class TaskPrinted(NamedTuple):
    """The body of a function printed `text`: whole lines, without the last newline."""

    at: float
    item: int
    task: str
    text: str


class Notice(NamedTuple):
    """Something a user should know that concerns no single item, in one sentence."""

    at: float
    message: str


class EngineClosed(NamedTuple):
    """Everything has ended; the last event of a stream."""

    at: float


StreamEvent = (
    EngineOpened
    | TaskAdded
    | TaskStarted
    | AttemptEnded
    | TaskSettled
    | TaskPrinted
    | Notice
    | EngineClosed
)
Callback = Callable[[Sequence[StreamEvent]], None]

_logger = logging.getLogger("weftwork")


class Feed:
    """An async iterator over events as they come. Made by `Stream.events`.

    It may be read by one task, on any loop. It keeps the latest `limit` unread events: what falls
    out is counted and told by a `Notice` in its place.
    """

    def __init__(self, limit: int) -> None:
        self._events: deque[StreamEvent] = deque()
        self._limit = limit
        self._dropped = 0
        self._closed = False
        self._lock = threading.Lock()
        self._waiter: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def put(self, events: Sequence[StreamEvent]) -> None:
        """Take in events. Called by the stream, from any thread."""
        with self._lock:
            self._events.extend(events)
            while len(self._events) > self._limit:
                self._events.popleft()
                self._dropped += 1
        self._wake()

    def close(self) -> None:
        """End the iteration after what is still unread."""
        self._closed = True
        self._wake()

    def __aiter__(self) -> "Feed":
        return self

    async def __anext__(self) -> StreamEvent:
        while True:
            more = asyncio.Event()
            self._waiter = (asyncio.get_running_loop(), more)
            event = self._take()
            if event is not None:
                return event
            if self._closed:
                raise StopAsyncIteration
            await more.wait()

    def _take(self) -> StreamEvent | None:
        with self._lock:
            if not self._events:
                return None
            if self._dropped:
                count, self._dropped = self._dropped, 0
                return Notice(
                    self._events[0].at,
                    f"{count} events were dropped here, because they were not read quickly enough",
                )
            return self._events.popleft()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is None:
            return
        self._waiter = None
        loop, more = waiter
        if not loop.is_closed():
            loop.call_soon_threadsafe(more.set)


class Stream:
    """Where an engine publishes its events. `publish` is called by one thread at a time.

    Args:
        limit: Unread events that each async iterator keeps.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._callbacks: tuple[Callback, ...] = ()
        self._feeds: weakref.WeakSet[Feed] = weakref.WeakSet()
        self._closed = False
        self._lock = threading.Lock()

    @property
    def wanted(self) -> bool:
        """Whether anybody listens; without listeners no event need be built."""
        return bool(self._callbacks) or bool(self._feeds)

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Have `callback` called with each batch, on the engine's loop, and return the way out.

        It must return quickly. One that raises is logged and not called again.
        """
        with self._lock:
            self._callbacks = (*self._callbacks, callback)
        return lambda: self._drop(callback)

    def events(self) -> Feed:
        """Return an async iterator over what is published from now on; it ends at `close`.

        An iterator that nobody refers to any more costs nothing.
        """
        feed = Feed(self._limit)
        with self._lock:
            self._feeds.add(feed)
            if self._closed:
                feed.close()
        return feed

    def publish(self, events: Sequence[StreamEvent]) -> None:
        """Deliver one batch to everybody who listens."""
        for callback in self._callbacks:
            try:
                callback(events)
            except Exception:
                self._drop(callback)
                _logger.exception("a subscriber to engine events failed and is not called again")
        for feed in self._open_feeds():
            feed.put(events)

    def close(self) -> None:
        """End all iterators after what they have not read yet."""
        self._closed = True
        for feed in self._open_feeds():
            feed.close()

    def _open_feeds(self) -> tuple[Feed, ...]:
        with self._lock:
            return tuple(self._feeds)

    def _drop(self, callback: Callback) -> None:
        with self._lock:
            self._callbacks = tuple(one for one in self._callbacks if one is not callback)
