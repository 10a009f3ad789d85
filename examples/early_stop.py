"""Decide while tasks run, and stop those that can no longer matter: a race of 12 catalysts.

Every measurement of a yield is noisy. All catalysts are measured again and again; as soon as one is
clearly worse than the best, its measurements that still wait or run are cancelled.

weft run examples/early_stop.py --catalysts 12
python examples/early_stop.py
"""

import random
import time
from statistics import fmean

import weftwork as ww

NOISE = 2.0
"""Standard deviation of one measurement, in per cent of yield."""


@ww.task
def measure(catalyst: int, seed: int) -> float:
    """Return a yield in per cent. The best is the last but one; the truth is hidden in here."""
    time.sleep(0.01)
    truth = 50 + 3 * catalyst if catalyst < 11 else 40
    return random.Random(f"{catalyst}-{seed}").gauss(truth, NOISE)


def beaten(yields: dict[int, list[float]]) -> set[int]:
    """Return the catalysts whose mean is four standard errors below the best one's."""
    known = {one: (fmean(values), NOISE / len(values) ** 0.5) for one, values in yields.items()}
    best, best_error = max(known.values())
    return {
        one
        for one, (mean, error) in known.items()
        if best - mean > 4 * (error**2 + best_error**2) ** 0.5
    }


@ww.block
async def race(catalysts: int = 12, repeats: int = 20) -> str:
    """Look at each result as it comes; cancel what has become pointless."""
    tries = {measure(one, seed): one for seed in range(repeats) for one in range(catalysts)}
    yields: dict[int, list[float]] = {}
    stopped = 0
    async for item in ww.as_completed(tries):
        if item.cancelled():
            stopped += 1
            continue
        yields.setdefault(tries[item], []).append(await item)
        losers = beaten(yields)
        for waiting, one in tries.items():
            if one in losers and not waiting.done():
                waiting.cancel(f"catalyst {one} cannot win any more")
    winner = max(yields, key=lambda one: fmean(yields[one]))
    share = "most" if stopped > len(tries) / 2 else "some"
    return f"catalyst {winner} wins with {fmean(yields[winner]):.0f} %; {share} measurements saved"


if __name__ == "__main__":
    print(ww.run(race()))
