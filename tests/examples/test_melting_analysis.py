"""The analysis of the melting point campaign, on series whose answer is known."""

from pathlib import Path

import numpy as np
import pytest
from analysis import (
    ENOUGH,
    Estimate,
    Growth,
    by_temperature,
    growth,
    growth_rate,
    locate,
    propose,
    sign_change,
    signs,
    spread,
    worth_asking,
)
from numpy.typing import NDArray

TIMES = np.arange(1, 31) * 0.5
MELTING = 0.62


def walk(temperature: float, seed: int, noise: float = 0.016) -> NDArray[np.floating]:
    """Draw a crystal fraction that drifts as (0.62 - temperature) says and diffuses as well."""
    steps = np.random.default_rng(seed).normal(
        0.44 * (MELTING - temperature) * 0.5, noise * np.sqrt(0.5), len(TIMES)
    )
    return np.clip(0.5 + np.cumsum(steps), 0, 1)


def run(temperature: float, seed: int, noise: float = 0.016) -> Growth:
    rate, error = growth_rate(TIMES, walk(temperature, seed, noise))
    return Growth(temperature, seed, rate, error, (), ())


def known(temperature: float, rate: float, error: float = 0.005, seed: int = 1) -> Growth:
    return Growth(temperature, seed, rate, error, (), ())


def test_the_rate_of_a_straight_line_is_its_slope() -> None:
    rate, error = growth_rate(TIMES, 0.4 + 0.01 * TIMES)
    assert rate == pytest.approx(0.01)
    assert error == pytest.approx(0, abs=1e-12)


def test_what_happens_before_the_box_has_settled_is_left_out() -> None:
    disturbed = np.where(TIMES <= 2.5, 0.9, 0.4 + 0.01 * TIMES)
    assert growth_rate(TIMES, disturbed)[0] == pytest.approx(0.01)


def test_what_happens_after_one_phase_has_won_is_left_out() -> None:
    times = np.arange(1, 61) * 0.5
    rate, _ = growth_rate(times, np.minimum(0.5 + 0.03 * times, 0.97))
    assert rate == pytest.approx(0.03, rel=0.05)


def test_a_phase_that_wins_at_once_still_gives_a_sign() -> None:
    assert growth_rate(TIMES, np.where(TIMES < 4, 0.5, 0.98))[0] > 0


def test_the_error_of_a_rate_covers_its_scatter() -> None:
    runs = [run(MELTING, seed) for seed in range(400)]
    scatter = np.std([one.rate for one in runs])
    assert np.sqrt(np.mean([one.error**2 for one in runs])) == pytest.approx(scatter, rel=0.25)


def test_a_sign_is_told_only_where_it_is_clear() -> None:
    runs = [known(0.55, 0.02), known(0.62, 0.01), known(0.7, -0.02)]
    assert signs(runs) == {0.55: 1, 0.62: 0, 0.7: -1}


def test_replicas_make_an_unclear_sign_clear() -> None:
    runs = [known(0.6, 0.01, seed=seed) for seed in range(3)]
    assert signs(runs[:1]) == {0.6: 0}
    assert signs(runs) == {0.6: 1}


def test_the_sign_changes_between_the_nearest_clear_temperatures() -> None:
    runs = [known(0.5, 0.03), known(0.6, 0.02), known(0.65, -0.02), known(0.8, -0.03)]
    assert sign_change(runs, 0.4, 0.9) == (0.6, 0.65)
    assert worth_asking(runs, 0.4, 0.9) == pytest.approx((0.56, 0.69))


def test_a_likely_sign_is_enough_to_look_elsewhere() -> None:
    runs = [known(0.6, 0.012), known(0.65, -0.012)]
    assert sign_change(runs, 0.4, 0.9) == (0.4, 0.9)
    assert worth_asking(runs, 0.4, 0.9) == pytest.approx((0.56, 0.69))


def test_the_range_is_the_answer_while_nothing_is_clear() -> None:
    assert sign_change([known(0.6, 0.001)], 0.4, 0.9) == (0.4, 0.9)
    assert worth_asking([known(0.6, 0.001)], 0.4, 0.9) == (0.4, 0.9)


