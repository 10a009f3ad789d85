"""Signals: the first ends, the second kills; handlers are put back."""

import asyncio
import os
import signal

import pytest

from weftwork.cli.codes import ExitCode
from weftwork.cli.interrupts import Interrupts
from weftwork.engine.stream import EngineClosed, Stream

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Engine:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.subscribe = self.stream.subscribe
        self.told: list[str] = []
        self.killed = asyncio.Event()

    @property
    def plan(self) -> None:
        return None

    def cancel(self, items: None = None, reason: str = "") -> None:
        del items
        self.told.append(f"cancel: {reason}")

    async def kill(self) -> None:
        self.told.append("kill")
        self.killed.set()


@pytest.mark.parametrize(
    ("number", "code", "name"),
    [
        (signal.SIGINT, ExitCode.INTERRUPTED, "Ctrl-C"),
        (signal.SIGTERM, ExitCode.TERMINATED, "SIGTERM"),
        (signal.SIGHUP, ExitCode.HANGUP, "SIGHUP"),
    ],
)
def test_the_first_signal_cancels_the_body_and_all_engines(
    number: signal.Signals, code: ExitCode, name: str
) -> None:
    sentences: list[str] = []

    async def body(interrupts: Interrupts) -> list[str]:
        engine = Engine()
        interrupts.watch(engine)
        engine.stream.publish([EngineClosed(0.0)])
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return engine.told
        return []

    with Interrupts(sentences.append) as interrupts:
        assert asyncio.run(interrupts.guard(body(interrupts))) == [f"cancel: stopped by {name}"]
    assert interrupts.code is code
    assert sentences == [f"{name}: ending the tasks; again: kill them; a third time: leave at once"]


def test_the_second_signal_kills_and_the_code_stays_that_of_the_first() -> None:
    sentences: list[str] = []

    async def body(interrupts: Interrupts) -> list[str]:
        engine = Engine()
        interrupts.watch(engine)
        engine.stream.publish([EngineClosed(0.0)])
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await engine.killed.wait()
        return engine.told

    with Interrupts(sentences.append) as interrupts:
        told = asyncio.run(interrupts.guard(body(interrupts)))
    assert told == ["cancel: stopped by Ctrl-C", "kill"]
    assert interrupts.code is ExitCode.INTERRUPTED
    assert sentences[1:] == ["killing the tasks"]


def test_a_function_without_a_loop_is_interrupted_where_it_is() -> None:
    with Interrupts(lambda _: None) as interrupts:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        assert interrupts.code is ExitCode.TERMINATED


def test_the_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Interrupts(lambda _: None):
        assert signal.getsignal(signal.SIGHUP) not in before
    assert [signal.getsignal(number) for number in SIGNALS] == before
