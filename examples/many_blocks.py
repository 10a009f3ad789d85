"""Many small workflows at once: 1,024 concurrent blocks of three tasks each.

Each block follows the logistic map x -> r x (1 - x) for one r: let it settle, follow its orbit,
find the period. Together they show the road to chaos by period doubling.

weft run examples/many_blocks.py --blocks 1024
python examples/many_blocks.py
"""

from collections import Counter

import weftwork as ww


@ww.task
def settle(r: float) -> float:
    """Return where the map is after its transient."""
    x = 0.5
    for _ in range(2_000):
        x = r * x * (1 - x)
    return x


@ww.task
def follow(r: float, x: float) -> list[float]:
    """Return the next 64 points."""
    orbit = [x]
    while len(orbit) < 64:
        orbit.append(r * orbit[-1] * (1 - orbit[-1]))
    return orbit


@ww.task
def period(orbit: list[float]) -> int:
    """Return after how many steps the orbit repeats; 0 where it does not."""
    repeats = (n for n in range(1, 33) if abs(orbit[n] - orbit[0]) < 1e-6)
    return next(repeats, 0)


@ww.block
async def one_map(r: float) -> int:
    """Be a workflow of its own: three tasks in a row."""
    return await period(follow(r, settle(r)))


@ww.block
async def main(blocks: int = 1024) -> str:
    """Start all blocks, then look at the whole. Of several blocks, `weft run` takes `main`."""
    growth_rates = [2.9 + 0.7 * n / blocks for n in range(blocks)]
    periods = Counter(await ww.gather(*[one_map(r) for r in growth_rates]))
    doubling = ", ".join(f"{periods[n]} with period {n}" for n in (1, 2, 4, 8))
    return f"{blocks} maps: {doubling}, {periods[0]} chaotic or longer"


if __name__ == "__main__":
    print(ww.run(main()))
