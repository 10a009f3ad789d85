"""What every backend must do, whatever it runs."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from weftwork.core.model import Attempt, ItemId
from weftwork.engine.ports import Backend, BackendSettings, Succeeded
from weftwork.engine.site import Site
from weftwork.tasks.resources import Resources
from weftwork.testing import bodies
from weftwork.testing.bench import Bench, opened

_MANY = 1000


class BackendContract:
    """What holds for every backend, whatever it runs.

    Attributes:
        settings: What the engine under which it is tried was told.
        seconds: How long each test may take.
    """

    settings = BackendSettings(grace=1.0)
    seconds = 60.0

    def make(self, site: Site) -> Backend:
        """Return a new backend, not opened."""
        raise NotImplementedError("a subclass of BackendContract must define make(self, site)")

    @asynccontextmanager
    async def bench(self) -> AsyncGenerator[Bench, None]:
        """Open the backend; at the end, check what holds for every history."""
        async with opened(self.make, self.settings, seconds=self.seconds) as bench:
            yield bench
        bench.check_history()

    def run(self, scenario: Callable[[Bench], Awaitable[None]]) -> None:
        """Play a scenario on a fresh backend."""

        async def main() -> None:
            async with self.bench() as bench:
                await scenario(bench)

        asyncio.run(main())

    def test_many_calls_each_end_once(self) -> None:
        """A thousand calls in one batch."""

        async def scenario(bench: Bench) -> None:
            works = [bench.call(bodies.add, number, 1) for number in range(_MANY)]
            for attempt in bench.submit(*works):
                assert isinstance(await bench.end(attempt), Succeeded)

        self.run(scenario)

    def test_unknown_and_ended_attempts_are_not_cancelled(self) -> None:
        """Orders that come too late, or for nobody, change nothing."""

        async def scenario(bench: Bench) -> None:
            bench.cancel(Attempt(ItemId(987_654), 3))
            work = bench.call(bodies.add, 1, 2)
            assert isinstance(await bench.run(work), Succeeded)
            bench.cancel(work.attempt, work.attempt)
            assert isinstance(await bench.run(bench.call(bodies.add, 1, 2)), Succeeded)
            assert {report.attempt for report in bench.recorder.reports} == {
                Attempt(ItemId(1), 1),
                Attempt(ItemId(2), 1),
            }

        self.run(scenario)

    def test_closing_twice_is_harmless(self) -> None:
        """And so is closing with nothing done."""

        async def scenario(bench: Bench) -> None:
            await bench.backend.close(self.settings.grace)

        self.run(scenario)

    def test_it_says_what_it_has(self) -> None:
        """A name, and a capacity that makes sense."""

        async def scenario(bench: Bench) -> None:
            assert bench.backend.name
            capacity = bench.backend.capacity
            assert capacity.cores >= 0
            assert capacity.workers is None or capacity.workers >= 1
            assert bench.backend.refuse(Resources()) is None

        self.run(scenario)
