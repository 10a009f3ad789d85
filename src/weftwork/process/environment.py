"""The environment of a child process, as a pure function of base, settings and grant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_DEVICES = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class Settings:
    """Changes to an environment, made in the order of the fields.

    Attributes:
        unset: Variables to remove.
        prepend: Text to put in front of lists that are divided by colons, such as PATH.
        put: Variables to set.
    """

    unset: frozenset[str] = frozenset()
    prepend: Mapping[str, str] = field(default_factory=dict[str, str])
    put: Mapping[str, str] = field(default_factory=dict[str, str])


def child_environment(
    base: Mapping[str, str],
    settings: Settings,
    *,
    threads: int,
    gpus: Sequence[str],
    programs: str | None = None,
) -> dict[str, str]:
    """Return the environment of a child that may use so much of the machine.

    What was granted replaces what `base` says of threads and devices; what the settings say of
    them is the user's word and stays.

    Args:
        base: The engine's own environment.
        settings: What the task asks for.
        threads: Cores of each process of the child; 0 counts as one.
        gpus: Its devices, as CUDA_VISIBLE_DEVICES names them; none are visible if empty.
        programs: A directory to look for programs in when all of PATH has failed.
    """
    env = dict(base)
    for name in _THREADS:
        env[name] = str(max(1, threads))
    env[_DEVICES] = ",".join(gpus)
    for name in settings.unset:
        env.pop(name, None)
    for name, text in settings.prepend.items():
        env[name] = f"{text}:{env[name]}" if env.get(name) else text
    env.update(settings.put)
    if programs is not None:
        env["PATH"] = with_directory(env.get("PATH", ""), programs)
    return env


def with_directory(path: str, directory: str) -> str:
    """Return a PATH that ends in `directory`, unless that is in it already."""
    if not path:
        return directory
    return path if directory in path.split(":") else f"{path}:{directory}"
