"""Bundles: who gets what, in which order, and what is said of those who wait."""

from collections.abc import Hashable

import pytest

from weftwork.core.packing import Bundle, Grant, Packing
from weftwork.errors import InternalError

ONE = Bundle()
KINDS = [Bundle(0, gpus=1), Bundle(0, memory=6), Bundle(0, limits=(("licence", 1),))]


def packing(
    cores: int = 4, gpus: int = 0, memory: int = 0, limits: dict[str, int] | None = None
) -> Packing:
    return Packing(range(cores), range(gpus), memory, limits)


def ask(pool: Packing, *wishes: tuple[Hashable, Bundle]) -> list[Hashable]:
    """Request in this order, and return who is granted something."""
    for key, bundle in wishes:
        pool.request(key, bundle)
    return granted(pool)


def granted(pool: Packing) -> list[Hashable]:
    return [grant.key for grant in pool.grants()]


def test_a_free_core_is_granted_at_once_and_only_once() -> None:
    pool = Packing(cores=[7, 4])
    pool.request("a", ONE)
    assert pool.grants() == [Grant("a", ONE, (4,), ())]
    assert pool.grants() == []


def test_no_core_is_given_twice_until_it_is_released() -> None:
    pool = packing(cores=3, gpus=2)
    pool.request("a", Bundle(cores=2, gpus=1))
    pool.request("b", Bundle(cores=1, gpus=1))
    first, second = pool.grants()
    assert (first.cores, first.gpus) == ((0, 1), (0,))
    assert (second.cores, second.gpus) == ((2,), (1,))
    pool.release("a")
    pool.request("c", Bundle(cores=2, gpus=1))
    assert pool.grants() == [Grant("c", Bundle(cores=2, gpus=1), (0, 1), (0,))]


@pytest.mark.parametrize(
    ("whole", "half"),
    [
        (Bundle(cores=4), Bundle(cores=2)),
        (Bundle(0, gpus=2), Bundle(0, gpus=1)),
        (Bundle(0, memory=10**9), Bundle(0, memory=5 * 10**8)),
        (Bundle(0, limits=(("licence", 2),)), Bundle(0, limits=(("licence", 1),))),
    ],
)
def test_a_bundle_is_granted_as_a_whole_or_not_at_all(whole: Bundle, half: Bundle) -> None:
    pool = packing(4, 2, 10**9, {"licence": 2})
    assert ask(pool, ("half", half), ("whole", whole)) == ["half"]
    pool.release("half")
    assert granted(pool) == ["whole"]
    assert ask(pool, ("later", half)) == []
    pool.release("whole")
    assert granted(pool) == ["later"]


def test_a_bundle_without_cores_needs_no_free_core() -> None:
    pool = packing(cores=1)
    assert ask(pool, ("a", ONE), ("b", Bundle(0)), ("c", Bundle(0))) == ["a", "b", "c"]


def test_memory_that_is_not_booked_limits_nobody() -> None:
    assert ask(packing(memory=0), ("a", Bundle(memory=10**15))) == ["a"]


# Order ------------------------------------------------------------------------------------------


def test_a_higher_priority_goes_first_and_equal_ones_in_the_order_they_came() -> None:
    pool = packing(cores=1)
    ask(pool, ("running", ONE))
    for key, priority in (("low", -1), ("first", 0), ("second", 0), ("high", 5)):
        pool.request(key, ONE, priority)
    order: list[Hashable] = []
    holder: Hashable = "running"
    for _ in range(4):
        pool.release(holder)
        (holder,) = granted(pool)
        order.append(holder)
    assert order == ["high", "first", "second", "low"]


def test_different_bundles_stand_in_one_line() -> None:
    pool = packing(cores=2)
    ask(pool, ("all", Bundle(cores=2)))
    ask(pool, ("a", ONE), ("b", Bundle(cores=2)), ("c", ONE))
    pool.release("all")
    assert granted(pool) == ["a"]
    pool.release("a")
    assert granted(pool) == ["b"]


def test_small_ones_never_pass_a_wide_one_on_what_it_waits_for() -> None:
    pool = packing(cores=2)
    ask(pool, ("small", ONE))
    assert ask(pool, ("wide", Bundle(cores=2)), *((n, ONE) for n in range(9))) == []
    pool.release("small")
    assert granted(pool) == ["wide"]


