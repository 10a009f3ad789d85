"""How calls of functions are ordered and ended."""

import asyncio
import os
from pathlib import Path

import pytest

from weftwork.engine.ports import Cancelled, Succeeded
from weftwork.tasks.resources import Resources
from weftwork.tasks.task import FunctionTask
from weftwork.testing import bodies
from weftwork.testing.bench import Bench
from weftwork.testing.contract.base import BackendContract


class ControlContract(BackendContract):
    """How calls are ordered and ended.

    Attributes:
        ends_running_functions: Whether a function that runs, and does not await, can be ended.
        runs_on_the_loop: Whether nothing else happens while a function runs.
    """

    ends_running_functions = False
    runs_on_the_loop = False

    def test_a_waiting_body_is_cancelled(self, tmp_path: Path) -> None:
        """The end comes after its own clean-up."""
        fifo, note = tmp_path / "fifo", tmp_path / "note"
        os.mkfifo(fifo)

        async def scenario(bench: Bench) -> None:
            (attempt,) = bench.submit(bench.call(bodies.clean_up, str(fifo), str(note)))
            await asyncio.to_thread(fifo.read_bytes)
            bench.cancel(attempt)
            bench.cancel(attempt)
            assert isinstance(await bench.end(attempt), Cancelled)
            assert await asyncio.to_thread(note.read_text) == "cleaned"

        self.run(scenario)

    def test_a_result_may_beat_the_cancellation(self, tmp_path: Path) -> None:
        """A body that answers a cancellation by a result has succeeded."""
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)

        async def scenario(bench: Bench) -> None:
            (attempt,) = bench.submit(bench.call(bodies.refuse_to_end, str(fifo), 5))
            await asyncio.to_thread(fifo.read_bytes)
            bench.cancel(attempt)
            end = await bench.end(attempt)
            assert isinstance(end, Succeeded)
            assert end.value == 5

        self.run(scenario)

    def test_a_queued_call_is_cancelled_before_it_starts(self) -> None:
        """What waits for resources leaves at once."""

        async def scenario(bench: Bench) -> None:
            whole = Resources(threads=max(1, bench.backend.capacity.cores))
            holder, waiting = bench.submit(
                bench.call(bodies.wait_for_ever, resources=whole),
                bench.call(bodies.add, 1, 2, resources=whole),
            )
            await bench.started(holder)
            assert bench.backend.why(waiting)
            bench.cancel(waiting)
            assert isinstance(await bench.end(waiting), Cancelled)
            assert not bench.recorder.has_started(waiting)
            assert not bench.recorder.ends(holder)
            bench.cancel(holder)
            assert isinstance(await bench.end(holder), Cancelled)

        self.run(scenario)

    def test_a_running_function_ends_as_far_as_it_can_be_ended(self, tmp_path: Path) -> None:
        """By the death of its process; or when it returns, and then it has succeeded."""
        if self.runs_on_the_loop:
            pytest.skip("while a function runs on the engine's loop, nobody can cancel it")
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)

        async def scenario(bench: Bench) -> None:
            (attempt,) = bench.submit(bench.call(bodies.wait_for_writer, str(fifo)))
            await bench.started(attempt)
            bench.cancel(attempt)
            assert bench.backend.why(attempt)
            if self.ends_running_functions:
                assert isinstance(await bench.end(attempt), Cancelled)
            else:
                await asyncio.to_thread(fifo.write_bytes, b"enough")
                assert isinstance(await bench.end(attempt), Succeeded)
            assert await bench.value(bench.call(bodies.add, 1, 2)) == 3

        self.run(scenario)

    def test_the_more_urgent_starts_first(self) -> None:
        """Of those that wait; equal ones in the order they came."""

        async def scenario(bench: Bench) -> None:
            whole = Resources(threads=max(1, bench.backend.capacity.cores))
            (holder,) = bench.submit(bench.call(bodies.wait_for_ever, resources=whole))
            await bench.started(holder)
            attempts = bench.submit(
                *(
                    bench.call(bodies.add, 1, resources=whole, priority=priority)
                    for priority in (0, 0, 5, 9, 5)
                )
            )
            bench.cancel(holder)
            for attempt in attempts:
                await bench.end(attempt)
            # One at a time, so that they end in the order in which they started.
            ended = [
                attempts.index(report.attempt)
                for report in bench.recorder.reports
                if isinstance(report, Succeeded)
            ]
            assert ended == [3, 2, 4, 0, 1]

        self.run(scenario)

    def test_calls_end_once_whenever_they_are_cancelled(self) -> None:
        """While they wait, start, run and end."""

        async def scenario(bench: Bench) -> None:
            tasks: list[FunctionTask[..., object]] = [
                bodies.add,
                bodies.add_later,
                bodies.fail,
                bodies.fail_later,
            ]
            for step in range(1, 6):
                works = [bench.call(tasks[number % 4], number) for number in range(40)]
                attempts = bench.submit(*works)
                for attempt in attempts[::step]:
                    bench.cancel(attempt)
                    await bench.wait_turns(1)
                for attempt in attempts:
                    await bench.end(attempt)

        self.run(scenario)

    def test_closing_ends_everything(self) -> None:
        """What runs and what waits, each with a report."""

        async def scenario(bench: Bench) -> None:
            whole = Resources(threads=max(1, bench.backend.capacity.cores))
            attempts = bench.submit(
                *(bench.call(bodies.wait_for_ever, resources=whole) for _ in range(3)),
                *(bench.call(bodies.wait_for_ever) for _ in range(3)),
            )
            await bench.recorder.wait_until(
                lambda: any(bench.recorder.has_started(attempt) for attempt in attempts)
            )
            await bench.backend.close(self.settings.grace)
            for attempt in attempts:
                assert isinstance(await bench.end(attempt), Cancelled)

        self.run(scenario)
