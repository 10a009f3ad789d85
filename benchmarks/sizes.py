"""How big a run is: the whole, or a bit of it for tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """A share of the full size.

    Attributes:
        share: 1 is the full size.
        repeats: How often each thing is measured.
    """

    share: float = 1.0
    repeats: int = 5

    def of(self, full: int, least: int = 2) -> int:
        """Return how many, where `full` is the number at full size."""
        return max(least, int(full * self.share))

    def seconds(self, full: float) -> float:
        """Return for how long to watch."""
        return max(0.1, full * self.share)
