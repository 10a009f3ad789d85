"""Scenarios: block runs, their members, and how they end."""

import pytest

from core.story import Cancel, CloseGroup, Settle, Story, Submit, nth, repeats, rule, spec, story
from weftwork.core import events as ev
from weftwork.core.commands import CancelReason
from weftwork.core.model import ROOT, ItemId, Policy, ReleaseRule, Settlement, TaskState
from weftwork.errors import InternalError

S, X = TaskState.SUCCEEDED, TaskState.CANCELLED
REQUEST = CancelReason.REQUEST
BLOCK, NESTED = ItemId(50), ItemId(60)
A, B, C, D, E = (ItemId(number) for number in range(101, 106))


def running(*blocks: tuple[ItemId, ItemId]) -> Story:
    """Blocks run, each in the group of its pair."""
    s = story()
    for block, group in blocks:
        s.add(spec(block, group=group))
        s.start(block)
    return s


def in_block(*members: ItemId) -> Story:
    """BLOCK runs and has called the members."""
    s = running((BLOCK, ROOT))
    s.add(*(spec(member, group=BLOCK) for member in members))
    return s


def leave(group: ItemId, *, clean: bool = True, reason: str = "") -> ev.GroupLeft:
    return ev.GroupLeft(group, clean=clean, reason=reason)


def done(item: ItemId) -> Settle:
    return Settle([Settlement(item, S, nth(item))])


def stopped(item: ItemId) -> ev.AttemptCancelled:
    return ev.AttemptCancelled(nth(item), at=0.0)


# Leaving normally -------------------------------------------------------------------------------


def test_a_group_closes_once_all_its_members_are_final() -> None:
    s = in_block(A, B)
    assert s.tell(leave(BLOCK)) == []
    assert s.succeed(A) == [done(A)]
    assert s.succeed(B) == [done(B), CloseGroup(BLOCK)]
    assert s.succeed(BLOCK) == [done(BLOCK)]


def test_a_group_without_unfinished_members_closes_at_once() -> None:
    s = in_block(A)
    s.succeed(A)
    assert s.tell(leave(BLOCK)) == [CloseGroup(BLOCK)]
    assert running((BLOCK, ROOT)).tell(leave(BLOCK)) == [CloseGroup(BLOCK)]


def test_a_group_waits_for_no_others() -> None:
    s = in_block(A)
    s.add(spec(B))
    s.tell(leave(BLOCK))
    assert s.succeed(A) == [done(A), CloseGroup(BLOCK)]


def test_a_block_waits_for_the_blocks_it_called() -> None:
    s = running((BLOCK, ROOT), (NESTED, BLOCK))
    s.add(spec(A, group=NESTED))
    s.tell(leave(BLOCK), leave(NESTED))
    assert s.succeed(A) == [done(A), CloseGroup(NESTED)]
    assert s.succeed(NESTED) == [done(NESTED), CloseGroup(BLOCK)]


def test_the_engine_waits_for_everything_in_every_group() -> None:
    s = in_block(A)
    assert s.tell(leave(ROOT)) == []
    s.tell(leave(BLOCK))
    assert s.succeed(A) == [done(A), CloseGroup(BLOCK)]
    assert s.succeed(BLOCK) == [done(BLOCK), CloseGroup(ROOT)]


def test_an_engine_without_items_closes_at_once() -> None:
    assert story().tell(leave(ROOT)) == [CloseGroup(ROOT)]


def test_a_block_that_still_runs_may_call_tasks_while_the_engine_waits() -> None:
    s = in_block()
    s.tell(leave(ROOT))
    assert s.add(spec(A, group=BLOCK)) == [Submit([nth(A)])]


# Leaving by an exception ------------------------------------------------------------------------


def test_leaving_uncleanly_cancels_the_unfinished_members() -> None:
    s = in_block(A, B)
    s.add(spec(C, A, group=BLOCK), spec(D))
    s.succeed(B)
    commands = s.tell(leave(BLOCK, clean=False, reason="the block failed"))
    end = Settlement(C, X, reason="the block failed")
    assert commands == [Settle([end]), Cancel([nth(A)], REQUEST)]
    assert s.tell(stopped(A))[1:] == [CloseGroup(BLOCK)]
    assert s.state(D) is TaskState.QUEUED


