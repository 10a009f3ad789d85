"""A bench to try a backend on, without an engine: works are made, reports are recorded."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, Unpack

from weftwork.codecs.arguments import encode_arguments
from weftwork.codecs.buffers import BufferShelf
from weftwork.core.commands import CancelReason
from weftwork.core.model import Attempt, ItemId
from weftwork.effects.clock import LoopClock
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.ports import (
    Backend,
    BackendSettings,
    Cancelled,
    Clock,
    Failed,
    Lost,
    Printed,
    Report,
    Started,
    Succeeded,
)
from weftwork.engine.site import Site
from weftwork.engine.work import Failure, FunctionWork, ProgramWork, Work
from weftwork.tasks.capture import capture
from weftwork.tasks.command import Launch
from weftwork.tasks.resources import Resources
from weftwork.tasks.stored import Stored
from weftwork.tasks.task import FunctionTask

End = Succeeded | Failed | Lost | Cancelled


class Recorder:
    """Keeps all reports in order, whatever thread they come from."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self._of: dict[Attempt, list[Report]] = {}
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def __call__(self, reports: Sequence[Report]) -> None:
        """Take reports. Any thread."""
        self._loop.call_soon_threadsafe(self._take, tuple(reports))

    def _take(self, reports: Sequence[Report]) -> None:
        self.reports += reports
        for report in reports:
            self.of(report.attempt).append(report)
        self._news.set()

    async def catch_up(self) -> None:
        """Wait until what was reported so far has arrived here."""
        arrived = self._loop.create_future()
        self._loop.call_soon_threadsafe(arrived.set_result, None)
        await arrived

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for reports until the condition holds."""
        while not condition():
            self._news.clear()
            await self._news.wait()

    def ends(self, attempt: Attempt) -> list[End]:
        """Return how an attempt ended: one, if the backend keeps its word."""
        return [report for report in self.of(attempt) if isinstance(report, End)]

    def of(self, attempt: Attempt) -> list[Report]:
        """Return what was reported of an attempt."""
        return self._of.setdefault(attempt, [])

    def forget(self) -> None:
        """Let go of what was reported so far, and of the values in it."""
        self.reports.clear()
        self._of.clear()

    def has_started(self, attempt: Attempt) -> bool:
        """Whether the attempt was reported to have begun."""
        return any(isinstance(report, Started) for report in self.of(attempt))

    def position(self, attempt: Attempt, kind: type[Report]) -> int | None:
        """Return how many reports came before the first of this kind on the attempt."""
        for at, report in enumerate(self.reports):
            if isinstance(report, kind) and report.attempt == attempt:
                return at
        return None


class Asked(TypedDict, total=False):
    """How a work is to be executed; see `FunctionWork`."""

    resources: Resources | None
    priority: int
    workspace: bool


@dataclass
class Bench:
    """An opened backend, and what it reports.

    Attributes:
        backend: The one that is tried.
        recorder: What it reported.
        site: Its ground.
        submitted: All works it was given.
    """

    backend: Backend
    recorder: Recorder
    site: Site
    submitted: list[Work] = field(default_factory=list[Work])
    _last: int = 0

    def call(
        self,
        task: FunctionTask[..., object],
        *args: object,
        kwargs: Mapping[str, object] | None = None,
        values: Sequence[object] = (),
        **asked: Unpack[Asked],
    ) -> FunctionWork:
        """Make a call as the engine does. Items among the arguments stand for `values`."""
        captured = capture(args, kwargs or {})
        by_value = self.backend.by_value
        arguments = encode_arguments(captured, self.shelf) if by_value else captured
        return FunctionWork(self.attempt(), task, arguments, values, **asked)

    def program(self, launch: Launch, resources: Resources | None = None) -> ProgramWork:
        """Make an attempt at a program as the engine does."""
        attempt = self.attempt()
        return ProgramWork(attempt, f"program[{attempt.item}]", launch, resources)

    def attempt(self) -> Attempt:
        """Return a new one."""
        self._last += 1
        return Attempt(ItemId(self._last), 1)

    @property
    def shelf(self) -> BufferShelf:
        """Where large values go."""
        return self.site.shelf

    def submit(self, *works: Work) -> list[Attempt]:
        """Hand works over."""
        self.submitted += works
        self.backend.submit(works)
        return [work.attempt for work in works]

    def cancel(self, *attempts: Attempt) -> None:
        """Ask for the ends of attempts."""
        self.backend.cancel(attempts, CancelReason.REQUEST)

    async def started(self, attempt: Attempt) -> None:
        """Wait until the attempt is reported to have begun."""
        await self.recorder.wait_until(lambda: self.recorder.has_started(attempt))

    async def wait_turns(self, count: int) -> None:
        """Let the loop turn."""
        for _ in range(count):
            await self.recorder.catch_up()

    async def end(self, attempt: Attempt) -> End:
        """Wait for the end of an attempt and return it."""
        await self.recorder.wait_until(lambda: bool(self.recorder.ends(attempt)))
        return self.recorder.ends(attempt)[0]

    async def run(self, work: Work) -> End:
        """Submit one work and wait for its end."""
        return await self.end(self.submit(work)[0])

    async def value(self, work: Work) -> object:
        """Submit one work, which must succeed; return its value as an object."""
        end = await self.run(work)
        assert isinstance(end, Succeeded), f"{work.label} did not succeed: {end}"
        return end.value.load() if isinstance(end.value, Stored) else end.value

    async def failure(self, work: Work) -> Failure:
        """Submit one work, which must fail; return how."""
        end = await self.run(work)
        assert isinstance(end, Failed), f"{work.label} did not fail: {end}"
        return end.failure

    def check_history(self) -> None:
        """Check what holds at the end of every history: starts, then ends, each once.

        A call that ends at once need not have been reported as started.
        """
        works = {work.attempt: work for work in self.submitted}
        reported = {report.attempt for report in self.recorder.reports}
        assert reported <= set(works), "there are reports on attempts that were never submitted"
        for attempt, work in works.items():
            ends = self.recorder.ends(attempt)
            assert len(ends) == 1, f"{work.label} ended {len(ends)} times: {ends}"
            kinds = [type(report) for report in self.recorder.of(attempt)]
            assert kinds.count(Started) <= 1, f"{work.label} was started more than once"
            after = kinds[kinds.index(type(ends[0])) + 1 :]
            assert set(after) <= {Printed}, f"{work.label} went on after its end: {after}"


@asynccontextmanager
async def opened(
    make: Callable[[Site], Backend],
    settings: BackendSettings | None = None,
    *,
    clock: Clock | None = None,
    seconds: float = 60.0,
) -> AsyncGenerator[Bench, None]:
    """Open a backend on the running loop; close it at the end.

    Args:
        make: The backend's factory.
        settings: What the engine was told.
        clock: The engine's; None: the loop's.
        seconds: How long all of it may take.
    """
    settings = settings or BackendSettings()
    clock = clock or LoopClock(asyncio.get_running_loop())
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as parent:
        site = Site(settings, clock, SessionDirectory(Path(parent)))
        backend = make(site)
        bench = Bench(backend, Recorder(), site)
        async with asyncio.timeout(seconds):
            await backend.open(bench.recorder)
            try:
                yield bench
            finally:
                await backend.close(settings.grace)
                await bench.recorder.catch_up()
                bench.shelf.close()
                site.directory.remove()
