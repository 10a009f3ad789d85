"""Random numbers for jitter and names, apart from the generators that users seed."""

import os

from weftwork.effects.points import CrashPoint, passing

_BITS = 53  # as many as a float between 0.5 and 1 holds


def draw() -> float:
    """Return a number drawn uniformly from [0, 1)."""
    passing(CrashPoint.DRAW)
    return (int.from_bytes(os.urandom(7), "big") >> (56 - _BITS)) / (1 << _BITS)
