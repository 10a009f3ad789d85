"""Simulation: any graph, on any world; the invariants and a naive oracle after each event."""

import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from core.draws import Draws
from core.profile import thorough
from core.world import World
from weftwork.core.scheduler import Scheduler


@thorough
@given(store=st.booleans(), data=st.data())
def test_every_flow_ends_and_its_events_replay(store: bool, data: st.DataObject) -> None:
    world = World(Draws(lambda choices: data.draw(st.integers(0, choices - 1))), store=store)
    world.live()
    replay = Scheduler(store=store)
    assert [replay.handle(event) for event in world.told] == world.said


FLOWS = """
import random
from core.draws import Draws
from core.world import World
for seed in range(20):
    world = World(Draws(random.Random(seed).randrange), store=seed % 2 == 0)
    world.live()
    print(world.said)
"""


def said(hash_seed: str) -> str:
    tests = Path(__file__).parents[1]
    run = subprocess.run(  # noqa: S603 - our own interpreter on a constant
        [sys.executable, "-c", FLOWS],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{tests.parent / 'src'}:{tests}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


@pytest.mark.slow
def test_no_hash_order_leaks_into_the_commands() -> None:
    first, *others = [said(seed) for seed in ("1", "2", "3")]
    assert "Submit" in first
    assert others == [first, first]
