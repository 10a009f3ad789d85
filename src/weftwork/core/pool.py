"""What one machine has, what of it is free, and what is held back for those in front."""

from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple


class Bundle(NamedTuple):
    """What one holder asks for, granted as a whole or not at all.

    Attributes:
        cores: Cores of its own, >= 0; 0 takes none.
        gpus: GPU devices of its own, >= 0.
        memory: Bytes, >= 0. Booked, not enforced.
        limits: Units, >= 1, of the user's named limits, each name once.
    """

    cores: int = 1
    gpus: int = 0
    memory: int = 0
    limits: tuple[tuple[str, int], ...] = ()


class Pool:
    """The resources of one machine.

    Args:
        cores: Ids of the cores that may be used.
        gpus: Ids of the GPU devices.
        memory: Bytes that may be booked; 0 where memory is not booked.
        limits: Units of each named limit.
    """

    __slots__ = (
        "_cores",
        "_gpus",
        "_held_cores",
        "_held_gpus",
        "_held_limits",
        "_held_memory",
        "_limits",
        "_memory",
        "_total",
        "_total_limits",
    )

    def __init__(
        self, cores: Sequence[int], gpus: Sequence[int], memory: int, limits: Mapping[str, int]
    ) -> None:
        self._total = Bundle(len(cores), len(gpus), memory)
        self._total_limits = dict(limits)
        self._cores = sorted(cores)
        self._gpus = sorted(gpus)
        self._memory = memory
        self._limits = dict(limits)
        self.let_go()

    def has_free_core(self) -> bool:
        """Tell whether a core is free that nobody holds back."""
        return len(self._cores) > self._held_cores

    def refuse(self, bundle: Bundle) -> str | None:
        """Return why the bundle can never be had, as a sentence without subject; else None."""
        for name, units in bundle.limits:
            if name not in self._total_limits:
                hint = self._nearest(name) or f": WorkflowEngine(limits={{{name!r}: {units}}})"
                return f"needs the limit {name!r}, which is not declared{hint}"
        for wanted, total, unit in self._kinds(bundle):
            if wanted > total:
                return f"needs {amount(wanted, unit)}, this machine has {amount(total, unit)}"
        return None

    def _nearest(self, name: str) -> str:
        from difflib import get_close_matches  # noqa: PLC0415 - slow to import, seldom needed

        near = get_close_matches(name, self._total_limits, n=1, cutoff=0.0)
        return f"; the nearest that is: {near[0]!r}" if near else ""

    def _kinds(self, bundle: Bundle) -> Iterator[tuple[int, int, str]]:
        """Yield (wanted, total, unit) of each kind of resource that the bundle asks for."""
        yield bundle.cores, self._total.cores, "core"
        yield bundle.gpus, self._total.gpus, "GPU"
        if self._total.memory:
            yield bundle.memory, self._total.memory, MEMORY
        for name, units in bundle.limits:
            yield units, self._total_limits[name], name

    def shortage(self, bundle: Bundle) -> str | None:
        """Return what is not free of the bundle, with what is; None if all of it is free."""
        free = [len(self._cores), len(self._gpus)]
        if self._total.memory:
            free.append(self._memory)
        free += [self._limits[name] for name, _ in bundle.limits]
        for (wanted, total, unit), left in zip(self._kinds(bundle), free, strict=True):
            if wanted > left:
                verb = "is" if left == 1 else "are"
                share = f"{_bare(left, unit)} of {_bare(total, unit)}"
                return f"{amount(wanted, unit)}: {share} {verb} free"
        return None

    # A pass over those who wait ---------------------------------------------------------------

    def fits(self, bundle: Bundle) -> bool:
        """Tell whether all of the bundle is free and not held back."""
        cores, gpus, memory, limits = bundle
        if cores and cores > len(self._cores) - self._held_cores:
            return False
        if not (gpus or memory or limits):
            return True
        if gpus and gpus > len(self._gpus) - self._held_gpus:
            return False
        if memory and self._total.memory and memory > self._memory - self._held_memory:
            return False
        return all(
            units <= self._limits[name] - self._held_limits.get(name, 0) for name, units in limits
        )

    def hold(self, bundle: Bundle) -> None:
        """Hold the bundle back from all that is granted in the rest of this pass."""
        self._held_cores += bundle.cores
        self._held_gpus += bundle.gpus
        self._held_memory += bundle.memory
        for name, units in bundle.limits:
            self._held_limits[name] = self._held_limits.get(name, 0) + units

    def let_go(self) -> None:
        """Hold nothing back any more: the pass is over."""
        self._held_cores = self._held_gpus = self._held_memory = 0
        self._held_limits: dict[str, int] = {}

    def take(self, bundle: Bundle) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Take a bundle that fits; return the ids of its cores and GPUs, smallest first."""
        cores, gpus, memory, limits = bundle
        core_ids = tuple(self._cores[:cores])
        del self._cores[:cores]
        gpu_ids: tuple[int, ...] = ()
        if gpus:
            gpu_ids = tuple(self._gpus[:gpus])
            del self._gpus[:gpus]
        self._memory -= memory
        for name, units in limits:
            self._limits[name] -= units
        return core_ids, gpu_ids

    def give(self, bundle: Bundle, cores: Sequence[int], gpus: Sequence[int]) -> None:
        """Take back what was taken."""
        for core in cores:
            insort(self._cores, core)
        for gpu in gpus:
            insort(self._gpus, gpu)
        self._memory += bundle.memory
        for name, units in bundle.limits:
            self._limits[name] += units


MEMORY = "memory"
"""The unit of bytes; the others are "core", "GPU" and the names of limits."""


def amount(number: int, unit: str) -> str:
    """Write an amount for a sentence: "1 core", "4 GB of memory", "3 of the limit 'licence'"."""
    if unit == MEMORY:
        return f"{_bare(number, unit)} of memory"
    if unit in {"core", "GPU"}:
        return f"{number} {unit}{'s' * (number != 1)}"
    return f"{number} of the limit {unit!r}"


def _bare(number: int, unit: str) -> str:
    return f"{number / 1e9:.3g} GB" if unit == MEMORY else str(number)


def overlap(one: Bundle, other: Bundle) -> bool:
    """Tell whether two bundles ask for some resource of the same kind."""
    if (one.cores and other.cores) or (one.gpus and other.gpus) or (one.memory and other.memory):
        return True
    names = [name for name, _ in one.limits]
    return any(name in names for name, _ in other.limits)
