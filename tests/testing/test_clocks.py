"""The jumping clock: an hour takes no time, and order is kept."""

import asyncio

from weftwork.engine.ports import Clock
from weftwork.testing.clocks import JumpClock


def test_time_stands_still_unless_it_is_advanced() -> None:
    clock = JumpClock()
    fired: list[float] = []
    clock.call_at(2.0, lambda: fired.append(clock.now()))
    assert clock.now() == 0.0
    clock.advance(1.0)
    assert fired == []
    clock.advance(1.0)
    assert fired == [2.0]
    assert clock.now() == 2.0


def test_what_becomes_due_on_the_way_fires_in_order_of_time_then_of_request() -> None:
    clock = JumpClock()
    fired: list[str] = []
    clock.call_at(2.0, lambda: fired.append("b"))
    clock.call_at(1.0, lambda: fired.append("a"))
    clock.call_at(2.0, lambda: fired.append("c"))
    clock.call_at(2.0, lambda: fired.append("never")).cancel()
    assert clock.pending == [1.0, 2.0, 2.0]
    clock.advance(5.0)
    assert fired == ["a", "b", "c"]
    assert clock.pending == []


def test_a_timer_set_by_a_timer_fires_in_the_same_advance() -> None:
    clock = JumpClock()
    fired: list[float] = []

    def again() -> None:
        clock.call_at(2.0, lambda: fired.append(clock.now()))

    clock.call_at(1.0, again)
    clock.advance(3.0)
    assert fired == [2.0]


def test_jump_goes_to_the_next_timer_that_is_still_wanted() -> None:
    clock = JumpClock()
    clock.call_at(1.0, lambda: None).cancel()
    clock.call_at(3600.0, lambda: None)
    assert clock.jump()
    assert clock.now() == 3600.0
    assert not clock.jump()


def test_a_timer_for_the_past_fires_at_the_next_look_without_turning_time_back() -> None:
    clock = JumpClock()
    clock.advance(5.0)
    fired: list[float] = []
    clock.call_at(1.0, lambda: fired.append(clock.now()))
    assert clock.jump()
    assert fired == [5.0]
    assert clock.now() == 5.0


def test_run_jumps_over_an_hour_of_waiting_but_not_over_ready_work() -> None:
    clock = JumpClock()
    typed: Clock = clock

    async def main() -> list[str]:
        order: list[str] = []
        hour = asyncio.Event()
        typed.call_at(3600.0, hour.set)
        asyncio.get_running_loop().call_soon(order.append, f"ready at {typed.now()}")
        await hour.wait()
        return [*order, f"woken at {typed.now()}"]

    assert clock.run(main()) == ["ready at 0.0", "woken at 3600.0"]
