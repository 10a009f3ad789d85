"""Scenarios: the life of one item and its attempts, told in events and commands."""

import pytest

from core.story import (
    A,
    B,
    C,
    Cancel,
    LookUp,
    Settle,
    StartTimer,
    Submit,
    nth,
    repeats,
    spec,
    story,
)
from weftwork.core import events as ev
from weftwork.core.commands import CancelReason, TimerPurpose
from weftwork.core.model import ROOT, Attempt, Final, ItemId, Policy, Settlement, TaskState
from weftwork.errors import InternalError

S, F = TaskState.SUCCEEDED, TaskState.FAILED
RETRY, TIMEOUT, WALLTIME = TimerPurpose.RETRY, TimerPurpose.TIMEOUT, TimerPurpose.WALLTIME


def test_without_a_store_an_item_is_submitted_at_once() -> None:
    assert story().add(spec(A)) == [Submit([nth(A)])]


def test_with_a_store_an_item_is_looked_up_before_it_is_submitted() -> None:
    s = story(store=True)
    assert s.add(spec(A)) == [LookUp([A])]
    assert s.tell(ev.LookupMissed(A)) == [Submit([nth(A)])]


def test_an_item_whose_policy_wants_no_lookup_is_submitted_beside_those_that_do() -> None:
    s = story(store=True)
    commands = s.add(spec(A), spec(B, policy=Policy(lookup=False)))
    assert commands == [LookUp([A]), Submit([nth(B)])]


def test_a_stored_result_is_reused_and_names_no_attempt() -> None:
    s = story(store=True)
    s.add(spec(A), spec(B, A))
    assert s.tell(ev.LookupHit(A)) == [Settle([Settlement(A, S)]), LookUp([B])]


def test_only_the_first_answer_of_the_store_counts() -> None:
    s = story(store=True)
    s.add(spec(A), spec(B))
    s.tell(ev.LookupMissed(A), ev.LookupHit(B))
    for item in (A, B):
        for again in (ev.LookupHit(item), ev.LookupMissed(item), ev.LookupJoined(item, A)):
            assert s.tell(again) == []


def test_a_success_releases_the_dependents_in_the_same_turn() -> None:
    s = story()
    s.add(spec(A), spec(B, A), spec(C, A))
    assert s.succeed(A) == [Settle([Settlement(A, S, nth(A))]), Submit([nth(B), nth(C)])]


def test_an_item_waits_for_all_its_inputs() -> None:
    s = story()
    s.add(spec(A), spec(B), spec(C, A, B))
    assert s.succeed(B) == [Settle([Settlement(B, S, nth(B))])]
    assert s.succeed(A)[1:] == [Submit([nth(C)])]


def test_one_batch_of_successes_gives_one_batch_of_each_command() -> None:
    s = story()
    s.add(spec(A), spec(B), spec(C, A, B))
    ends = [Settlement(A, S, nth(A)), Settlement(B, S, nth(B))]
    assert s.succeed(A, B) == [Settle(ends), Submit([nth(C)])]


def test_an_input_that_was_final_already_comes_with_its_outcome() -> None:
    s = story()
    assert s.add(spec(C, finals=(Final(A, S, A),))) == [Submit([nth(C)])]


def test_a_final_item_is_forgotten() -> None:
    s = story()
    s.add(spec(A))
    s.succeed(A)
    assert s.scheduler.state(A) is None
    assert not s.scheduler.nodes


def test_an_item_starts_once_and_its_limits_count_from_its_start() -> None:
    s = story()
    s.add(spec(A, policy=Policy(timeout=60.0, walltime=90.0)))
    timers = [StartTimer(nth(A), 65.0, TIMEOUT), StartTimer(nth(A), 95.0, WALLTIME)]
    assert s.start(A, at=5.0) == timers
    assert s.state(A) is TaskState.RUNNING
    assert s.start(A, at=7.0) == []


