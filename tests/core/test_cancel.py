"""Scenarios: items that somebody no longer wants."""

import pytest

from core.story import A, B, C, Cancel, Settle, Story, Submit, nth, repeats, rule, spec, story
from weftwork.core import events as ev
from weftwork.core.commands import CancelReason, TimerPurpose
from weftwork.core.model import ItemId, ReleaseRule, Settlement, TaskState

S, F, X = TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELLED
REQUEST = CancelReason.REQUEST


def running(*items: ItemId) -> Story:
    s = story()
    s.add(*(spec(item) for item in items))
    s.start(*items)
    return s


def test_what_no_backend_holds_is_cancelled_at_once_with_all_that_waits_for_it() -> None:
    s = story()
    s.add(spec(A), spec(B, A), spec(C, B))
    commands = s.tell(ev.CancelRequested([B], "too cold"))
    ends = [Settlement(B, X, reason="too cold"), Settlement(C, X, None, B, "too cold")]
    assert commands == [Settle(ends)]


def test_an_item_that_is_looked_up_is_cancelled_and_the_late_answer_ignored() -> None:
    s = story(store=True)
    s.add(spec(A))
    assert s.tell(ev.CancelRequested([A])) == [Settle([Settlement(A, X)])]
    assert s.tell(ev.LookupMissed(A)) == []


def test_an_item_in_a_pause_is_cancelled_and_never_tried_again() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1, wait=1.0)))
    s.tell(ev.AttemptFailed(nth(A), at=0.0))
    assert s.tell(ev.CancelRequested([A])) == [Settle([Settlement(A, X)])]
    assert s.tell(ev.TimerFired(nth(A), TimerPurpose.RETRY)) == []


def test_a_running_attempt_is_ended_before_its_item_is_cancelled() -> None:
    s = running(A)
    assert s.tell(ev.CancelRequested([A], "enough")) == [Cancel([nth(A)], REQUEST)]
    assert s.state(A) is TaskState.CANCELLING
    end = Settlement(A, X, reason="enough")
    assert s.tell(ev.AttemptCancelled(nth(A), at=0.0)) == [Settle([end])]


def test_many_are_cancelled_by_one_command() -> None:
    s = running(A, B)
    s.add(spec(C, A))
    commands = s.tell(ev.CancelRequested([A, B, C]))
    assert commands == [Settle([Settlement(C, X)]), Cancel([nth(B), nth(A)], REQUEST)]


def test_asking_twice_asks_the_backend_once_and_keeps_the_first_reason() -> None:
    s = running(A)
    s.tell(ev.CancelRequested([A, A], "first"))
    assert s.tell(ev.CancelRequested([A], "second")) == []
    s.tell(ev.AttemptCancelled(nth(A), at=0.0))
    assert s.ends[A].reason == "first"


@pytest.mark.parametrize("end", [ev.AttemptFailed(nth(A), at=0.0), ev.AttemptLost(nth(A), at=0.0)])
def test_whatever_ends_an_attempt_nobody_wants_its_item_is_cancelled(end: ev.Event) -> None:
    s = story()
    s.add(spec(A, policy=repeats(3)))
    s.tell(ev.CancelRequested([A]))
    assert s.tell(end) == [Settle([Settlement(A, X)])]


def test_a_success_that_was_under_way_is_kept() -> None:
    s = running(A)
    s.add(spec(B, A))
    s.tell(ev.CancelRequested([A]))
    assert s.succeed(A) == [Settle([Settlement(A, S, nth(A))]), Submit([nth(B)])]


def test_a_request_during_an_overrun_turns_the_failure_into_a_cancellation() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1)))
    s.start(A)
    s.tell(ev.TimerFired(nth(A), TimerPurpose.TIMEOUT))
    assert s.tell(ev.CancelRequested([A], "enough")) == []
    end = Settlement(A, X, reason="enough")
    assert s.tell(ev.AttemptCancelled(nth(A), at=0.0)) == [Settle([end])]


def test_a_limit_that_passes_after_the_request_changes_nothing() -> None:
    s = running(A)
    s.tell(ev.CancelRequested([A]))
    assert s.tell(ev.TimerFired(nth(A), TimerPurpose.TIMEOUT)) == []
    s.tell(ev.AttemptCancelled(nth(A), at=0.0))
    assert s.state(A) is X


def test_an_attempt_that_begins_after_the_request_is_still_being_ended() -> None:
    s = story()
    s.add(spec(A))
    s.tell(ev.CancelRequested([A]))
    assert s.start(A) == []
    assert s.state(A) is TaskState.CANCELLING


def test_an_attempt_that_somebody_outside_ended_is_not_tried_again() -> None:
    s = story()
    s.add(spec(A, policy=repeats(3)), spec(B, A))
    s.start(A)
    commands = s.tell(ev.AttemptCancelled(nth(A), at=0.0))
    assert commands == [Settle([Settlement(A, X), Settlement(B, X, None, A)])]


def test_final_and_unknown_items_are_passed_over() -> None:
    s = running(A, B)
    s.succeed(A)
    assert s.tell(ev.CancelRequested([A, ItemId(99), B])) == [Cancel([nth(B)], REQUEST)]


def test_no_item_is_released_and_cancelled_by_the_same_request() -> None:
    s = story()
    s.add(spec(A), spec(B, A), spec(C, B, policy=rule(ReleaseRule.ALWAYS)))
    assert s.tell(ev.CancelRequested([B, C])) == [Settle([Settlement(C, X), Settlement(B, X)])]


def test_a_cancelled_input_releases_an_item_that_always_runs() -> None:
    s = story()
    s.add(spec(A), spec(B, A), spec(C, B, policy=rule(ReleaseRule.ALWAYS)))
    assert s.tell(ev.CancelRequested([B])) == [Settle([Settlement(B, X)]), Submit([nth(C)])]


def test_the_reason_of_a_limit_does_not_outlive_its_attempt() -> None:
    s = story()
    s.add(spec(A, policy=repeats(1)))
    s.start(A)
    s.tell(ev.TimerFired(nth(A), TimerPurpose.TIMEOUT), ev.AttemptCancelled(nth(A), at=0.0))
    s.tell(ev.AttemptCancelled(nth(A, 2), at=0.0))
    assert s.ends[A] == Settlement(A, X)
