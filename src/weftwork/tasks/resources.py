"""What one attempt needs of the machine."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Never, TypedDict, Unpack

from weftwork.errors import UsageError
from weftwork.tasks.nearest import did_you_mean
from weftwork.tasks.quantities import Duration, Size, seconds, show_seconds, show_size, size

__all__ = ["FOREIGN_NAMES", "Duration", "Resources", "Size", "seconds", "size"]

FOREIGN_NAMES: Mapping[str, str] = {
    **dict.fromkeys(
        ("cores", "cpus", "cpu", "ncpus", "num_cpus", "cpus_per_task", "cores_per_rank"), "threads"
    ),
    **dict.fromkeys(("cores_per_task", "cores_per_process", "omp_num_threads"), "threads"),
    **dict.fromkeys(("ntasks", "tasks", "n", "np", "nprocs", "procs", "processes"), "ranks"),
    **dict.fromkeys(("num_ranks", "mpi_ranks", "mpi_procs", "num_processes"), "ranks"),
    **dict.fromkeys(("gpu", "ngpus", "num_gpus", "gpus_per_task", "gpus_per_rank"), "gpus"),
    **dict.fromkeys(("mem", "mem_mb", "mem_gb", "ram", "memory_mb", "mem_per_task"), "memory"),
    **dict.fromkeys(("time", "time_limit", "timelimit", "runtime", "duration"), "walltime"),
    **dict.fromkeys(("wall_time", "time_min", "max_walltime"), "walltime"),
    **dict.fromkeys(("num_nodes", "node_count", "nnodes"), "nodes"),
    **dict.fromkeys(("licence", "license", "licences", "licenses", "tokens"), "limits"),
}
"""What other systems call a field of `Resources`."""


class ResourceChanges(TypedDict, total=False):
    """Any of the fields of `Resources`, as its constructor takes them."""

    ranks: int
    threads: int
    gpus: int
    memory: Size
    walltime: Duration | None
    nodes: int
    limits: Mapping[str, int] | None


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Resources:
    """What one attempt needs; granted as a whole or not at all.

    Attributes:
        ranks: MPI ranks, >= 1.
        threads: Cores of each rank; 0 takes no core, for work that only waits.
        gpus: GPU devices in all.
        memory: Bytes in all; 0 books none.
        walltime: Seconds asked of the machine for one attempt; None asks for no limit.
        nodes: Nodes to spread the ranks over, >= 1.
        limits: How much of each named limit of the engine one attempt takes.
    """

    ranks: int
    threads: int
    gpus: int
    memory: int
    walltime: float | None
    nodes: int
    limits: Mapping[str, int] = field(hash=False)

    def __init__(  # noqa: PLR0913 - one parameter for each field
        self,
        ranks: int = 1,
        threads: int = 1,
        gpus: int = 0,
        *,
        memory: Size = 0,
        walltime: Duration | None = None,
        nodes: int = 1,
        limits: Mapping[str, int] | None = None,
        **unknown: Never,
    ) -> None:
        """Take the needs; text such as "4 GB" and "20 min" is read.

        Raises:
            UsageError: A value cannot be, or a name is not known.
        """
        for name in unknown:
            raise UsageError(_unknown(name))
        put = object.__setattr__
        put(self, "ranks", _count("ranks", ranks, least=1))
        put(self, "threads", _count("threads", threads))
        put(self, "gpus", _count("gpus", gpus))
        put(self, "memory", size(memory, "memory"))
        put(self, "walltime", None if walltime is None else _positive(walltime))
        put(self, "nodes", _count("nodes", nodes, least=1))
        put(self, "limits", _limits(limits))
        if self.nodes > self.ranks:
            raise UsageError(
                f"nodes={self.nodes} with ranks={self.ranks}: a rank does not span nodes, "
                f"so give at least ranks={self.nodes}"
            )

    @property
    def cores(self) -> int:
        """Cores in all: ranks times threads."""
        return self.ranks * self.threads

    def replace(self, **changes: Unpack[ResourceChanges]) -> "Resources":
        """Return these resources with some fields changed."""
        kept: ResourceChanges = {
            "ranks": self.ranks,
            "threads": self.threads,
            "gpus": self.gpus,
            "memory": self.memory,
            "walltime": self.walltime,
            "nodes": self.nodes,
            "limits": self.limits,
        }
        kept.update(changes)
        # Never has no values, but a TypedDict may hold more keys than it declares.
        return Resources(**kept)  # pyright: ignore[reportArgumentType]

    def __repr__(self) -> str:
        """Return the fields that are not the default, as they may be written."""
        shown = {
            "ranks": self.ranks if self.ranks != 1 else None,
            "threads": self.threads if self.threads != 1 else None,
            "gpus": self.gpus or None,
            "memory": show_size(self.memory) if self.memory else None,
            "walltime": None if self.walltime is None else show_seconds(self.walltime),
            "nodes": self.nodes if self.nodes != 1 else None,
            "limits": self.limits or None,
        }
        given = ", ".join(f"{name}={value!r}" for name, value in shown.items() if value is not None)
        return f"Resources({given})"


def _unknown(name: str) -> str:
    known = [each.name for each in fields(Resources)]
    if name in FOREIGN_NAMES:
        here = FOREIGN_NAMES[name]
        return f"Resources has no {name!r}: {name} is called {here} here"
    if name == "timeout":
        return "Resources has no 'timeout': it is an option of the task, @ww.task(timeout=...)"
    return f"Resources has no {name!r}; {did_you_mean(name, known)}"


def _count(name: str, value: int, *, least: int = 0) -> int:
    try:
        count = operator.index(value)
    except TypeError:
        count = None
    if count is None or isinstance(value, bool) or count < least:
        raise UsageError(f"{name}={value!r}: expected a whole number of at least {least}")
    return count


def _positive(walltime: Duration) -> float:
    limit = seconds(walltime, "walltime")
    if limit == 0:
        raise UsageError(
            f"walltime={walltime!r} leaves no time to run: give more, or None for no limit"
        )
    return limit


def _limits(limits: Mapping[str, int] | None) -> dict[str, int]:
    if limits is None:
        return {}
    if not isinstance(limits, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # a mistake
        raise UsageError(f"limits={limits!r}: expected a dict such as {{'licence': 1}}")
    return {name: _count(f"limits[{name!r}]", amount, least=1) for name, amount in limits.items()}
