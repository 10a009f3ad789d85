"""What must have ended before a lane is closed."""

import asyncio

from weftwork.engine.ports import Clock


class Alive:
    """Counts what executes. To be used on the engine's loop."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: asyncio.Future[bool] | None = None

    def add(self) -> None:
        """One more."""
        self._count += 1

    def remove(self) -> None:
        """One less; whoever waits for none is woken by the last."""
        self._count -= 1
        if not self._count:
            self._resolve(empty=True)

    async def wait_none(self, clock: Clock, grace: float) -> bool:
        """Wait until there is none, at most `grace` seconds. Returns whether there is none."""
        if not self._count or grace <= 0:
            return not self._count
        self._waiting = asyncio.get_running_loop().create_future()
        timer = clock.call_at(clock.now() + grace, lambda: self._resolve(empty=False))
        try:
            return await self._waiting
        finally:
            timer.cancel()
            self._waiting = None

    def _resolve(self, *, empty: bool) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(empty)
