"""`weft doctor`: each line is ok or says what to do."""

import json
import os
from pathlib import Path

import pytest

from weftwork.backends.local.hardware import Hardware
from weftwork.cli import doctor
from weftwork.cli.doctor import Finding

GIB = 1 << 30


def hardware(
    present: int = 8, allowed: int = 8, quota: float | None = None, memory: int = 64 * GIB
) -> Hardware:
    return Hardware(present, tuple(range(allowed)), quota, (), memory)


def test_this_machine_is_examined_and_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.doctor([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok    interpreter")
    assert {line[:4] for line in lines} <= {"ok  ", "note", "    "}
    assert doctor.doctor(["--json"]) == 0
    subjects = [one["subject"] for one in json.loads(capsys.readouterr().out)]
    assert subjects[:4] == ["interpreter", "cores", "gpus", "memory"]


def test_all_cores_are_ok() -> None:
    seen = doctor.cores(hardware())
    assert seen == Finding("cores", "8 in the machine, 8 allowed by affinity: 8 used")


def test_fewer_cores_by_affinity_or_control_group_are_told() -> None:
    assert doctor.cores(hardware(allowed=2)).advice
    found = doctor.cores(hardware(quota=1.5))
    assert "1.5 by the control group: 1 used" in found.seen
    assert found.advice


def test_little_memory_for_many_cores_is_told() -> None:
    assert not doctor.memory(hardware()).advice
    assert "--workers 1" in doctor.memory(hardware(memory=GIB)).advice


@pytest.mark.parametrize(
    ("seen", "advice"),
    [(256, "type `ulimit -n 1024` before `weft run`"), (1024, ""), (-1, "")],
)
def test_a_low_limit_says_how_to_raise_it(seen: int, advice: str) -> None:
    assert doctor.limit("open files", seen, 1024, "-n").advice == advice


def test_an_old_interpreter_is_fatal() -> None:
    assert doctor.interpreter((3, 10, 1), "/usr/bin/python3").fatal
    assert not doctor.interpreter((3, 11, 0), "/usr/bin/python3").advice


def test_launchers_are_found_on_the_path(tmp_path: Path) -> None:
    srun = tmp_path / "srun"
    srun.write_text("#!/bin/sh\n")
    srun.chmod(0o700)
    found = list(doctor.launchers({"PATH": str(tmp_path)}))
    assert found[0] == Finding("launcher srun", str(srun))


def test_no_launcher_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    (found,) = doctor.launchers({"PATH": str(tmp_path)})
    assert found.advice == "for tasks with ranks, install MPI or load its module"


def test_a_directory_that_is_not_there_is_fatal_where_it_is_needed(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    found = doctor.directory("temporary files", missing, "set TMPDIR")
    assert (found.fatal, found.advice) == (True, "set TMPDIR")
    assert str(missing) in found.seen
    assert not doctor.shared_memory(missing).fatal
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing is left behind
