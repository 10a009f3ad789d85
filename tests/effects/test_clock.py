"""The clock of a loop."""

import asyncio

from weftwork.effects.clock import LoopClock
from weftwork.effects.points import CrashPoint, watched
from weftwork.engine.ports import Clock


def test_timers_fire_on_the_loop_in_order_unless_called_off() -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        clock: Clock = LoopClock(loop)
        fired: list[str] = []
        done = asyncio.Event()
        now = clock.now()
        clock.call_at(now + 0.002, done.set)
        clock.call_at(now + 0.001, lambda: fired.append("late"))
        clock.call_at(now, lambda: fired.append("soon"))
        clock.call_at(now, lambda: fired.append("never")).cancel()
        await done.wait()
        assert clock.now() >= now + 0.001
        return fired

    assert asyncio.run(main()) == ["soon", "late"]


def test_setting_a_timer_is_a_point() -> None:
    async def main() -> list[CrashPoint]:
        passed: list[CrashPoint] = []
        clock = LoopClock(asyncio.get_running_loop())
        with watched(passed.append):
            clock.call_at(clock.now(), lambda: None)
        return passed

    assert asyncio.run(main()) == [CrashPoint.SET_TIMER]