def test_what_an_item_outside_depends_on_is_kept_and_given_to_the_owner_of_the_block() -> None:
    s = in_block(A, B)
    s.add(spec(C, A, group=BLOCK), spec(D, C))
    commands = s.tell(leave(BLOCK, clean=False))
    assert commands == [Cancel([nth(B)], REQUEST)]
    assert [s.scheduler.nodes[item].group for item in (A, C)] == [ROOT, ROOT]
    assert s.tell(stopped(B))[1:] == [CloseGroup(BLOCK)]
    assert s.succeed(A)[1:] == [Submit([nth(C)])]


def test_a_kept_member_of_a_nested_block_belongs_to_the_outer_one() -> None:
    s = running((BLOCK, ROOT), (NESTED, BLOCK))
    s.add(spec(A, group=NESTED), spec(B, A, group=BLOCK))
    assert s.tell(leave(NESTED, clean=False)) == [CloseGroup(NESTED)]
    s.succeed(NESTED)
    assert s.tell(leave(BLOCK, clean=False))[1:] == [Cancel([nth(A)], REQUEST)]
    assert s.tell(stopped(A))[1:] == [CloseGroup(BLOCK)]


def test_what_is_kept_passes_over_the_blocks_that_gave_up_too() -> None:
    s = running((BLOCK, ROOT), (NESTED, BLOCK))
    s.add(spec(A, group=NESTED), spec(B, A))
    assert s.tell(leave(BLOCK, clean=False)) == [Cancel([nth(NESTED)], REQUEST)]
    assert s.tell(leave(NESTED, clean=False)) == [CloseGroup(NESTED)]
    assert s.scheduler.nodes[A].group == ROOT
    assert s.tell(stopped(NESTED))[1:] == [CloseGroup(BLOCK)]


def test_a_member_that_only_a_cancelled_block_needs_is_cancelled_with_it() -> None:
    s = running((BLOCK, ROOT), (NESTED, BLOCK))
    s.add(spec(A, group=BLOCK), spec(B, A, group=NESTED))
    commands = s.tell(leave(BLOCK, clean=False))
    assert commands[-1] == Cancel([nth(A), nth(NESTED)], REQUEST)


def test_a_member_that_a_kept_block_needs_is_kept_with_it() -> None:
    s = running((BLOCK, ROOT), (NESTED, BLOCK))
    s.add(spec(A, group=BLOCK), spec(B, A, group=NESTED), spec(C, NESTED, group=ROOT))
    assert s.tell(leave(BLOCK, clean=False)) == [CloseGroup(BLOCK)]
    assert s.scheduler.nodes[A].group == s.scheduler.nodes[NESTED].group == ROOT


def test_an_item_outside_that_no_longer_waits_keeps_nothing() -> None:
    s = in_block(A, B)
    s.add(spec(C, A, B, policy=rule(ReleaseRule.ANY_SUCCESS)))
    s.succeed(A)
    assert s.tell(leave(BLOCK, clean=False)) == [Cancel([nth(B)], REQUEST)]


def test_a_member_that_is_being_cancelled_is_not_kept() -> None:
    s = in_block(A)
    s.add(spec(B, A))
    s.tell(ev.CancelRequested([A]))
    assert s.tell(leave(BLOCK, clean=False)) == []
    assert s.tell(stopped(A))[1:] == [CloseGroup(BLOCK)]


def test_what_an_item_outside_has_joined_is_kept() -> None:
    s = story(store=True)
    s.add(spec(BLOCK, policy=Policy(lookup=False)))
    s.add(spec(A, group=BLOCK), spec(B), spec(C, group=BLOCK))
    s.tell(ev.LookupMissed(A), ev.LookupJoined(B, A), ev.LookupJoined(C, A))
    commands = s.tell(leave(BLOCK, clean=False))
    assert commands == [Settle([Settlement(C, X)]), CloseGroup(BLOCK)]
    assert s.scheduler.nodes[A].group == ROOT
    assert s.succeed(A) == [Settle([Settlement(A, S, nth(A)), Settlement(B, S, nth(A))])]


