"""Draws are uniform and leave the user's generators alone."""

import random

import pytest

from weftwork.effects.randomness import draw


def test_draws_are_in_the_unit_interval_and_spread() -> None:
    draws = [draw() for _ in range(1000)]
    assert all(0.0 <= number < 1.0 for number in draws)
    assert len(set(draws)) == 1000
    assert 0.4 < sum(draws) / 1000 < 0.6


def test_the_largest_draw_is_below_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.urandom", b"\xff".__mul__)
    assert draw() == 1.0 - 2.0**-53


def test_a_seeded_generator_goes_on_as_if_nothing_was_drawn() -> None:
    random.seed(7)
    state = random.getstate()
    draw()
    assert random.getstate() == state
