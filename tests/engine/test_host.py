"""How items come to an engine."""

import threading
from contextlib import suppress

import pytest

import weftwork as ww
from weftwork.core.model import ItemId
from weftwork.engine.host import EngineHost
from weftwork.tasks.item import Item


@ww.task
def double(x: int) -> int:
    return 2 * x


def test_a_loose_item_that_two_threads_wait_for_is_taken_on_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = double(2)
    both = threading.Barrier(2, timeout=0.3)
    add = EngineHost.add

    def add_when_both_have_looked(self: EngineHost, item: Item[object], group: ItemId) -> None:
        # Both threads come here only if nothing makes one wait for the other.
        with suppress(threading.BrokenBarrierError):
            both.wait()
        add(self, item, group)

    monkeypatch.setattr(EngineHost, "add", add_when_both_have_looked)
    results: list[int] = []
    with ww.WorkflowEngine("inline") as engine:

        def wait() -> None:
            with ww.scope(engine):
                results.append(item.result(20))

        threads = [threading.Thread(target=wait) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [4, 4]


def test_an_item_without_inputs_that_was_just_called_waits_for_none() -> None:
    @ww.block
    async def flow() -> str:
        item = ww.task(str)(1)
        said = item.explain()
        await item
        return said

    assert "waits for" not in ww.run(flow(), backend="inline")
