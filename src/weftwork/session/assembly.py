"""Puts an engine together: one driver, its backends, block runs and host, on the running loop."""

import asyncio
import logging
from dataclasses import dataclass

from weftwork.codecs.arguments import encode_arguments
from weftwork.config.backends import make_backend
from weftwork.effects.clock import LoopClock
from weftwork.effects.randomness import draw
from weftwork.engine.announcer import Announcer
from weftwork.engine.blocks import BlockRuns
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.dispatch import BLOCKS, Dispatch, Routes
from weftwork.engine.driver import Driver
from weftwork.engine.host import EngineHost
from weftwork.engine.nesting import Nesting
from weftwork.engine.opened import OpenBackends
from weftwork.engine.ports import Backend
from weftwork.engine.preparation import Preparation
from weftwork.engine.running import Running
from weftwork.engine.site import Site
from weftwork.engine.stream import Stream
from weftwork.session.echo import echo
from weftwork.session.settings import EngineSettings
from weftwork.session.watchdog import Watchdog
from weftwork.tasks.capture import Captured
from weftwork.tasks.item import Item

_logger = logging.getLogger("weftwork")


@dataclass(slots=True)
class Parts:
    """The parts of one open engine."""

    loop: asyncio.AbstractEventLoop
    site: Site
    driver: Driver
    dispatch: Dispatch
    backends: OpenBackends
    running: Running
    announcer: Announcer
    watchdog: Watchdog
    host: EngineHost
    default: str


def assemble(settings: EngineSettings, stream: Stream) -> Parts:
    """Make the parts of an engine for the running loop. Nothing is started but the watchdog."""
    loop = asyncio.get_running_loop()
    clock = settings.clock or LoopClock(loop)
    site = Site(settings.backends, clock, SessionDirectory(settings.workdir))
    announcer = Announcer(stream, clock, echo if settings.echo else None)

    def tell(text: str) -> None:
        # At once, from the watchdog's thread: the loop may be held for ever.
        _logger.warning("%s", text)
        if settings.echo:  # Else a display shows the log, and would show the notice as well.
            loop.call_soon_threadsafe(announcer.notice, text)

    watchdog = Watchdog(loop, tell)
    running = Running(lambda error: driver.crash(error))  # noqa: PLW0108 - made below
    driver = Driver(clock, settings.store, announcer, draw, _crashed, watchdog.beat)
    announcer.follow(driver.ledger)
    fakes = settings.fakes or {}
    given = settings.backend
    default = given if isinstance(given, str) else given.name
    if settings.dry_run:
        default = "noop"
    routes = Routes(default, default if settings.dry_run else None, fakes)

    backends = OpenBackends(
        lambda name: blocks if name == BLOCKS else _backend(given, name, site),
        driver.inbox.put_all,
        running.start,
    )
    dispatch = Dispatch(
        driver.ledger,
        backends,
        driver.inbox.put_all,
        Preparation(running, fakes),
        routes,
        settings.store,
    )
    driver.connect(dispatch)

    def encode(item: Item[object]) -> None:
        captured = item._captured
        if isinstance(captured, Captured) and not captured.plain:
            item._captured = encode_arguments(captured, site.shelf)

    nesting = Nesting()
    host = EngineHost(driver, dispatch, backends, routes, nesting, encode)
    blocks = BlockRuns(driver, running, host, nesting)
    return Parts(
        loop, site, driver, dispatch, backends, running, announcer, watchdog, host, default
    )


def _backend(given: str | Backend, name: str, site: Site) -> Backend:
    """Return the backend of a name: the object the engine was given, or a new one."""
    if not isinstance(given, str) and given.name == name:
        return given
    return make_backend(name, site)


def _crashed(error: BaseException) -> None:
    _logger.critical("bug in Weftwork, please report it", exc_info=error)
