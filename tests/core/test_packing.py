"""Bundles: who gets what, in which order, and what is said of those who wait."""

from weftwork.core.packing import Bundle, Grant, Packing


def test_a_free_core_is_granted_at_once_and_only_once() -> None:
    packing = Packing(cores=[4, 7])
    packing.request("a", Bundle())
    assert packing.grants() == [Grant("a", Bundle(), (4,), ())]
    assert packing.grants() == []


def test_a_wide_request_is_not_starved_by_small_ones() -> None:
    packing = Packing(cores=range(2))
    packing.request("small", Bundle())
    packing.grants()
    packing.request("wide", Bundle(cores=2))
    packing.request("later", Bundle())
    assert packing.grants() == []
    packing.release("small")
    assert [grant.key for grant in packing.grants()] == ["wide"]