def test_leaving_the_engine_uncleanly_cancels_everything() -> None:
    s = in_block(A)
    s.add(spec(B), spec(C, A))
    commands = s.tell(leave(ROOT, clean=False, reason="interrupted"))
    end = Settlement(C, X, reason="interrupted")
    assert commands == [Settle([end]), Cancel([nth(B), nth(A), nth(BLOCK)], REQUEST)]
    s.tell(stopped(A), stopped(B))
    assert s.tell(leave(BLOCK, clean=False)) == [CloseGroup(BLOCK)]
    assert s.tell(stopped(BLOCK))[1:] == [CloseGroup(ROOT)]


# Again and again --------------------------------------------------------------------------------


def test_a_block_cancelled_while_it_waits_for_its_members_leaves_again() -> None:
    s = in_block(A)
    s.tell(leave(BLOCK))
    assert s.tell(ev.CancelRequested([BLOCK])) == [Cancel([nth(BLOCK)], REQUEST)]
    assert s.tell(leave(BLOCK, clean=False)) == [Cancel([nth(A)], REQUEST)]
    assert s.tell(stopped(A))[1:] == [CloseGroup(BLOCK)]
    assert s.tell(stopped(BLOCK)) == [Settle([Settlement(BLOCK, X)])]


def test_leaving_a_closed_group_is_answered_again() -> None:
    s = in_block()
    s.tell(leave(BLOCK))
    assert s.tell(leave(BLOCK, clean=False)) == [CloseGroup(BLOCK)]
    s.succeed(BLOCK)
    assert s.tell(leave(BLOCK)) == [CloseGroup(BLOCK)]


def test_the_engine_may_give_up_while_it_waits() -> None:
    s = story()
    s.add(spec(A))
    s.tell(leave(ROOT))
    assert s.tell(leave(ROOT, clean=False)) == [Cancel([nth(A)], REQUEST)]
    assert s.tell(stopped(A))[1:] == [CloseGroup(ROOT)]


def test_the_next_attempt_of_a_block_has_members_of_its_own() -> None:
    s = story()
    s.add(spec(BLOCK, policy=repeats(1)))
    s.add(spec(A, group=BLOCK))
    s.tell(leave(BLOCK, clean=False), stopped(A))
    assert s.tell(ev.AttemptFailed(nth(BLOCK), at=0.0)) == [Submit([nth(BLOCK, 2)])]
    s.add(spec(B, group=BLOCK))
    assert s.tell(leave(BLOCK)) == []
    assert s.succeed(B)[1:] == [CloseGroup(BLOCK)]


def test_members_that_outlive_their_block_go_to_its_owner() -> None:
    s = in_block(A)
    s.tell(leave(BLOCK))
    assert s.succeed(BLOCK) == [done(BLOCK), CloseGroup(BLOCK)]
    assert s.succeed(A) == [done(A)]


def test_the_members_of_a_block_go_on_with_the_equal_block_that_takes_it_over() -> None:
    s = story(store=True)
    s.add(spec(BLOCK), spec(NESTED))
    s.tell(ev.LookupMissed(BLOCK), ev.LookupJoined(NESTED, BLOCK))
    s.add(spec(A, group=BLOCK))
    s.tell(ev.CancelRequested([BLOCK]), ev.LookupMissed(A))
    s.add(spec(B, group=BLOCK))
    s.tell(ev.LookupHit(B), leave(BLOCK))
    assert s.succeed(A) == [done(A), CloseGroup(BLOCK)]
    s.succeed(BLOCK)
    assert s.ends[NESTED] == Settlement(NESTED, S, nth(BLOCK))


def test_a_block_does_not_join_the_equal_one_in_which_it_was_called() -> None:
    s = story(store=True)
    s.add(spec(BLOCK))
    s.tell(ev.LookupMissed(BLOCK))
    s.add(spec(NESTED, group=BLOCK))
    assert s.tell(ev.LookupJoined(NESTED, BLOCK)) == [Submit([nth(NESTED)])]


@pytest.mark.parametrize("clean", [True, False])
def test_nothing_is_called_in_a_block_that_was_left(clean: bool) -> None:
    s = in_block(A)
    s.tell(leave(BLOCK, clean=clean))
    with pytest.raises(InternalError, match="item 102 was added after group 50 was left"):
        s.add(spec(B, group=BLOCK))


def test_nothing_is_called_in_a_block_that_is_over() -> None:
    s = in_block()
    s.tell(leave(BLOCK))
    s.succeed(BLOCK)
    with pytest.raises(InternalError, match="item 102 was added to group 50, which is over"):
        s.add(spec(B, group=BLOCK))
