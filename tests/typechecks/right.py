"""What users write, and what type checkers make of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any, assert_type

import weftwork as ww


@dataclass
class Coexistence:
    growth: float
    steps: int


@ww.task
def diffusion(trajectory: ww.File, skip: int = 100) -> float:
    return len(trajectory.read_text()) / skip


@ww.task(retry=ww.Retry(3, wait="10 s", on=OSError), resources=ww.Resources(threads=2))
def simulate(temperature: float, *, seed: int) -> Coexistence:
    return Coexistence(temperature, seed)


@ww.task
async def fetch(name: str) -> bytes:
    return name.encode()


@ww.task(retry=2, timeout="1 min", backend="threads")
async def upload(content: bytes) -> None:
    print(content)  # noqa: T201 - as a user would


@ww.executable(resources=ww.Resources(ranks=4, walltime="20 min"))
def melt(
    temperature: float, *, script: ww.File = ww.File("melt.in"), out: ww.Out = ww.Out("msd.dat")
) -> list[object]:
    return ["lmp", "-in", script, "-var", "T", temperature, "-log", out]


@ww.block
async def melting_point(tolerance: float = 5.0) -> float:
    batch = [diffusion(melt(t).out) for t in (0.5, 0.7)]
    values = await ww.gather(*batch)
    assert_type(values, list[float])
    return max(values) - tolerance


@ww.block(timeout="2 h")
async def campaign(first: float, second: Coexistence) -> tuple[float, int]:
    return first, second.steps


def declarations() -> None:
    assert_type(diffusion(ww.File("a")), ww.Item[float])
    assert_type(simulate(1.0, seed=1), ww.Item[Coexistence])
    assert_type(fetch("a"), ww.Item[bytes])
    assert_type(upload(b"a"), ww.Item[None])
    assert_type(melt(1.0), ww.Item[ww.Record])
    assert_type(melting_point(1.0), ww.Item[float])
    assert_type(melting_point(), ww.Item[float])
    assert_type(diffusion.fn(ww.File("a"), 3), float)
    assert_type(simulate.options(retry=1).fn(1.0, seed=1), Coexistence)


def inputs() -> None:
    # Items, and parts of results, stand for values of any parameter.
    run = melt(0.6)
    assert_type(diffusion(run.out, skip=50), ww.Item[float])
    assert_type(diffusion(run.out, skip=simulate(1.0, seed=2).steps), ww.Item[float])
    assert_type(campaign(diffusion(run.out), simulate(1.0, seed=1)), ww.Item[tuple[float, int]])
    assert_type(fetch(simulate(1.0, seed=1)[0]["name"]), ww.Item[bytes])
    assert_type(diffusion(run.stdout, ww.constant(100)), ww.Item[float])


def options() -> None:
    assert_type(simulate.options(retry=2, priority=3)(1.0, seed=1), ww.Item[Coexistence])
    assert_type(melting_point.options(timeout=60.0)(1.0), ww.Item[float])
    first = simulate(1.0, seed=1)
    assert_type(simulate.options(after=[first, first.growth])(1.0, seed=2), ww.Item[Coexistence])


def callables() -> None:
    assert_type(ww.task(len)([1]), ww.Item[int])
    assert_type(ww.task(partial(simulate.fn, seed=1))(1.0), ww.Item[Coexistence])


async def bodies() -> None:
    assert_type(await fetch.fn("a"), bytes)
    assert_type(await melting_point.fn(1.0), float)


async def results() -> None:
    run = simulate(1.0, seed=1)
    assert_type(await run, Coexistence)
    assert_type((await run).growth, float)
    assert_type(run.result(timeout=3), Coexistence)
    assert_type(run.exception(), BaseException | None)
    assert_type(await fetch("a"), bytes)
    assert_type(await run.growth, Any)
    assert_type(run.done(), bool)


async def several() -> None:
    a, b, c = simulate(1.0, seed=1), fetch("a"), melting_point()
    assert_type(await ww.gather(a), tuple[Coexistence])
    assert_type(await ww.gather(a, b), tuple[Coexistence, bytes])
    assert_type(await ww.gather(a, b, c), tuple[Coexistence, bytes, float])
    assert_type(await ww.gather(a, b, c, c), tuple[Coexistence, bytes, float, float])
    x, _, z = await ww.gather(a, b, c)
    assert_type(x, Coexistence)
    assert_type(z, float)
    assert_type(await ww.gather(c, c, return_exceptions=True), list[float | BaseException])
    assert_type(await ww.gather(*[c, c]), list[float])


async def in_the_order_of_their_ends(items: list[ww.Item[float]]) -> AsyncIterator[float]:
    async for item in ww.as_completed(items):
        assert_type(item, ww.Item[float])
        yield await item


def callbacks(item: ww.Item[float]) -> None:
    def note(done: ww.Item[float]) -> None:
        print(done.result())  # noqa: T201 - as a user would

    item.add_done_callback(note)
    item.add_done_callback(lambda done: done.label)


def any_items(items: list[ww.Item[object]]) -> None:
    """Items of a subtype are items of the type."""
    items.append(simulate(1.0, seed=1))
    items.append(melting_point())


def generic(task: ww.Task[[float], float]) -> ww.Item[float]:
    return task(1.0)


def passes_tasks() -> None:
    generic(melting_point)
