"""All benchmarks by name."""

from collections.abc import Callable, Iterator, Mapping

from benchmarks import arrays, hops, inline, memory, programs, shapes, startup, workers
from benchmarks.rows import Row
from benchmarks.sizes import Size

BENCHMARKS: Mapping[str, Callable[[Size], Iterator[Row]]] = {
    "inline": inline.throughput,
    "workers": workers.throughput,
    "hop": hops.hop,
    "round-trip": hops.round_trip,
    "first-result": startup.first_result,
    "naps": hops.naps,
    "programs": programs.throughput,
    "arrays": arrays.passed,
    "constant": arrays.constant,
    "fan-in": shapes.fan_in,
    "grid": shapes.grid,
    "blocks": shapes.blocks,
    "startup": startup.startup,
    "idle": memory.idle,
    "leaks": memory.leaks,
    "pending": memory.pending,
    "growth": inline.growth,
    "fan-out": inline.fan_out,
}