def test_an_attempt_may_end_before_its_start_was_reported() -> None:
    s = story()
    s.add(spec(A))
    s.succeed(A)
    assert s.state(A) is S
    assert s.start(A) == []


# Failures ---------------------------------------------------------------------------------------


def test_a_failed_attempt_is_tried_again_after_a_growing_pause() -> None:
    s = story()
    s.add(spec(A, policy=repeats(2, wait=10.0)))
    assert s.tell(ev.AttemptFailed(nth(A), at=100.0)) == [StartTimer(nth(A), 110.0, RETRY)]
    assert s.tell(ev.TimerFired(nth(A), RETRY)) == [Submit([nth(A, 2)])]
    again = s.tell(ev.AttemptFailed(nth(A, 2), at=200.0))
    assert again == [StartTimer(nth(A, 2), 220.0, RETRY)]


def test_the_jitter_of_a_pause_is_drawn_outside() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1, wait=8.0, jitter=0.5)))
    timers = s.tell(ev.AttemptFailed(nth(A), at=0.0, draw=0.5))
    assert timers == [StartTimer(nth(A), 6.0, RETRY)]


def test_without_a_pause_the_next_try_is_submitted_in_the_same_turn() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1)))
    assert s.tell(ev.AttemptFailed(nth(A), at=0.0)) == [Submit([nth(A, 2)])]


def test_the_last_allowed_failure_decides() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1)))
    s.tell(ev.AttemptFailed(nth(A), at=0.0))
    end = Settlement(A, F, nth(A, 2))
    assert s.tell(ev.AttemptFailed(nth(A, 2), at=0.0)) == [Settle([end])]


def test_a_failure_that_would_repeat_is_final() -> None:
    s = story()
    s.add(spec(A, policy=repeats(5)))
    s.tell(ev.AttemptFailed(nth(A), at=0.0, retryable=False))
    assert s.ends[A] == Settlement(A, F, nth(A))


def test_lost_tries_are_repeated_whatever_the_policy_says_but_only_twice() -> None:
    s = story()
    s.add(spec(A))
    assert s.tell(ev.AttemptLost(nth(A), at=0.0)) == [Submit([nth(A, 2)])]
    assert s.tell(ev.AttemptLost(nth(A, 2), at=0.0)) == [Submit([nth(A, 3)])]
    assert s.tell(ev.AttemptLost(nth(A, 3), at=0.0)) == [Settle([Settlement(A, F, nth(A, 3))])]


def test_lost_tries_use_up_no_repeats() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1)))
    s.tell(ev.AttemptLost(nth(A), at=0.0), ev.AttemptLost(nth(A, 2), at=0.0))
    assert s.tell(ev.AttemptFailed(nth(A, 3), at=0.0)) == [Submit([nth(A, 4)])]
    s.tell(ev.AttemptFailed(nth(A, 4), at=0.0))
    assert s.ends[A] == Settlement(A, F, nth(A, 4))


# Limits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "why"), [(TIMEOUT, CancelReason.TIMEOUT), (WALLTIME, CancelReason.WALLTIME)]
)
def test_an_attempt_over_its_limit_is_ended_and_has_failed(
    purpose: TimerPurpose, why: CancelReason
) -> None:
    s = story()
    s.add(spec(A))
    s.start(A)
    assert s.tell(ev.TimerFired(nth(A), purpose)) == [Cancel([nth(A)], why)]
    assert s.tell(ev.AttemptCancelled(nth(A), at=9.0)) == [Settle([Settlement(A, F, nth(A))])]


def test_only_the_first_limit_ends_an_attempt() -> None:
    s = story()
    s.add(spec(A))
    s.start(A)
    s.tell(ev.TimerFired(nth(A), WALLTIME))
    assert s.tell(ev.TimerFired(nth(A), TIMEOUT)) == []


