"""The end of an engine's parts, in order, however it comes about."""

import asyncio
import logging

from weftwork.core.model import ROOT, TaskState
from weftwork.session import collector
from weftwork.session.assembly import Parts
from weftwork.session.settings import EngineSettings

_LAST_WAIT = 0.5
"""Seconds beyond the grace in which the deaths of killed processes are heard of."""

_logger = logging.getLogger("weftwork")


async def give_up(parts: Parts, reason: str, grace: float) -> None:
    """Cancel all items and wait for their ends, or leave behind what nothing can end.

    Args:
        parts: Of the engine.
        reason: Given to the items.
        grace: Seconds for everything to end; what still runs on a thread then is left there.
    """
    ended = parts.driver.leave(ROOT, clean=False, reason=reason)
    await asyncio.wait([ended], timeout=grace + _LAST_WAIT)
    if not ended.done():
        await parts.backends.kill()
    await ended


async def close(parts: Parts, settings: EngineSettings) -> None:
    """Take no more calls, end what executes, and leave nothing behind.

    Raises:
        ExceptionGroup: Backends did not close. All else was done.
    """
    parts.host.close("its engine is closed")
    try:
        await parts.running.wait_ended()
        await parts.backends.close(settings.backends.grace)
        if settings.store is not None:
            await settings.store.close()
    finally:
        parts.driver.stop()
        parts.watchdog.close()
        collector.restore()
        parts.site.shelf.close()
        _close_directory(parts)


def _close_directory(parts: Parts) -> None:
    directory = parts.site.directory
    failed = any(counts[TaskState.FAILED] for counts in parts.driver.ledger.ended.values())
    if failed and directory.has_files():
        parts.announcer.notice(f"workspaces and logs are kept in {directory.path}")
        _logger.info("workspaces and logs are kept in %s", directory.path)
    else:
        directory.remove()
