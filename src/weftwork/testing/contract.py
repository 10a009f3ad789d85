"""What every backend must do, as pytest classes to subclass.

    from weftwork.testing.contract import FunctionContract, ProgramContract

    class TestMyBackend(FunctionContract, ProgramContract):
        ends_running_functions = True

        def make(self, site):
            return my_backend(site)

No engine takes part: works are submitted to the port, and what it reports is looked at.
"""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from weftwork.core.model import Attempt, Cause, ItemId
from weftwork.engine.ports import (
    Backend,
    BackendSettings,
    Cancelled,
    Started,
    Succeeded,
)
from weftwork.engine.site import Site
from weftwork.errors import ScopeError
from weftwork.tasks.command import Launch
from weftwork.tasks.files import Out, Record
from weftwork.tasks.resources import Resources
from weftwork.testing import bodies
from weftwork.testing.bench import Bench, opened

_MANY = 1000
_LARGE = 3_000_000


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


class FunctionContract(BackendContract):
    """What holds for backends that run Python functions.

    Attributes:
        ends_running_functions: Whether a function that runs, and does not await, can be ended.
        runs_on_the_loop: Whether nothing else happens while a function runs.
        is_one_machine: Whether requests beyond any machine are refused.
    """

    ends_running_functions = False
    runs_on_the_loop = False
    is_one_machine = True

    def test_values_come_back(self) -> None:
        """Of plain and asynchronous functions."""

        async def scenario(bench: Bench) -> None:
            assert await bench.value(bench.call(bodies.add, 1, 2)) == 3
            assert await bench.value(bench.call(bodies.add, 1, kwargs={"b": 2.5})) == 3.5
            assert await bench.value(bench.call(bodies.add_later, 3, 4)) == 7

        self.run(scenario)

    def test_inputs_take_their_places_however_deep(self) -> None:
        """One input twice, in a list, a dict, and by keyword."""
        a, b = bodies.add(0), bodies.add(1)

        async def scenario(bench: Bench) -> None:
            assert await bench.value(bench.call(bodies.add, a, a, values=[5])) == 10
            nested = bench.call(
                bodies.combine, [a, [b, {"k": a}]], kwargs={"named": {"x": b}}, values=[5, 7]
            )
            assert await bench.value(nested) == [5, [7, {"k": 5}], 7]

        self.run(scenario)

    def test_large_values_go_both_ways(self) -> None:
        """Also as the input of the next call, in the form in which the first was reported."""
        first = bodies.repeat(0, 0)

        async def scenario(bench: Bench) -> None:
            end = await bench.run(bench.call(bodies.repeat, 7, _LARGE))
            assert isinstance(end, Succeeded)
            next_call = bench.call(bodies.size_of, first, values=[end.value])
            assert await bench.value(next_call) == _LARGE
            assert await bench.value(bench.call(bodies.size_of, bytes(_LARGE))) == _LARGE

        self.run(scenario)

    @pytest.mark.parametrize("task", [bodies.fail, bodies.fail_later])
    def test_exceptions_arrive_as_they_were_raised(self, task: bodies.Failing) -> None:
        """With type, message, attributes and traceback; the cause says whose fault it is."""

        async def scenario(bench: Bench) -> None:
            failure = await bench.failure(bench.call(task, 42))
            assert failure.cause is Cause.EXCEPTION
            assert "PickyError" in failure.message
            assert "code 42 at contract" in failure.message
            assert isinstance(failure.exception, bodies.PickyError)
            assert failure.exception.code == 42

        self.run(scenario)

    @pytest.mark.parametrize("task", [bodies.leave, bodies.leave_later])
    def test_sys_exit_fails_the_attempt_alone(self, task: bodies.Failing) -> None:
        """With the code; whatever follows runs."""

        async def scenario(bench: Bench) -> None:
            failure = await bench.failure(bench.call(task, 3))
            assert (failure.cause, failure.exit_code) == (Cause.EXIT_CODE, 3)
            assert await bench.value(bench.call(bodies.add, 1, 2)) == 3

        self.run(scenario)

    @pytest.mark.parametrize(
        ("task", "name"),
        [
            (bodies.interrupt, "KeyboardInterrupt"),
            (bodies.interrupt_later, "KeyboardInterrupt"),
            (bodies.end_the_world, "WorldEnd"),
            (bodies.cancel_itself, "CancelledError"),
        ],
    )
    def test_no_exception_of_a_body_does_harm(self, task: bodies.Raising, name: str) -> None:
        """They are failures that name the exception."""

        async def scenario(bench: Bench) -> None:
            failure = await bench.failure(bench.call(task))
            assert failure.cause is Cause.EXCEPTION
            assert name in failure.message
            assert await bench.value(bench.call(bodies.add, 1, 2)) == 3

        self.run(scenario)

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
            started = [
                attempts.index(report.attempt)
                for report in bench.recorder.reports
                if isinstance(report, Started) and report.attempt != holder
            ]
            assert started == [3, 2, 4, 0, 1]

        self.run(scenario)

    def test_closing_ends_everything(self) -> None:
        """What runs and what waits, each with a report."""

        async def scenario(bench: Bench) -> None:
            whole = Resources(threads=max(1, bench.backend.capacity.cores))
            attempts = bench.submit(
                *(bench.call(bodies.wait_for_ever, resources=whole) for _ in range(3)),
                *(bench.call(bodies.wait_for_ever) for _ in range(3)),
            )
            await bench.started(attempts[0])
            await bench.backend.close(self.settings.grace)
            for attempt in attempts:
                assert isinstance(await bench.end(attempt), Cancelled)

        self.run(scenario)

    def test_bodies_have_a_task_and_a_context_of_their_own(self) -> None:
        """Timeouts and groups work in them; what one sets in its context, no other sees."""

        async def scenario(bench: Bench) -> None:
            assert await bench.value(bench.call(bodies.limit_itself)) == "grouped"
            works = [bench.call(bodies.mark_context, str(number)) for number in range(8)]
            for attempt in bench.submit(*works):
                end = await bench.end(attempt)
                assert isinstance(end, Succeeded)
            values = [await bench.value(bench.call(bodies.mark_context, "last"))]
            assert values == ["nothing"]

        self.run(scenario)

    def test_a_task_called_in_a_body_is_refused(self) -> None:
        """There is no engine in there."""

        async def scenario(bench: Bench) -> None:
            failure = await bench.failure(bench.call(bodies.call_a_task))
            assert isinstance(failure.exception, ScopeError)

        self.run(scenario)

    def test_a_workspace_lives_as_long_as_its_attempt(self) -> None:
        """It is there for the body and gone after success."""

        async def scenario(bench: Bench) -> None:
            work = bench.call(bodies.write_in_workspace, "hello", workspace=True)
            path = await bench.value(work)
            assert isinstance(path, str)
            assert not (await asyncio.to_thread(Path(path).exists))

        self.run(scenario)

    def test_what_can_never_be_is_refused(self) -> None:
        """By a sentence that names what was asked for."""

        async def scenario(bench: Bench) -> None:
            refusal = bench.backend.refuse(Resources(threads=100_000))
            assert refusal is None or "100000" in refusal
            assert not self.is_one_machine or refusal
            assert not self.is_one_machine or bench.backend.refuse(Resources(ranks=2, nodes=2))

        self.run(scenario)