def test_what_a_blocked_one_does_not_need_is_filled() -> None:
    pool = packing(cores=4, gpus=2)
    ask(pool, ("gpu", Bundle(cores=1, gpus=1)))
    wide = ("wide", Bundle(cores=1, gpus=2))
    assert ask(pool, wide, ("a", ONE), ("b", ONE), ("c", ONE), ("d", Bundle(0, gpus=1))) == [
        "a",
        "b",
    ]
    pool.release("gpu")
    assert granted(pool) == ["wide", "c"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_blocked_one_holds_back_its_whole_bundle(kind: Bundle) -> None:
    pool = packing(2, 1, 10, {"licence": 1})
    ask(pool, ("core", ONE))
    assert ask(pool, ("wide", kind._replace(cores=2)), ("later", kind)) == []
    pool.release("core")
    assert granted(pool) == ["wide"]


def test_who_withdraws_holds_nothing_back() -> None:
    pool = packing(cores=2)
    ask(pool, ("small", ONE))
    ask(pool, ("wide", Bundle(cores=2)), ("later", ONE))
    pool.withdraw("wide")
    assert granted(pool) == ["later"]
    assert pool.why("wide") == "has asked for no resources"


def test_withdrawing_what_does_not_wait_is_ignored() -> None:
    pool = packing(cores=1)
    ask(pool, ("a", ONE))
    pool.withdraw("a")
    pool.withdraw("unknown")
    assert ask(pool, ("b", ONE)) == []


def test_a_place_in_the_line_is_lost_by_withdrawing() -> None:
    pool = packing(cores=1)
    ask(pool, ("running", ONE))
    ask(pool, ("a", ONE), ("b", ONE))
    pool.withdraw("a")
    pool.request("a", ONE)
    pool.release("running")
    assert granted(pool) == ["b"]


def test_shapes_that_came_once_are_not_kept_for_ever() -> None:
    pool = packing(memory=10**9)
    for size in range(1, 1_000):
        assert ask(pool, (size, Bundle(memory=size))) == [size]
        pool.release(size)
    assert len(pool._queues) <= 300  # pyright: ignore[reportPrivateUsage] - nothing else shows it


# Words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bundle", "sentence"),
    [
        (Bundle(cores=1000), "needs 1000 cores, this machine has 4 cores"),
        (Bundle(gpus=1), "needs 1 GPU, this machine has 0 GPUs"),
        (Bundle(memory=64 * 10**9), "needs 64 GB of memory, this machine has 8 GB of memory"),
        (
            Bundle(limits=(("licence", 3),)),
            "needs 3 of the limit 'licence', this machine has 2 of the limit 'licence'",
        ),
        (
            Bundle(limits=(("license", 1),)),
            "needs the limit 'license', which is not declared; the nearest that is: 'licence'",
        ),
    ],
)
def test_what_can_never_be_had_is_refused_in_one_sentence(bundle: Bundle, sentence: str) -> None:
    pool = packing(4, 0, 8 * 10**9, {"licence": 2, "scratch": 9})
    assert pool.refuse(bundle) == sentence


def test_without_any_limits_it_says_how_to_declare_one() -> None:
    refusal = packing().refuse(Bundle(limits=(("licence", 1),)))
    assert refusal is not None
    assert "WorkflowEngine(limits={'licence': 1})" in refusal


def test_what_can_be_had_is_not_refused() -> None:
    assert packing(4, 1, 8, {"a": 2}).refuse(Bundle(4, 1, 8, (("a", 2),))) is None


def test_it_says_what_is_missing() -> None:
    pool = packing(cores=4)
    ask(pool, ("a", Bundle(cores=3)))
    ask(pool, ("b", Bundle(cores=2)), ("c", ONE))
    assert pool.why("b") == "waits for 2 cores: 1 of 4 is free"
    assert pool.why("c") == "waits for its turn behind 1 other"


def test_it_says_what_was_granted() -> None:
    pool = packing(4, 1, 10**10, {"licence": 3})
    wish = Bundle(2, 1, 4 * 10**9, (("licence", 2),))
    ask(pool, ("a", wish), ("b", ONE), ("c", Bundle(0)))
    assert pool.why("a") == "has cores 0, 1, GPU 0, 4 GB of memory, 2 of the limit 'licence'"
    assert pool.why("b") == "has core 2"
    assert pool.why("c") == "has its turn and takes no core"


# Contention -------------------------------------------------------------------------------------


def test_a_holder_learns_when_an_equal_or_higher_one_waits_for_its_kind() -> None:
    pool = packing(cores=1, gpus=1)
    ask(pool, ("holder", ONE))
    assert not pool.contended("holder")
    pool.request("low", ONE, -1)
    pool.request("other kind", Bundle(0, gpus=1), 5)
    assert granted(pool) == ["other kind"]
    assert not pool.contended("holder")
    pool.request("equal", ONE, 0)
    assert pool.contended("holder")
    pool.withdraw("equal")
    assert not pool.contended("holder")
    pool.request("high", ONE, 1)
    assert pool.contended("holder")


@pytest.mark.parametrize("kind", KINDS)
def test_any_kind_may_be_contended(kind: Bundle) -> None:
    pool = packing(4, 1, 10, {"licence": 1})
    ask(pool, ("holder", kind._replace(cores=1)), ("waits", kind))
    assert pool.contended("holder")


# Broken protocol --------------------------------------------------------------------------------


def test_a_key_is_used_once_at_a_time() -> None:
    pool = packing(cores=1)
    ask(pool, ("a", ONE), ("b", ONE))
    for key in ("a", "b"):
        with pytest.raises(InternalError, match=f"'{key}' asked for resources twice"):
            pool.request(key, ONE)


def test_the_impossible_is_not_waited_for() -> None:
    with pytest.raises(InternalError, match="'a' cannot wait for what it needs 9 cores"):
        packing(cores=4).request("a", Bundle(cores=9))


def test_only_what_was_granted_is_released() -> None:
    pool = packing(cores=1)
    ask(pool, ("a", ONE), ("b", ONE))
    with pytest.raises(InternalError, match="'b' was granted nothing"):
        pool.release("b")
    with pytest.raises(InternalError, match="'c' was granted nothing"):
        pool.contended("c")
