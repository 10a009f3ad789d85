"""Scenarios: equal items that share one piece of work."""

import pytest

from core.story import (
    A,
    B,
    C,
    Cancel,
    D,
    Settle,
    StartTimer,
    Story,
    Submit,
    nth,
    repeats,
    spec,
    story,
)
from weftwork.core import events as ev
from weftwork.core.commands import CancelReason, TimerPurpose
from weftwork.core.model import Attempt, ItemId, Policy, Settlement, TaskState
from weftwork.core.node import Node

S, F, X = TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELLED
TIMEOUT, RETRY = TimerPurpose.TIMEOUT, TimerPurpose.RETRY


def joined(*followers: ItemId, policy: Policy | None = None) -> Story:
    """A does the work, the followers have joined it."""
    s = story(store=True)
    s.add(spec(A, policy=policy), *(spec(item) for item in followers))
    s.tell(ev.LookupMissed(A), *(ev.LookupJoined(item, A) for item in followers))
    return s


def cancel(s: Story, *items: ItemId) -> list[object]:
    return list(s.tell(ev.CancelRequested(items)))


def test_a_joined_item_waits_and_shares_the_success() -> None:
    s = joined(B)
    s.add(spec(C, B, policy=Policy(lookup=False)))
    assert s.state(B) is TaskState.LOOKUP
    ends = [Settlement(A, S, nth(A)), Settlement(B, S, nth(A))]
    assert s.succeed(A) == [Settle(ends), Submit([nth(C)])]


def test_a_failure_is_every_joined_item_s_failure() -> None:
    s = joined(B, C)
    s.add(spec(D, C))
    s.tell(ev.AttemptFailed(nth(A), at=0.0))
    assert [s.ends[item] for item in (A, B, C)] == [Settlement(i, F, nth(A)) for i in (A, B, C)]
    assert s.ends[D].root == C


def test_retries_are_those_of_the_first() -> None:
    s = joined(B, policy=repeats(1))
    assert s.tell(ev.AttemptFailed(nth(A), at=0.0)) == [Submit([nth(A, 2)])]
    s.tell(ev.AttemptsSucceeded([nth(A, 2)]))
    assert s.ends[B].attempt == nth(A, 2)


def test_cancelling_a_joined_item_leaves_the_work_alone() -> None:
    s = joined(B, C)
    assert cancel(s, B) == [Settle([Settlement(B, X)])]
    assert s.succeed(A) == [Settle([Settlement(A, S, nth(A)), Settlement(C, S, nth(A))])]


def test_the_work_of_a_cancelled_item_goes_on_for_the_first_that_joined() -> None:
    s = joined(B, C)
    s.start(A)
    assert cancel(s, A) == [Settle([Settlement(A, X)])]
    assert s.state(B) is TaskState.RUNNING
    assert s.state(C) is TaskState.LOOKUP
    ends = [Settlement(B, S, nth(A)), Settlement(C, S, nth(A))]
    assert s.succeed(A) == [Settle(ends)]


def test_an_heir_goes_on_counting_tries_under_its_own_name() -> None:
    s = joined(B, policy=repeats(2))
    s.tell(ev.AttemptFailed(nth(A), at=0.0), ev.CancelRequested([A]))
    assert s.tell(ev.AttemptFailed(nth(A, 2), at=0.0)) == [Submit([nth(B, 3)])]
    assert s.tell(ev.AttemptsSucceeded([nth(A, 2)])) == []
    s.tell(ev.AttemptFailed(nth(B, 3), at=0.0))
    assert s.ends[B] == Settlement(B, F, nth(B, 3))


def test_an_heir_inherits_the_losses() -> None:
    s = joined(B)
    s.tell(ev.AttemptLost(nth(A), at=0.0), ev.AttemptLost(nth(A, 2), at=0.0))
    cancel(s, A)
    s.tell(ev.AttemptLost(nth(A, 3), at=0.0))
    assert s.ends[B] == Settlement(B, F, nth(A, 3))


def test_the_limits_of_an_inherited_attempt_hold_on() -> None:
    s = joined(B, policy=Policy(timeout=5.0))
    assert s.start(A, at=1.0) == [StartTimer(nth(A), 6.0, TIMEOUT)]
    cancel(s, A)
    assert s.tell(ev.TimerFired(nth(A), TIMEOUT)) == [Cancel([nth(A)], CancelReason.TIMEOUT)]
    s.tell(ev.AttemptCancelled(nth(A), at=6.0))
    assert s.ends[B] == Settlement(B, F, nth(A))


def test_work_is_inherited_in_a_pause() -> None:
    s = joined(B, policy=repeats(1, wait=1.0))
    s.tell(ev.AttemptFailed(nth(A), at=0.0))
    cancel(s, A)
    assert s.state(B) is TaskState.BACKOFF
    assert s.tell(ev.TimerFired(nth(A), RETRY)) == [Submit([nth(B, 2)])]


