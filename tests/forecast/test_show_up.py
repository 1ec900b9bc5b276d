import numpy as np
import pytest

from cleanplate_forecast.domain.showup import (
    expected_present,
    learn_show_up,
    present_quantiles,
    split_served,
)

LEVELS = (0.1, 0.5, 0.9)


def simulated(days: int, rate: float, size: float, walk_ins: float, seed: int = 1):
    """Give days whose chance to show up is drawn from a beta distribution."""
    random = np.random.default_rng(seed)
    registered = random.integers(190, 210, days)
    came = random.binomial(registered, random.beta(rate * size, (1 - rate) * size, days))
    return registered, came, random.poisson(walk_ins, days)


def test_known_rates_are_found_again():
    signed, came, extra = simulated(2000, 0.9, 99, 12)
    usual = learn_show_up(signed, came, extra, np.zeros(2000, dtype=int), 1)
    assert usual.rate[0] == pytest.approx(0.9, abs=0.005)
    assert usual.spread == pytest.approx(1 / 100, rel=0.15)
    assert usual.walk_ins[0] == pytest.approx(12, rel=0.03)
    assert expected_present(usual, np.array([200.0]), np.array([0])) == pytest.approx(192, abs=1.5)


def test_the_quantiles_hold_what_they_promise():
    signed, came, extra = simulated(1000, 0.85, 60, 8)
    usual = learn_show_up(signed, came, extra, np.zeros(1000, dtype=int), 1)
    signed, came, extra = simulated(1000, 0.85, 60, 8, seed=2)
    by_size = {n: present_quantiles(usual, n, 0, LEVELS) for n in range(190, 210)}
    found = np.array([by_size[n] for n in signed])
    share = (came + extra <= found.T).mean(axis=1)
    assert share == pytest.approx(LEVELS, abs=0.035)


def test_without_differences_between_days_it_is_the_binomial_distribution():
    random = np.random.default_rng(3)
    signed = np.full(3000, 100)
    came = random.binomial(signed, 0.5)
    usual = learn_show_up(signed, came, np.zeros(3000, dtype=int), np.zeros(3000, dtype=int), 1)
    assert present_quantiles(usual, 100, 0, LEVELS) == pytest.approx([44, 50, 56], abs=1)


def test_a_small_group_is_drawn_towards_all_and_a_large_one_is_not():
    signed = np.full(102, 100)
    came = np.where(np.arange(102) < 100, 90, 10)
    groups = (np.arange(102) >= 100).astype(int)
    usual = learn_show_up(signed, came, np.zeros(102, dtype=int), groups, 3)
    assert usual.rate[0] == pytest.approx(0.9, abs=0.002)
    assert 0.5 < usual.rate[1] < 0.7
    assert usual.rate[2] == pytest.approx(came.sum() / signed.sum())  # nothing known of it


def test_more_than_were_registered_are_walk_ins():
    came, besides = split_served(np.array([10, 10]), np.array([8, 13]))
    assert (came.tolist(), besides.tolist()) == ([8, 10], [0, 3])


def test_what_cannot_be_is_refused():
    nothing = np.zeros(1, dtype=int)
    with pytest.raises(ValueError, match="registered"):
        learn_show_up(nothing, nothing, nothing, nothing, 1)
    with pytest.raises(ValueError, match="registered"):
        learn_show_up(np.array([1]), np.array([2]), nothing, nothing, 1)
