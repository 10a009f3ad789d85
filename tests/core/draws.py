"""Everything that is left to chance in a simulated world."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from weftwork.core import events as ev
from weftwork.core.model import Attempt, Policy, ReleaseRule, RetryPolicy

T = TypeVar("T")


@dataclass(frozen=True)
class Draws:
    """Chance, or what stands in for it.

    Attributes:
        choose: Answers a whole number from 0 to one less than its argument.
    """

    choose: Callable[[int], int]

    def pick(self, things: Sequence[T]) -> T:
        return things[self.choose(len(things))]

    def some(self, things: Sequence[T], most: int) -> list[T]:
        """Return up to `most` different things."""
        found = [self.pick(things) for _ in range(self.choose(most + 1))] if things else []
        return list(dict.fromkeys(found))

    def policy(self) -> Policy:
        rules = [ReleaseRule.ALL_SUCCESS] * 5 + list(ReleaseRule)
        return Policy(
            retry=RetryPolicy(self.choose(3), wait=float(self.choose(2)), jitter=0.5),
            timeout=self.pick([None, 1.0]),
            walltime=self.pick([None, None, 2.0]),
            rule=self.pick(rules),
            lookup=self.choose(4) > 0,
        )


def news(attempt: Attempt, kind: int) -> ev.Event:
    """Return one of five ways in which the attempt may be said to have ended."""
    match kind:
        case 0:
            return ev.AttemptFailed(attempt, at=0.0, draw=0.5)
        case 1:
            return ev.AttemptFailed(attempt, at=0.0, retryable=False)
        case 2:
            return ev.AttemptLost(attempt, at=0.0)
        case 3:
            return ev.AttemptCancelled(attempt, at=0.0)
        case _:
            return ev.AttemptsSucceeded([attempt])
