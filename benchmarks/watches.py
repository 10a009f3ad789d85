"""Stopwatches for wall time and for processor time of a process with all that it started."""

import asyncio
import resource
import statistics
import time
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import procs


@dataclass(slots=True)
class Took:
    """How long something took.

    Attributes:
        wall: Seconds.
        cpu: Seconds of processor time, of this process and its descendants.
    """

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def stopwatch() -> Generator[Took]:
    """Measure what is done inside; the fields are set at its end."""
    took = Took()
    cpu, wall = cpu_seconds(), time.perf_counter()
    try:
        yield took
    finally:
        took.wall = time.perf_counter() - wall
        took.cpu = cpu_seconds() - cpu


def cpu_seconds() -> float:
    """Return the processor time of this process and its descendants, the reaped ones included."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = time.process_time() + ended.ru_utime + ended.ru_stime
    return own + sum(map(procs.cpu_seconds, procs.family()[1:]))


Work = Callable[[], Took | Coroutine[object, object, Took]]


def interleaved(repeats: int, works: Mapping[str, Work], *, least: bool = False) -> dict[str, Took]:
    """Do each work `repeats` times, by turns, and return their medians.

    By turns, so that whatever else the machine does meets all of them alike.

    Args:
        repeats: How often, >= 1.
        works: By name, what measures itself; a coroutine gets a loop of its own.
        least: Return the least instead of the medians.
    """
    seen: dict[str, list[Took]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            took = work()
            seen[name].append(took if isinstance(took, Took) else asyncio.run(took))
    pick = min if least else statistics.median
    return {
        name: Took(pick(each.wall for each in took), pick(each.cpu for each in took))
        for name, took in seen.items()
    }
