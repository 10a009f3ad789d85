"""Chains and fans of 10^5 items: no recursion, no work that grows with what is unfinished."""

import tracemalloc

import pytest

from weftwork.core import events as ev
from weftwork.core.commands import Settle, Submit
from weftwork.core.model import ROOT, Attempt, ItemId, NodeSpec, Policy, TaskState
from weftwork.core.scheduler import Scheduler

N = 100_000
POLICY = Policy()


def chain(size: int) -> list[NodeSpec]:
    specs = [NodeSpec(ItemId(1), POLICY)]
    specs += [
        NodeSpec(ItemId(number), POLICY, ROOT, (ItemId(number - 1),))
        for number in range(2, size + 1)
    ]
    return specs


def fan(size: int) -> list[NodeSpec]:
    return [
        NodeSpec(ItemId(1), POLICY),
        *(NodeSpec(ItemId(n), POLICY, ROOT, (ItemId(1),)) for n in range(2, size + 2)),
    ]


@pytest.mark.slow
def test_a_chain_runs_to_its_end() -> None:
    s = Scheduler()
    s.handle(ev.ItemsAdded(chain(N)))
    for number in range(1, N):
        _, submit = s.handle(ev.AttemptsSucceeded([Attempt(ItemId(number), 1)]))
        assert submit == Submit([Attempt(ItemId(number + 1), 1)])
    assert len(s.nodes) == 1


@pytest.mark.slow
def test_one_failure_skips_a_whole_chain_in_one_turn() -> None:
    s = Scheduler()
    s.handle(ev.ItemsAdded(chain(N)))
    (settle,) = s.handle(ev.AttemptFailed(Attempt(ItemId(1), 1), at=0.0))
    assert isinstance(settle, Settle)
    assert [end.item for end in settle.settlements] == list(range(1, N + 1))
    assert {end.root for end in settle.settlements[1:]} == {1}


@pytest.mark.slow
def test_one_success_releases_a_whole_fan_and_many_release_one() -> None:
    s = Scheduler()
    s.handle(ev.ItemsAdded(fan(N)))
    last = ItemId(N + 2)
    s.handle(ev.ItemsAdded([NodeSpec(last, POLICY, ROOT, tuple(map(ItemId, range(2, N + 2))))]))
    _, submit = s.handle(ev.AttemptsSucceeded([Attempt(ItemId(1), 1)]))
    assert isinstance(submit, Submit)
    assert len(submit.attempts) == N
    settle, submit = s.handle(ev.AttemptsSucceeded(submit.attempts))
    assert isinstance(settle, Settle)
    assert submit == Submit([Attempt(last, 1)])


@pytest.mark.slow
def test_a_whole_fan_is_cancelled_in_one_turn() -> None:
    s = Scheduler()
    s.handle(ev.ItemsAdded(fan(N)))
    (settle, _) = s.handle(ev.GroupLeft(ROOT, clean=False))
    assert isinstance(settle, Settle)
    assert {end.state for end in settle.settlements} == {TaskState.CANCELLED}
    assert len(settle.settlements) == N


@pytest.mark.slow
def test_an_item_that_waits_takes_at_most_250_bytes() -> None:
    specs = fan(N)
    s = Scheduler()
    tracemalloc.start()
    try:
        s.handle(ev.ItemsAdded(specs))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / N <= 250
