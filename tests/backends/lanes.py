"""A lane of programs on its own, for tests."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from weftwork.backends.local.programs import ProgramLane
from weftwork.core.model import Attempt, ItemId
from weftwork.core.packing import Bundle, Grant
from weftwork.effects.clock import LoopClock
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.ports import BackendSettings, Failed, Report, Started, Succeeded
from weftwork.engine.site import Site
from weftwork.engine.work import Failure, ProgramWork
from weftwork.process.client import Supervisors
from weftwork.tasks.command import Launch
from weftwork.tasks.files import Record
from weftwork.tasks.resources import Resources

T = TypeVar("T")

FIRST = Attempt(ItemId(1), 1)
CORE = min(os.sched_getaffinity(0))


@dataclass
class Lane:
    """A lane of programs and what it reported."""

    lane: ProgramLane
    directory: Path
    reports: list[Report] = field(default_factory=list[Report])
    ended: list[Attempt] = field(default_factory=list[Attempt])
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def start(
        self,
        launch: Launch,
        resources: Resources | None = None,
        *,
        gpus: int = 0,
        number: int = 1,
    ) -> Attempt:
        attempt = Attempt(ItemId(number), 1)
        work = ProgramWork(attempt, f"melt[{number}]", launch, resources)
        self.lane.start(work, Grant("a", Bundle(), (CORE,), tuple(range(gpus))))
        return attempt

    async def wait(self, kind: type[T]) -> T:
        while True:
            for report in self.reports:
                if isinstance(report, kind):
                    return report
            self.news.clear()
            await self.news.wait()

    async def run(
        self, launch: Launch, resources: Resources | None = None, *, number: int = 1
    ) -> Report:
        attempt = self.start(launch, resources, number=number)
        while attempt not in self.ended or not self.reports or self._is_going_on:
            self.news.clear()
            await self.news.wait()
        return self.reports[-1]

    @property
    def _is_going_on(self) -> bool:
        return isinstance(self.reports[-1], Started) or self.reports[-1].attempt != self.ended[-1]

    async def succeed(
        self, launch: Launch, resources: Resources | None = None, *, number: int = 1
    ) -> Record:
        report = await self.run(launch, resources, number=number)
        assert isinstance(report, Succeeded), report
        assert isinstance(report.value, Record)
        return report.value

    async def fail(self, launch: Launch, resources: Resources | None = None) -> Failure:
        report = await self.run(launch, resources)
        assert isinstance(report, Failed), report
        return report.failure


@asynccontextmanager
async def opened(parent: Path, settings: BackendSettings) -> AsyncGenerator[Lane, None]:
    supervisors = Supervisors(grace=settings.grace)
    site = Site(settings, LoopClock(asyncio.get_running_loop()), SessionDirectory(parent))

    def hear(reports: object) -> None:
        assert isinstance(reports, list)
        here.reports += reports
        here.news.set()

    def end(attempt: Attempt) -> None:
        here.ended.append(attempt)
        here.news.set()

    here = Lane(
        ProgramLane(supervisors, site, hear, ["GPU-a", "GPU-b"], end), site.directory.make()
    )
    try:
        yield here
    finally:
        await here.lane.close(settings.grace)
        await supervisors.close()
