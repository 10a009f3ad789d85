"""`weft doctor`: whether this machine is fit, and what to do where it is not."""

import json
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from weftwork.backends.local.hardware import Hardware, survey
from weftwork.cli.codes import ExitCode
from weftwork.cli.listing import only_json
from weftwork.process.launch import find_launchers

HELP = """\
Usage: weft doctor [--json]

Check this machine: interpreter, cores, memory, limits, MPI launchers, writable directories.
Each line says ok, or what to do. Exits 3 if tasks cannot run at all.
"""

_ENOUGH_FILES = 1024
_ENOUGH_PROCESSES = 256
_ENOUGH_SPACE = 1 << 30
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One line.

    Attributes:
        subject: What was looked at.
        seen: What was found.
        advice: What to do; empty: it is well as it is.
        fatal: Whether tasks cannot run as it is.
    """

    subject: str
    seen: str
    advice: str = ""
    fatal: bool = False


def doctor(arguments: Sequence[str]) -> int:
    """Print what was found."""
    as_json = only_json(arguments, "doctor", HELP)
    if as_json is None:
        return 0
    findings = list(examine())
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in findings], indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(findings)) + "\n")
    return ExitCode.CONFIGURATION if any(one.fatal for one in findings) else ExitCode.OK


def examine() -> Iterator[Finding]:
    """Look at this machine."""
    hardware = survey()
    yield interpreter(sys.version_info[:3], sys.executable)
    yield cores(hardware)
    yield gpus(hardware)
    yield memory(hardware)
    yield limit("open files", resource.getrlimit(resource.RLIMIT_NOFILE)[0], _ENOUGH_FILES, "-n")
    yield limit("processes", resource.getrlimit(resource.RLIMIT_NPROC)[0], _ENOUGH_PROCESSES, "-u")
    yield from launchers(os.environ)
    yield directory("temporary files", Path(tempfile.gettempdir()), "set TMPDIR to another one")
    yield shared_memory(Path("/dev/shm"))  # noqa: S108 - looked at, nothing is kept there


def interpreter(version: tuple[int, ...], executable: str) -> Finding:
    """Judge the Python version."""
    seen = f"Python {'.'.join(map(str, version))}, {executable}"
    if version < (3, 11):
        return Finding("interpreter", seen, "use Python 3.11 or newer", fatal=True)
    return Finding("interpreter", seen)


def cores(hardware: Hardware) -> Finding:
    """Compare the cores there are with those that may be used."""
    allowed, given = len(hardware.affinity), len(hardware.cores)
    seen = f"{hardware.present} in the machine, {allowed} allowed by affinity"
    if hardware.quota is not None:
        seen += f", {hardware.quota:g} by the control group"
    seen += f": {given} used"
    if given >= hardware.present:
        return Finding("cores", seen)
    return Finding("cores", seen, "ask the batch system or container for more if you need them")


def gpus(hardware: Hardware) -> Finding:
    """Name the GPUs."""
    return Finding("gpus", ", ".join(hardware.gpus) or "none")


def memory(hardware: Hardware) -> Finding:
    """Judge the memory per core."""
    seen = f"{hardware.memory / _GIB:.1f} GiB allowed"
    if hardware.memory < _GIB // 2 * len(hardware.cores):
        return Finding("memory", seen, "use fewer workers, such as `weft run --workers 1`")
    return Finding("memory", seen)


def limit(subject: str, seen: int, enough: int, flag: str) -> Finding:
    """Judge a limit of this process; -1 is none."""
    if seen == resource.RLIM_INFINITY:
        return Finding(subject, "unlimited")
    if seen < enough:
        return Finding(
            subject, f"at most {seen:,}", f"type `ulimit {flag} {enough}` before `weft run`"
        )
    return Finding(subject, f"at most {seen:,}")


def launchers(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Find the MPI launchers, on PATH and beside the interpreter."""
    path = environment.get("PATH", os.defpath)
    found = {} if (srun := shutil.which("srun", path=path)) is None else {"srun": srun}
    found |= find_launchers(sys.executable, path)
    for name, where in found.items():
        yield Finding(f"launcher {name}", where)
    if not found:
        yield Finding(
            "launchers",
            f"no srun, mpirun or mpiexec on PATH or in {Path(sys.executable).parent}",
            "for tasks with ranks, install MPI or load its module",
        )


def directory(subject: str, path: Path, advice: str) -> Finding:
    """Judge a directory that must be writable."""
    try:
        with tempfile.TemporaryFile(dir=path):
            free = shutil.disk_usage(path).free
    except OSError as error:
        return Finding(subject, f"{path}: {error.strerror}", advice, fatal=True)
    seen = f"{path}, {free / _GIB:.1f} GiB free"
    return Finding(subject, seen, advice if free < _ENOUGH_SPACE else "")


def shared_memory(path: Path) -> Finding:
    """Judge the place for large arrays, which can do without it."""
    found = directory(
        "shared memory", path, "large arrays go by slower files; enlarge it if you can"
    )
    return Finding(found.subject, found.seen, found.advice)


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    width = max(len(one.subject) for one in findings)
    for one in findings:
        mark = "ok  " if not one.advice else ("BAD " if one.fatal else "note")
        yield f"{mark}  {one.subject:<{width}}  {one.seen}"
        if one.advice:
            yield f"      {'':<{width}}  -> {one.advice}"