def test_work_is_inherited_while_a_limit_ends_it() -> None:
    s = joined(B, policy=repeats(1))
    s.start(A)
    s.tell(ev.TimerFired(nth(A), TIMEOUT))
    assert cancel(s, A) == [Settle([Settlement(A, X)])]
    assert s.state(B) is TaskState.CANCELLING
    assert s.tell(ev.AttemptCancelled(nth(A), at=0.0)) == [Submit([nth(B, 2)])]


def test_work_is_inherited_again_and_again_until_nobody_wants_it() -> None:
    s = joined(B, C, D)
    cancel(s, A)
    cancel(s, C)
    cancel(s, B)
    assert s.state(D) is TaskState.QUEUED
    assert cancel(s, D) == [Cancel([nth(A)], CancelReason.REQUEST)]
    s.tell(ev.AttemptCancelled(nth(A), at=0.0))
    assert s.state(D) is X


def test_all_of_one_work_are_cancelled_by_one_request() -> None:
    s = joined(B, C)
    commands = cancel(s, A, B, C)
    ends = [Settlement(C, X), Settlement(B, X)]
    assert commands == [Settle(ends), Cancel([nth(A)], CancelReason.REQUEST)]


def test_work_that_somebody_outside_ended_is_begun_anew_for_those_who_joined() -> None:
    s = joined(B, C)
    s.start(A)
    commands = s.tell(ev.AttemptCancelled(nth(A), at=0.0))
    assert commands == [Settle([Settlement(A, X)]), Submit([nth(B, 2)])]
    s.tell(ev.AttemptsSucceeded([nth(B, 2)]))
    assert s.ends[C] == Settlement(C, S, nth(B, 2))


def test_who_joins_a_follower_joins_the_work_it_follows() -> None:
    s = joined(B, C)
    cancel(s, A)
    s.add(spec(D))
    assert s.tell(ev.LookupJoined(D, C)) == []
    assert s.succeed(A)[0] == Settle([Settlement(item, S, nth(A)) for item in (B, C, D)])


def test_who_joins_inherited_work_by_its_first_name_joins_the_heir() -> None:
    s = joined(B)
    cancel(s, A)
    s.add(spec(C))
    assert s.tell(ev.LookupJoined(C, A)) == []
    s.succeed(A)
    assert s.ends[C] == Settlement(C, S, nth(A))


def busy_with(state: TaskState) -> Story:
    """A is in the state, B is looked up."""
    s = story(store=True)
    s.add(spec(ItemId(0), policy=Policy(lookup=False)))
    s.add(spec(A, *[ItemId(0)] * (state is TaskState.WAITING)), spec(B))
    if state is TaskState.CANCELLING:
        s.tell(ev.LookupMissed(A), ev.CancelRequested([A]))
    if state is TaskState.SUCCEEDED:
        s.tell(ev.LookupHit(A))
    assert s.state(A) is state
    return s


@pytest.mark.parametrize(
    "state", [TaskState.WAITING, TaskState.LOOKUP, TaskState.CANCELLING, TaskState.SUCCEEDED]
)
def test_where_there_is_no_work_to_join_the_item_does_its_own(state: TaskState) -> None:
    assert busy_with(state).tell(ev.LookupJoined(B, A)) == [Submit([nth(B)])]


@pytest.mark.parametrize("leader", [B, ItemId(99)])
def test_nobody_joins_itself_or_the_unknown(leader: ItemId) -> None:
    s = busy_with(TaskState.LOOKUP)
    assert s.tell(ev.LookupJoined(B, leader)) == [Submit([nth(B)])]


def test_who_has_joined_hears_no_second_answer() -> None:
    s = joined(B)
    for again in (ev.LookupMissed(B), ev.LookupHit(B), ev.LookupJoined(B, A)):
        assert s.tell(again) == []
    assert s.succeed(A) == [Settle([Settlement(A, S, nth(A)), Settlement(B, S, nth(A))])]


def test_news_of_inherited_work_that_is_over_has_no_effect() -> None:
    s = joined(B)
    cancel(s, A)
    s.succeed(A)
    old: list[ev.Event] = [
        ev.AttemptsSucceeded([nth(A)]),
        ev.AttemptFailed(nth(A), at=0.0),
        ev.TimerFired(Attempt(A, 1), TIMEOUT),
        ev.LookupMissed(B),
    ]
    assert [s.tell(event) for event in old] == [[]] * 4


def test_a_thousand_joined_items_are_given_up_in_linear_time() -> None:
    followers = [ItemId(number) for number in range(2, 1_002)]
    s = story(store=True)
    handle = s.scheduler.handle
    handle(ev.ItemsAdded([spec(A), *map(spec, followers)]))
    handle(ev.LookupMissed(A))
    for item in followers:
        handle(ev.LookupJoined(item, A))
    for item in (A, *followers[:-1]):
        assert len(handle(ev.CancelRequested([item]))) == 1
    last = s.scheduler.nodes[followers[-1]]
    assert isinstance(last, Node)
    assert last.attempt == nth(A)
