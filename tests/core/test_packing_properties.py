"""Packing against any script of requests, withdrawals and releases."""

from collections.abc import Sequence
from typing import NamedTuple

import hypothesis.strategies as st
from hypothesis import given

from core.profile import thorough
from weftwork.core.packing import Bundle, Grant, Packing

CORES, GPUS, MEMORY, LIMITS = 4, 2, 4, {"x": 2, "y": 1}


class Ask(NamedTuple):
    """The request whose key is the number of this step."""

    bundle: Bundle
    priority: int


class Leave(NamedTuple):
    """Withdraw what still waits of the key, or release what it holds."""

    key: int


Step = Ask | Leave

limits = st.dictionaries(st.sampled_from(["x", "y"]), st.just(1)).map(lambda d: tuple(d.items()))
bundles = st.builds(
    Bundle,
    st.integers(0, CORES),
    st.integers(0, GPUS) | st.just(0),
    st.integers(0, MEMORY) | st.just(0),
    limits | st.just(()),
)
steps = st.builds(Ask, bundles, st.integers(0, 1)) | st.builds(Leave, st.integers(0, 20))
scripts = st.lists(steps, max_size=30)


class Run:
    """What becomes of a script; some of its requests may be left out."""

    def __init__(self, script: Sequence[Step], leave_out: Sequence[int] = ()) -> None:
        self.packing = Packing(range(CORES), range(GPUS), MEMORY, LIMITS)
        self.waiting: dict[int, Ask] = {}
        self.holding: dict[int, Grant] = {}
        self.since: dict[int, int] = {}
        """The step in which a key was granted its bundle."""
        for number, step in enumerate(script):
            if number not in leave_out:
                self.do(number, step)

    def do(self, number: int, step: Step) -> None:
        if isinstance(step, Ask):
            self.packing.request(number, step.bundle, step.priority)
            self.waiting[number] = step
        elif step.key in self.holding:
            self.packing.release(step.key)
            del self.holding[step.key]
        else:
            self.packing.withdraw(step.key)
            self.waiting.pop(step.key, None)
        self.grant(number)

    def grant(self, number: int) -> None:
        for grant in self.packing.grants():
            assert isinstance(grant.key, int)
            assert grant.bundle == self.waiting.pop(grant.key).bundle
            assert (len(grant.cores), len(grant.gpus)) == grant.bundle[:2]
            self.holding[grant.key] = grant
            self.since[grant.key] = number
        self.check()

    def check(self) -> None:
        free = self.free()
        assert min(free) >= 0, "more was granted than there is"
        cores = [core for grant in self.holding.values() for core in grant.cores]
        gpus = [gpu for grant in self.holding.values() for gpu in grant.gpus]
        assert sorted(cores) == sorted(set(cores) & set(range(CORES))), "a core was given twice"
        assert sorted(gpus) == sorted(set(gpus) & set(range(GPUS))), "a GPU was given twice"
        if self.waiting:
            first = min(self.waiting, key=lambda key: (-self.waiting[key].priority, key))
            wants = amounts(self.waiting[first].bundle)
            fits = all(want <= have for want, have in zip(wants, free, strict=True) if want)
            assert not fits, "the first in line waits for nothing"

    def free(self) -> list[int]:
        taken = [amounts(grant.bundle) for grant in self.holding.values()]
        total = [CORES, GPUS, MEMORY, *LIMITS.values()]
        return [have - sum(kind) for have, *kind in zip(total, *taken, strict=True)]


def amounts(bundle: Bundle) -> list[int]:
    named = dict(bundle.limits)
    return [bundle.cores, bundle.gpus, bundle.memory, *(named.get(name, 0) for name in LIMITS)]


@thorough
@given(scripts)
def test_nothing_is_granted_twice_and_everyone_is_served_in_the_end(script: list[Step]) -> None:
    run = Run(script)
    for step in range(len(script) + 1):
        for key in list(run.holding):
            run.do(len(script) + step, Leave(key))
    assert not run.waiting, "somebody starves"
    assert run.free() == [CORES, GPUS, MEMORY, *LIMITS.values()]


@thorough
@given(scripts, st.data())
def test_nobody_waits_for_those_who_come_later(script: list[Step], data: st.DataObject) -> None:
    asks = {number: step for number, step in enumerate(script) if isinstance(step, Ask)}
    if not asks:
        return
    victim = data.draw(st.sampled_from(sorted(asks)))
    later = [n for n, ask in asks.items() if n > victim and ask.priority <= asks[victim].priority]
    assert Run(script).since.get(victim) == Run(script, later).since.get(victim)
