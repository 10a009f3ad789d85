"""What calls of functions give: values, exceptions, and nothing of one another."""

import asyncio
from pathlib import Path

import pytest

from weftwork.core.model import Cause
from weftwork.engine.ports import Succeeded
from weftwork.errors import ScopeError
from weftwork.tasks.resources import Resources
from weftwork.testing import bodies
from weftwork.testing.bench import Bench
from weftwork.testing.contract.base import BackendContract

_LARGE = 3_000_000


class ValueContract(BackendContract):
    """What calls give.

    Attributes:
        is_one_machine: Whether requests beyond any machine are refused.
    """

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
        """With type and message; the cause says whose fault it is."""

        async def scenario(bench: Bench) -> None:
            failure = await bench.failure(bench.call(task, 42))
            assert failure.cause is Cause.EXCEPTION
            assert "CodeError: code 42 at contract" in failure.message
            assert type(failure.exception) is bodies.CodeError
            assert str(failure.exception) == "code 42 at contract"

        self.run(scenario)

    def test_an_exception_that_is_hard_to_carry_arrives_at_least_as_text(self) -> None:
        """Its own type, or something that says what it was."""

        async def scenario(bench: Bench) -> None:
            failure = await bench.failure(bench.call(bodies.fail_pickily, 42))
            assert failure.cause is Cause.EXCEPTION
            assert "PickyError: code 42 at contract" in failure.message
            assert "code 42 at contract" in str(failure.exception)

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
