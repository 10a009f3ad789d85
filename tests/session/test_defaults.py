"""Flags of a command line reach engines that a script makes by itself."""

import asyncio

from weftwork.session.defaults import EngineDefaults, engine_defaults, engines_default_to


def test_there_are_no_defaults_outside_and_they_end_with_the_context() -> None:
    assert engine_defaults() is None
    with engines_default_to(EngineDefaults(workers=3)):
        with engines_default_to(EngineDefaults(workers=5)):
            assert engine_defaults() == EngineDefaults(workers=5)
        assert engine_defaults() == EngineDefaults(workers=3)
    assert engine_defaults() is None


def test_a_coroutine_started_within_sees_them() -> None:
    async def script() -> EngineDefaults | None:
        return engine_defaults()

    with engines_default_to(EngineDefaults(backend="threads")):
        assert asyncio.run(script()) == EngineDefaults(backend="threads")
