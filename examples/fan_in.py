"""Many independent tasks, one that takes all their results: pi from random points.

weft run examples/fan_in.py --tasks 64
python examples/fan_in.py
"""

import random
from statistics import fmean, stdev

import weftwork as ww


@ww.task
def estimate(seed: int, points: int) -> float:
    """Count the random points of the unit square that lie in the circle."""
    draw = random.Random(seed).random
    return 4 * sum(draw() ** 2 + draw() ** 2 < 1 for _ in range(points)) / points


@ww.task
def combine(estimates: list[float]) -> tuple[float, float]:
    """Return the mean and its standard error."""
    return fmean(estimates), stdev(estimates) / len(estimates) ** 0.5


@ww.block
async def pi(tasks: int = 64, points: int = 20_000) -> str:
    """Pass a list of items on as it is: `combine` starts when the last of them is there."""
    mean, error = await combine([estimate(seed, points) for seed in range(tasks)])
    return f"pi = {mean:.4f} ± {error:.4f} from {tasks} tasks"


if __name__ == "__main__":
    print(ww.run(pi()))
