"""The change that is told is the change that was made, and its interval holds it."""

from datetime import date

import numpy as np
import pytest
from bench.wasting import Canteen, wasted

from cleanplate_report.domain.measurement import (
    FEWEST_DAYS,
    Change,
    Days,
    estimate,
    smallest_detectable,
)
from cleanplate_report.domain.pooling import Part, difference, together
from cleanplate_report.domain.step import Belief
from cleanplate_shared.contracts.report_measurement import ChangeVerdict


def a_belief(centre: float, spread: float, freedom: float = 1e6) -> Belief:
    return Belief(np.array([centre]), np.array([spread]), np.ones(1), freedom)


def change_of(days: Days) -> Change:
    belief = estimate(days)
    assert belief is not None
    return Change.of(belief)


def test_without_noise_the_change_is_exact_whatever_diners_do():
    canteen = Canteen(elasticity=0.85, spread=0.0, weekdays=False)
    found = change_of(wasted(canteen, 60, 40, change=-0.2, drift=0.3))
    assert found.value == pytest.approx(-0.2, abs=1e-6)
    assert found.low == pytest.approx(found.high, abs=1e-3)


def test_the_interval_holds_the_truth_in_93_5_to_96_5_of_100_and_the_middle_is_right():
    rng = np.random.default_rng(6)
    held, errors = [], []
    for seed in range(1200):
        canteen = Canteen(rng.uniform(0.5, 1.0), rng.uniform(0.15, 0.35), rng.uniform(0, 0.5))
        counts = ((21, 21), (60, 60), (120, 60), (240, 21))[seed % 4]
        truth = float(rng.choice([0.0, -0.05, -0.15, -0.25]))
        found = change_of(wasted(canteen, *counts, truth, rng.uniform(-0.2, 0.2), seed))
        held.append(found.low <= truth <= found.high)
        errors.append(found.value - truth)
    assert 0.935 <= np.mean(held) <= 0.965
    assert abs(np.mean(errors)) < 0.01


def test_an_interval_that_takes_days_for_independent_holds_it_less_often():
    """The negative control."""
    held = 0
    for seed in range(200):
        days = wasted(Canteen(spread=0.25, memory=0.5), 60, 60, change=0.0, seed=seed)
        ratios = days.waste / days.served
        sides = [ratios[days.is_after == after] for after in (False, True)]
        centre = np.log(sides[1].mean() / sides[0].mean())
        error = np.hypot(*(side.std() / side.mean() / len(side) ** 0.5 for side in sides))
        held += abs(centre) < 1.96 * error
    assert held / 200 < 0.85


def test_more_diners_alone_are_no_change_though_the_rate_falls():
    raw, adjusted = [], []
    for seed in range(40):
        days = wasted(Canteen(elasticity=0.6, spread=0.2), 120, 120, drift=0.2, seed=seed)
        rates = [np.divide(*days.sums(after=after)) for after in (False, True)]
        raw.append(rates[1] / rates[0] - 1)
        adjusted.append(change_of(days).value)
    assert np.mean(raw) < -0.05
    assert abs(np.mean(adjusted)) < 0.02


def test_where_nothing_changed_a_decrease_is_hardly_ever_told():
    found = [
        change_of(wasted(Canteen(spread=0.25, memory=0.3), 40, 40, seed=seed)).verdict
        for seed in range(400)
    ]
    assert found.count(ChangeVerdict.DECREASE) <= 16
    assert found.count(ChangeVerdict.NO_SIGNIFICANT_CHANGE) >= 370


def test_a_day_without_waste_is_a_day():
    days = wasted(Canteen(spread=0.2), 60, 60)
    days.waste[70] = 0.0
    assert -0.2 < change_of(days).value < 0.2


@pytest.mark.parametrize("counts", [(FEWEST_DAYS - 1, 60), (60, FEWEST_DAYS - 1)])
def test_nine_days_say_nothing(counts):
    assert estimate(wasted(Canteen(), *counts)) is None
    assert estimate(wasted(Canteen(), *(max(count, FEWEST_DAYS) for count in counts))) is not None


def test_without_any_waste_on_one_side_nothing_is_said():
    days = wasted(Canteen(), 30, 30)
    days.waste[days.is_after] = 0.0
    assert estimate(days) is None


def test_a_column_that_explains_the_change_takes_it():
    days = wasted(Canteen(spread=0.1), 200, 200)
    given = np.random.default_rng(1).normal(size=400) + np.where(days.is_after, 1.0, 0.0)
    raised = Days(**vars(days) | {"waste": days.waste * np.exp(0.2 * given)})
    told = Days(**vars(raised) | {"numbers": {"x_heat": given}})
    assert change_of(raised).value > 0.15
    assert abs(change_of(told).value) < 0.05


def test_the_smallest_change_that_is_seen_is_2_8_errors():
    assert smallest_detectable(a_belief(0.0, 0.05)) == pytest.approx(
        1 - np.exp(-2.8016 * 0.05), 1e-3
    )


def test_all_together_are_a_ratio_of_sums_and_surer_than_each():
    parts = [Part(a_belief(np.log(0.8), 0.1), 800.0), Part(a_belief(0.0, 0.1), 1000.0)]
    found = together(parts)
    assert np.exp(found.centre) == pytest.approx(1800 / 2000)
    assert found.spread == pytest.approx(0.1 * 0.5**0.5)


def test_an_effect_is_what_the_others_did_not_do():
    treated = [Part(a_belief(np.log(0.7), 0.03), 1.0) for _ in range(5)]
    others = [Part(a_belief(np.log(0.9), 0.03), 1.0) for _ in range(5)]
    found = Change.of(difference(treated, others))
    assert found.value == pytest.approx(0.7 / 0.9 - 1)
    assert found.verdict is ChangeVerdict.DECREASE


def test_canteens_that_differ_for_reasons_of_their_own_make_an_effect_less_sure():
    alike = [Part(a_belief(0.0, 0.03), 1.0) for _ in range(4)]
    apart = [Part(a_belief(at, 0.03), 1.0) for at in (-0.4, -0.2, 0.2, 0.4)]
    assert difference(apart, alike).spread > 4 * difference(alike, alike).spread


@pytest.mark.parametrize("groups", [([], [1]), ([1], [])])
def test_an_effect_needs_both_groups(groups):
    sides = [[Part(a_belief(0.0, 0.1), 1.0) for _ in group] for group in groups]
    with pytest.raises(ValueError, match="without a canteen"):
        difference(*sides)


def test_the_verdict_follows_from_the_interval():
    assert Change(-0.1, -0.2, -0.01).verdict is ChangeVerdict.DECREASE
    assert Change(-0.1, -0.2, 0.01).verdict is ChangeVerdict.NO_SIGNIFICANT_CHANGE
    assert Change(0.1, 0.01, 0.2).verdict is ChangeVerdict.INCREASE


def test_the_days_of_the_helper_are_weekdays():
    days = wasted(Canteen(), 10, 10)
    assert {date.fromordinal(int(day)).weekday() for day in days.ordinals} == set(range(5))