class ProgramContract(BackendContract):
    """What holds for backends that run programs."""

    def test_a_program_leaves_a_record(self) -> None:
        """Its outputs, what it printed, its exit code."""

        async def scenario(bench: Bench) -> None:
            launch = _shell('echo out; echo err >&2; echo "$GREETING" > x.dat', outs={"x": "x.dat"})
            record = await bench.value(bench.program(launch))
            assert isinstance(record, Record)
            assert (record.stdout.read_text(), record.stderr.read_text()) == ("out\n", "err\n")
            assert record.exit_code == 0
            assert record.x.read_text() == "hello\n"

        self.run(scenario)

    @pytest.mark.parametrize(
        ("script", "cause"),
        [
            ("exit 7", Cause.EXIT_CODE),
            ("kill -USR1 $$", Cause.SIGNAL),
            ("exit 0", Cause.MISSING_OUTPUT),
        ],
    )
    def test_a_failed_program_has_a_cause(self, script: str, cause: Cause) -> None:
        """An exit code, a signal, or an output that is not there; and the place of its logs."""

        async def scenario(bench: Bench) -> None:
            launch = _shell(script, outs={"x": "x.dat"})
            failure = await bench.failure(bench.program(launch))
            assert failure.cause is cause
            assert failure.exit_code == (7 if cause is Cause.EXIT_CODE else failure.exit_code)
            assert failure.signal == (signal.SIGUSR1 if cause is Cause.SIGNAL else None)
            assert failure.logs is not None
            assert failure.logs.is_dir()
            assert "x.dat" in failure.message or cause is not Cause.MISSING_OUTPUT

        self.run(scenario)

    @pytest.mark.parametrize(
        ("program", "cause"),
        [
            ("weft-no-such-program", Cause.NOT_FOUND),
            ("/no/such/program", Cause.NOT_FOUND),
            ("/etc/passwd", Cause.NOT_EXECUTABLE),
        ],
    )
    def test_a_program_that_cannot_start_is_named(self, program: str, cause: Cause) -> None:
        """With the reason."""

        async def scenario(bench: Bench) -> None:
            failure = await bench.failure(bench.program(Launch((program,))))
            assert failure.cause is cause
            assert program in failure.message

        self.run(scenario)

    def test_a_running_program_is_cancelled(self) -> None:
        """With all that it started."""

        async def scenario(bench: Bench) -> None:
            (attempt,) = bench.submit(bench.program(_shell("sleep 600 & sleep 600")))
            await bench.started(attempt)
            bench.cancel(attempt)
            assert isinstance(await bench.end(attempt), Cancelled)

        self.run(scenario)

    def test_closing_ends_programs(self) -> None:
        """Those that run and those that wait."""

        async def scenario(bench: Bench) -> None:
            works = [bench.program(_shell("sleep 600")) for _ in range(4)]
            attempts = bench.submit(*works)
            await bench.started(attempts[0])
            await bench.backend.close(self.settings.grace)
            for attempt in attempts:
                assert isinstance(await bench.end(attempt), Cancelled)

        self.run(scenario)


def _shell(script: str, outs: Mapping[str, str] | None = None) -> Launch:
    declared = {name: Out(pattern) for name, pattern in (outs or {}).items()}
    return Launch(("/bin/sh", "-c", script), env={"GREETING": "hello"}, outs=declared)