def test_an_overrun_is_repeated_like_any_failure() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1, wait=3.0)))
    s.start(A)
    s.tell(ev.TimerFired(nth(A), TIMEOUT))
    timers = s.tell(ev.AttemptCancelled(nth(A), at=9.0))
    assert timers == [StartTimer(nth(A), 12.0, RETRY)]
    assert s.tell(ev.TimerFired(nth(A), RETRY)) == [Submit([nth(A, 2)])]


def test_a_success_that_was_under_way_when_the_limit_passed_is_kept() -> None:
    s = story()
    s.add(spec(A))
    s.start(A)
    s.tell(ev.TimerFired(nth(A), TIMEOUT))
    assert s.succeed(A) == [Settle([Settlement(A, S, nth(A))])]


def test_a_failure_that_was_under_way_when_the_limit_passed_says_if_it_may_repeat() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1)), spec(B, policy=repeats(1)))
    s.start(A, B)
    s.tell(ev.TimerFired(nth(A), TIMEOUT), ev.TimerFired(nth(B), TIMEOUT))
    assert s.tell(ev.AttemptFailed(nth(A), at=0.0)) == [Submit([nth(A, 2)])]
    s.tell(ev.AttemptFailed(nth(B), at=0.0, retryable=False))
    assert s.state(B) is F


def test_an_attempt_lost_after_its_limit_counts_as_the_overrun() -> None:
    s = story()
    s.add(spec(A))
    s.start(A)
    s.tell(ev.TimerFired(nth(A), TIMEOUT), ev.AttemptLost(nth(A), at=0.0))
    assert s.ends[A] == Settlement(A, F, nth(A))


# Old news ---------------------------------------------------------------------------------------


def about(attempt: Attempt) -> list[ev.Event]:
    return [
        ev.AttemptsStarted([attempt], at=0.0),
        ev.AttemptsSucceeded([attempt]),
        ev.AttemptFailed(attempt, at=0.0),
        ev.AttemptLost(attempt, at=0.0),
        ev.AttemptCancelled(attempt, at=0.0),
        *(ev.TimerFired(attempt, purpose) for purpose in TimerPurpose),
    ]


def test_news_of_attempts_that_are_over_or_never_were_has_no_effect() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1)), spec(B))
    s.tell(ev.AttemptFailed(nth(A), at=0.0))
    s.succeed(B)
    for attempt in (nth(A), nth(A, 3), nth(B), nth(ItemId(99))):
        for event in about(attempt):
            assert s.tell(event) == [], event
    assert s.state(A) is TaskState.QUEUED


def test_a_pause_is_ended_by_its_timer_alone() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1, wait=1.0)))
    s.tell(ev.AttemptFailed(nth(A), at=0.0))
    for event in about(nth(A)):
        if event != ev.TimerFired(nth(A), RETRY):
            assert s.tell(event) == [], event
    assert s.tell(ev.TimerFired(nth(A), RETRY)) == [Submit([nth(A, 2)])]


def test_a_timer_of_a_pause_means_nothing_to_a_running_attempt() -> None:
    s = story()
    s.add(spec(A))
    s.start(A)
    assert s.tell(ev.TimerFired(nth(A), RETRY)) == []
    assert s.state(A) is TaskState.RUNNING


# Broken protocol --------------------------------------------------------------------------------


def test_an_item_is_not_added_twice() -> None:
    s = story()
    s.add(spec(A))
    with pytest.raises(InternalError, match="item 1 was added twice"):
        s.add(spec(A))


@pytest.mark.parametrize("unknown", [A, C, ItemId(9)])
def test_an_input_is_added_before_its_dependents(unknown: ItemId) -> None:
    with pytest.raises(InternalError, match=f"item 3 names input {unknown}"):
        story().add(spec(C, unknown))


def test_nothing_is_called_after_the_engine_was_left() -> None:
    s = story()
    s.tell(ev.GroupLeft(ROOT, clean=True))
    with pytest.raises(InternalError, match="item 1 was added after the engine was left"):
        s.add(spec(A))
