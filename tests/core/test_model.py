"""The plain values: pauses between tries, and states as keys."""

import copy
import pickle

import pytest

from weftwork.core.model import RetryPolicy, TaskState


@pytest.mark.parametrize(("failures", "pause"), [(1, 5.0), (2, 15.0), (3, 45.0)])
def test_pauses_grow_by_the_factor(failures: int, pause: float) -> None:
    assert RetryPolicy(9, wait=5.0, factor=3.0).pause(failures, draw=0.0) == pause


@pytest.mark.parametrize(("draw", "pause"), [(0.0, 8.0), (0.5, 6.0), (1.0, 4.0)])
def test_jitter_is_the_share_of_the_pause_that_is_drawn(draw: float, pause: float) -> None:
    assert RetryPolicy(1, wait=8.0, jitter=0.5).pause(1, draw) == pause


def test_no_pause_stays_none_however_often_it_grows() -> None:
    assert RetryPolicy(10_000).pause(5_000, draw=0.9) == 0.0


def test_states_stay_themselves_as_keys() -> None:
    table = {state: state.value for state in TaskState}
    for state in TaskState:
        assert table[TaskState(state.value)] == state.value
        assert pickle.loads(pickle.dumps(state)) is copy.deepcopy(state) is state  # noqa: S301
