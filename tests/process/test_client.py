"""Programs run under the supervisor: how they start, what they see, how they end."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from process.running import Stage, stage
from weftwork.process.client import End

T = TypeVar("T")


def on_stage(play: Callable[[Stage], Awaitable[T]]) -> T:
    """Return what the play comes to."""

    async def main() -> T:
        async with stage() as here:
            return await play(here)

    return asyncio.run(main())


def script(path: Path, text: str, mode: int = 0o755) -> str:
    """Write an executable file."""
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_an_exit_code_is_told() -> None:
    end = on_stage(lambda here: here.run("sh", "-c", "exit 3"))
    assert (end.kind, end.exit_code, end.signal, end.killed) == ("exit", 3, None, False)


def test_a_signal_is_told_by_its_number() -> None:
    end = on_stage(lambda here: here.run("sh", "-c", "kill -SEGV $$"))
    assert (end.kind, end.exit_code, end.signal) == ("signal", None, signal.SIGSEGV)


def test_a_kill_by_somebody_else_is_neither_ours_nor_for_want_of_memory() -> None:
    end = on_stage(lambda here: here.run("sh", "-c", "kill -KILL $$"))
    assert (end.signal, end.killed, end.oom) == (signal.SIGKILL, False, False)


def test_the_memory_of_a_program_is_measured() -> None:
    size = 200 << 20
    end = on_stage(lambda here: here.run("python3", "-S", "-c", f"x = b'x' * int({size})"))
    assert size < end.max_rss < 2 * size


def test_a_program_that_is_nowhere_on_the_path_is_named() -> None:
    end = on_stage(lambda here: here.run("no-such-program"))
    assert end.kind == "not_found"
    assert "'no-such-program' on PATH=" in end.message


def test_a_program_that_is_not_where_it_was_said_is_named() -> None:
    end = on_stage(lambda here: here.run("/no/such/program"))
    assert (end.kind, "'/no/such/program'" in end.message) == ("not_found", True)


def test_a_file_without_permission_is_not_executable(tmp_path: Path) -> None:
    path = script(tmp_path / "run.sh", "#!/bin/sh\n", mode=0o644)
    end = on_stage(lambda here: here.run(path))
    assert (end.kind, path in end.message) == ("not_executable", True)


def test_a_text_without_a_first_line_is_not_executable(tmp_path: Path) -> None:
    path = script(tmp_path / "run", "echo hello\n")
    end = on_stage(lambda here: here.run(path))
    assert end.kind == "not_executable"
    assert "#!" in end.message


def test_a_missing_interpreter_is_shown(tmp_path: Path) -> None:
    path = script(tmp_path / "run", "#!/opt/python9 -u\nprint()\n")
    end = on_stage(lambda here: here.run(path))
    assert end.kind == "bad_interpreter"
    assert "#!/opt/python9 -u" in end.message


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    end = on_stage(lambda here: here.run("true", cwd=tmp_path / "nowhere"))
    assert end.kind == "bad_directory"
    assert str(tmp_path / "nowhere") in end.message


def test_an_output_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("precious")
    end = on_stage(lambda here: here.start("true", stdout=tmp_path / "out").end())
    assert end.kind == "bad_input"
    assert (tmp_path / "out").read_text() == "precious"


def test_a_program_that_cannot_start_leaves_no_output_files(tmp_path: Path) -> None:
    on_stage(
        lambda here: here.start("/no/such", stdout=tmp_path / "o", stderr=tmp_path / "e").end()
    )
    assert list(tmp_path.iterdir()) == []


def test_input_and_outputs_are_private_files_of_raw_bytes(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"\xff\x00\n" * 3)
    out, err = tmp_path / "out", tmp_path / "err"
    end = on_stage(
        lambda here: here.start(
            "sh", "-c", "cat; echo oops >&2", stdin=tmp_path / "in", stdout=out, stderr=err
        ).end()
    )
    assert end.exit_code == 0
    assert (out.read_bytes(), err.read_bytes()) == (b"\xff\x00\n" * 3, b"oops\n")
    assert (out.stat().st_mode & 0o777, err.stat().st_mode & 0o777) == (0o600, 0o600)


def test_both_outputs_may_share_a_file(tmp_path: Path) -> None:
    both = tmp_path / "both"
    on_stage(
        lambda here: here.start("sh", "-c", "echo a; echo b >&2", stdout=both, stderr=both).end()
    )
    assert both.read_bytes() == b"a\nb\n"


def test_without_files_there_is_nothing_to_read_and_output_goes_nowhere() -> None:
    end = on_stage(lambda here: here.run("sh", "-c", "read line; echo x; echo y >&2; exit 5"))
    assert end.exit_code == 5


def test_arguments_and_environment_keep_bytes_that_are_no_text(tmp_path: Path) -> None:
    odd = os.fsdecode(b"\xff\xfe caf\xe9\n'\"")
    out = tmp_path / os.fsdecode(b"\xf0out")
    on_stage(
        lambda here: here.start(
            "/bin/sh",
            "-c",
            'printf "%s|%s" "$1" "$ODD"',
            "sh",
            odd,
            env={"ODD": odd},
            stdout=out,
        ).end()
    )
    assert out.read_bytes() == os.fsencode(f"{odd}|{odd}")


def test_a_program_leads_its_own_session_and_hears_every_signal(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import os, signal; print(os.getsid(0) == os.getpid(), "
        "{signal.getsignal(n) for n in (1, 2, 3, 15, 20)} == {signal.SIG_DFL, "
        "signal.default_int_handler}, signal.pthread_sigmask(0, []))"
    )
    on_stage(lambda here: here.start("python3", "-S", "-c", code, stdout=out).end())
    assert out.read_text() == "True True set()\n"


def test_a_program_has_no_descriptors_but_those_it_was_given(tmp_path: Path) -> None:
    out = tmp_path / "out"
    on_stage(lambda here: here.start("ls", "/proc/self/fd", stdout=out).end())
    assert out.read_text().split() == ["0", "1", "2", "3"]  # 3 is the directory that ls reads


def test_descriptors_travel_to_the_numbers_from_three_on() -> None:
    async def play(here: Stage) -> tuple[End, bytes, bytes]:
        ours, theirs = socket.socketpair()
        more, its = socket.socketpair()
        with ours, theirs, more, its:
            fds = [theirs.fileno(), its.fileno()]
            running = here.start("sh", "-c", "echo one >&3; echo two >&4", fds=fds)
            theirs.close()
            its.close()
            end = await running.end()
            return end, ours.recv(100), more.recv(100)

    end, one, two = on_stage(play)
    assert (end.exit_code, one, two) == (0, b"one\n", b"two\n")


def test_affinity_follows_the_order_and_does_not_stick(tmp_path: Path) -> None:
    cpu = max(os.sched_getaffinity(0))
    code = "import os; print(sorted(os.sched_getaffinity(0)))"

    async def play(here: Stage) -> None:
        one, two = tmp_path / "one", tmp_path / "two"
        await here.start("python3", "-S", "-c", code, cpus=[cpu], stdout=one).end()
        await here.start("python3", "-S", "-c", code, stdout=two).end()

    on_stage(play)
    assert (tmp_path / "one").read_text() == f"{[cpu]}\n"
    assert (tmp_path / "two").read_text() == f"{sorted(os.sched_getaffinity(0))}\n"


def test_a_relative_program_is_sought_where_it_works(tmp_path: Path) -> None:
    script(tmp_path / "run", "#!/bin/sh\nexit 7\n")
    assert on_stage(lambda here: here.run("./run", cwd=tmp_path)).exit_code == 7


def test_a_program_that_is_still_written_to_is_waited_for(tmp_path: Path) -> None:
    path = script(tmp_path / "run", "#!/bin/sh\nexit 7\n")

    async def play(here: Stage) -> tuple[End, End]:
        with open(path, "a"):  # noqa: PTH123, ASYNC230 - a path as text, and nothing waits
            waiting = here.start(path)
            # Those that come later are not kept waiting.
            later = await here.run("true")
        return later, await waiting.end()

    later, waited = on_stage(play)
    assert (later.exit_code, waited.exit_code) == (0, 7)


def test_what_cannot_be_encoded_is_told_and_not_raised() -> None:
    end = on_stage(lambda here: here.run("echo", "\ud800"))
    assert end.kind == "bad_input"
    assert "surrogates not allowed" in end.message
