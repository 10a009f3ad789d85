"""The six release rules: when they release an item, and what makes them impossible."""

import itertools

import pytest

from core.oracle import is_impossible, may_start
from core.story import A, B, C, D, E, Settle, Story, Submit, nth, rule, spec, story
from weftwork.core import events as ev
from weftwork.core.model import Final, ItemId, ReleaseRule, Settlement, TaskState

S, F, K, X = TaskState.SUCCEEDED, TaskState.FAILED, TaskState.SKIPPED, TaskState.CANCELLED
W = TaskState.WAITING
Q = TaskState.QUEUED
R = ReleaseRule

TABLE = {
    R.ALL_SUCCESS: {"S": W, "F": K, "K": K, "X": X, "SS": Q, "SF": K, "FS": K, "SK": K, "SX": X},
    R.ANY_SUCCESS: {"S": Q, "F": W, "K": W, "X": W, "FS": Q, "FF": K, "KX": X, "XF": K, "XX": X},
    R.ALL_COMPLETED: {"S": W, "F": W, "K": K, "X": X, "SF": Q, "FF": Q, "FK": K, "SX": X},
    R.ALL_FAILED: {"S": K, "F": W, "K": W, "X": X, "FF": Q, "FK": Q, "FS": K, "FX": X},
    R.ANY_FAILED: {"S": W, "F": Q, "K": Q, "X": W, "SS": K, "SF": Q, "XS": K, "SX": X},
    R.ALWAYS: {"S": W, "F": W, "K": W, "X": W, "SF": Q, "KX": Q, "XX": Q},
}
CASES = [(value, ends, want) for value, row in TABLE.items() for ends, want in row.items()]


def end_by(s: Story, item: ItemId, how: str) -> None:
    """Bring a queued item to an end."""
    match how:
        case "S":
            s.succeed(item)
        case "F":
            s.tell(ev.AttemptFailed(nth(item), at=0.0))
        case _:
            s.tell(ev.CancelRequested([item]), ev.AttemptCancelled(nth(item), at=0.0))


FIRST, SECOND, LAST = ItemId(11), ItemId(12), ItemId(13)


@pytest.mark.parametrize(("value", "ends", "want"), CASES)
def test_a_rule_decides_as_soon_as_it_can(value: R, ends: str, want: TaskState) -> None:
    s = story()
    for item, how in zip((FIRST, SECOND), ends.ljust(2), strict=True):
        source = ItemId(item - 10)
        s.add(*([spec(source), spec(item, source)] if how == "K" else [spec(item)]))
    s.add(spec(LAST, FIRST, SECOND, policy=rule(value)))
    for item, how in zip((FIRST, SECOND), ends, strict=False):
        end_by(s, ItemId(item - 10) if how == "K" else item, "F" if how == "K" else how)
    assert s.state(LAST) is want


@pytest.mark.parametrize("value", list(R))
def test_the_table_of_each_rule_is_the_one_a_reader_would_write(value: R) -> None:
    for ends in itertools.product((S, F, K, X), repeat=2):
        s = story()
        finals = tuple(Final(item, end, item) for item, end in zip((A, B), ends, strict=True))
        s.add(spec(C, finals=finals, policy=rule(value)))
        assert (s.state(C) is Q) == may_start(value, ends)
        assert (s.state(C) in {K, X}) == is_impossible(value, ends)
        if s.state(C) is not Q:
            assert (s.state(C) is X) == (X in ends), "a cancelled one wins within one turn"


@pytest.mark.parametrize("value", list(R))
def test_an_item_without_inputs_starts_unless_its_rule_asks_for_a_failure(value: R) -> None:
    s = story()
    commands = s.add(spec(A, policy=rule(value)))
    if value in {R.ALL_FAILED, R.ANY_FAILED}:
        assert commands == [Settle([Settlement(A, K, None, root=A)])]
    else:
        assert commands == [Submit([nth(A)])]


def test_a_failure_skips_all_downstream_and_names_its_root() -> None:
    s = story()
    s.add(spec(A), spec(B, A), spec(C, B), spec(D, A, C))
    commands = s.tell(ev.AttemptFailed(nth(A), at=0.0))
    skipped = [Settlement(item, K, None, root=A) for item in (B, C, D)]
    assert commands == [Settle([Settlement(A, F, nth(A)), *skipped])]


def test_the_root_of_an_input_that_was_final_is_passed_on() -> None:
    s = story()
    s.add(spec(C, finals=(Final(B, K, A),)), spec(D, C))
    assert [s.ends[item].root for item in (C, D)] == [A, A]


def test_a_cancelled_input_cancels_and_passes_on_who_asked() -> None:
    s = story()
    s.add(spec(A), spec(B, A), spec(C, B))
    s.tell(ev.CancelRequested([B], "enough"))
    assert s.ends[B] == Settlement(B, X, reason="enough")
    assert s.ends[C] == Settlement(C, X, None, root=B, reason="enough")


def test_a_success_that_rules_an_item_out_is_its_own_root() -> None:
    s = story()
    s.add(spec(A), spec(B, A, policy=rule(R.ALL_FAILED)))
    s.succeed(A)
    assert s.ends[B] == Settlement(B, K, None, root=A)


def test_the_first_input_to_rule_an_item_out_decides_between_turns() -> None:
    s = story()
    s.add(spec(A), spec(B), spec(C, A, B))
    s.tell(ev.AttemptFailed(nth(A), at=0.0), ev.CancelRequested([B]))
    assert s.ends[C] == Settlement(C, K, None, root=A)


@pytest.mark.parametrize("value", [R.ALL_SUCCESS, R.ANY_SUCCESS, R.ALL_FAILED])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_cancelled_input_wins_within_one_turn_in_any_order(value: R, swapped: bool) -> None:
    s = story()
    failed, cancelled = Final(A, F, A), Final(B, X, B)
    bad, good = (cancelled, failed) if swapped else (failed, cancelled)
    s.add(spec(C, finals=(bad,)), spec(D, finals=(good,)), spec(E, C, D, policy=rule(value)))
    assert s.ends[E] == Settlement(E, X, None, root=B)


def test_an_item_released_early_is_left_alone_by_its_other_inputs() -> None:
    s = story()
    s.add(spec(A), spec(B), spec(C, A, B, policy=rule(R.ANY_SUCCESS)))
    assert s.succeed(A)[1:] == [Submit([nth(C)])]
    assert s.tell(ev.AttemptFailed(nth(B), at=0.0)) == [Settle([Settlement(B, F, nth(B))])]
    s.succeed(C)
    assert s.state(C) is S


def test_an_item_may_end_before_all_its_inputs_do() -> None:
    s = story()
    s.add(spec(A), spec(B), spec(C, A, B, policy=rule(R.ANY_SUCCESS)), spec(D, A, B))
    s.succeed(A)
    s.succeed(C)
    s.tell(ev.CancelRequested([D]))
    assert s.succeed(B) == [Settle([Settlement(B, S, nth(B))])]


def test_what_is_skipped_may_release_what_waits_for_a_failure() -> None:
    s = story()
    s.add(spec(A), spec(B, A), spec(C, B, policy=rule(R.ANY_FAILED)))
    commands = s.tell(ev.AttemptFailed(nth(A), at=0.0))
    assert commands[1:] == [Submit([nth(C)])]
