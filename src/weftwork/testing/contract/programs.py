"""What backends must do that run programs."""

import signal
from collections.abc import Mapping

import pytest

from weftwork.core.model import Cause
from weftwork.engine.ports import Cancelled
from weftwork.tasks.command import Launch
from weftwork.tasks.files import Out, Record
from weftwork.testing.bench import Bench
from weftwork.testing.contract.base import BackendContract


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