def test_few_simulations_give_the_bracket_of_their_signs() -> None:
    estimate = locate([known(0.6, 0.02), known(0.65, -0.02)], 0.4, 0.9)
    assert (estimate.low, estimate.high) == (0.6, 0.65)
    assert estimate.temperature == pytest.approx(0.625)
    assert not estimate.is_within(1)


def test_a_line_without_noise_is_found_exactly() -> None:
    runs = [known(at, 0.4 * (MELTING - at), 1e-6, seed) for at in (0.6, 0.65) for seed in range(10)]
    estimate = locate(runs, 0.4, 0.9)
    assert estimate.temperature == pytest.approx(MELTING)
    assert estimate.slope == pytest.approx(-0.4)
    assert estimate.is_within(1e-6)


def test_the_bracket_holds_the_melting_point_about_as_often_as_it_says() -> None:
    inside = 0
    for trial in range(60):
        temperatures = np.repeat([0.58, 0.6, 0.615, 0.625, 0.64, 0.66], 4)
        runs = [run(float(at), 1000 * trial + n) for n, at in enumerate(temperatures)]
        estimate = locate(runs, 0.4, 0.9)
        inside += estimate.low <= MELTING <= estimate.high
    assert inside >= 52


def test_a_bracket_is_believed_only_when_it_rests_on_enough_simulations() -> None:
    def narrow(simulations: int) -> Estimate:
        return Estimate(0.62, 0.001, 0.618, 0.622, -0.4, simulations)

    assert narrow(ENOUGH).is_within(0.01)
    assert not narrow(ENOUGH - 1).is_within(0.01)
    assert not narrow(ENOUGH).is_within(0.001)


def test_the_next_temperatures_are_the_bracket_and_its_middle_on_a_grid() -> None:
    wide = Estimate(0.6243, 0.02, 0.5943, 0.6543, -0.4, 8)
    assert propose(wide, 0.01) == [0.595, 0.625, 0.655]


def test_proposals_stay_apart_where_the_bracket_is_narrow() -> None:
    narrow = Estimate(0.6243, 0.001, 0.6233, 0.6253, -0.4, 8)
    assert propose(narrow, 0.01) == [0.605, 0.625, 0.645]


def test_a_spread_begins_in_the_middle_of_the_range() -> None:
    assert spread(0.5, 0.8, 7)[0] == 0.65
    assert sorted(spread(0.5, 0.8, 7)) == [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8]


def test_the_adaptive_loop_finds_a_melting_point_it_does_not_know() -> None:
    runs = [run(at, seed) for at in spread(0.5, 0.8) for seed in (int(at * 1e4), int(at * 1e4) + 1)]
    estimate = locate(runs, 0.5, 0.8)
    while not estimate.is_within(0.01) and len(runs) < 100:
        runs += [run(at, len(runs) + n) for n, at in enumerate(propose(estimate, 0.01) * 2)]
        estimate = locate(runs, 0.5, 0.8)
    assert estimate.temperature == pytest.approx(MELTING, abs=0.01)


def test_replicas_are_grouped_by_temperature_lowest_first() -> None:
    groups = by_temperature([known(0.7, 0, seed=1), known(0.6, 0, seed=2), known(0.7, 0, seed=3)])
    assert [(at, [one.seed for one in runs]) for at, runs in groups.items()] == [
        (0.6, [2]),
        (0.7, [1, 3]),
    ]


def test_a_file_of_a_simulation_is_read_with_its_comments(tmp_path: Path) -> None:
    path = tmp_path / "coex.dat"
    rows = [f"{100 * n} {0.5 * n} {0.4 + 0.005 * n}" for n in range(1, 31)]
    path.write_text("# Time-averaged data\n# TimeStep v_time c_fraction\n" + "\n".join(rows))
    answer = growth(0.6, 7, path)
    assert answer.rate == pytest.approx(0.01)
    assert (answer.temperature, answer.seed, answer.times[0]) == (0.6, 7, 0.5)
    assert answer.fractions[-1] == pytest.approx(0.55)


def test_a_simulation_that_is_too_short_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "coex.dat"
    path.write_text("100 0.5 0.4\n200 1.0 0.4\n")
    with pytest.raises(ValueError, match=r"coex.dat ends at time 1: expected at least 12 samples"):
        growth(0.6, 1, path)
