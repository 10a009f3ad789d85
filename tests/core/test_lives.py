"""Scenarios: the life of an item and its attempts, told in events and commands."""

from core.story import A, B, LookUp, Settle, Submit, nth, spec, story
from weftwork.core.events import LookupHit, LookupMissed
from weftwork.core.model import Settlement, TaskState


def test_without_a_store_an_item_is_submitted_at_once() -> None:
    assert story().add(spec(A)) == [Submit([nth(A)])]


def test_with_a_store_an_item_is_looked_up_before_it_is_submitted() -> None:
    s = story(store=True)
    assert s.add(spec(A)) == [LookUp([A])]
    assert s.tell(LookupMissed(A)) == [Submit([nth(A)])]


def test_a_stored_result_is_reused() -> None:
    s = story(store=True)
    s.add(spec(A))
    assert s.tell(LookupHit(A)) == [Settle([Settlement(A, TaskState.SUCCEEDED)])]


def test_a_success_releases_the_dependents_in_the_same_turn() -> None:
    s = story()
    s.add(spec(A), spec(B, A))
    end = Settlement(A, TaskState.SUCCEEDED, nth(A))
    assert s.succeed(A) == [Settle([end]), Submit([nth(B)])]
