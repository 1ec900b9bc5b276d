import math
import random
from datetime import date, timedelta

import pytest

from cleanplate_waste.domain.reconciliation import (
    Week,
    estimate_factor,
    judge,
    running_median,
)

MONDAY = date(2026, 1, 5)
TRUTH = 0.7
SIMULATIONS = 1_000


def a_week(number=0, logged=100_000, collected=100_000, open_days=5, gap_days=0):
    return Week(MONDAY + timedelta(weeks=number), logged, collected, open_days, gap_days)


def simulated(rng, count, memory):
    """Weeks whose kitchen weighs 0.7 of what is collected, give or take 0.1, week by week."""
    own, weeks = rng.gauss(0, 1), []
    for number in range(count):
        collected = round(500_000 * rng.lognormvariate(0, 0.35))
        logged = max(round(collected * (TRUTH + 0.1 * own)), 1)
        weeks.append(a_week(number, logged, collected))
        own = memory * own + math.sqrt(1 - memory**2) * rng.gauss(0, 1)
    return weeks


def coverage(count, memory, interval):
    rng = random.Random(f"{count} {memory}")  # noqa: S311
    found = [interval(simulated(rng, count, memory)) for _ in range(SIMULATIONS)]
    return sum(low <= TRUTH <= high for low, high in found) / SIMULATIONS


def ours(weeks):
    factor = estimate_factor(weeks)
    return factor.low, factor.high


def naive(weeks):
    """As if weeks knew nothing of each other, and eight of them were as good as any number."""
    collected = sum(week.collected_grams for week in weeks)
    ratio = sum(week.logged_grams for week in weeks) / collected
    squares = sum((week.logged_grams - ratio * week.collected_grams) ** 2 for week in weeks)
    half = 1.96 * math.sqrt(squares) / collected
    return ratio - half, ratio + half


@pytest.mark.parametrize("memory", [0.0, 0.3])
@pytest.mark.parametrize("count", [8, 13, 26, 39, 52])
def test_the_interval_of_the_factor_covers_the_truth_in_93_to_97_of_100(count, memory):
    assert 0.93 <= coverage(count, memory, ours) <= 0.97


@pytest.mark.parametrize("count", [8, 13, 26, 39, 52])
def test_an_interval_that_ignores_that_weeks_resemble_each_other_covers_less(count):
    assert coverage(count, 0.3, naive) < 0.9


def test_the_factor_is_a_ratio_of_sums_of_weeks_without_gaps():
    weeks = [
        a_week(0, 60_000, 100_000),
        a_week(1, 240_000, 300_000),
        a_week(2, 10_000, 100_000, gap_days=1),
        a_week(3, 90_000, None),
        a_week(4, 90_000, 0),
    ]
    factor = estimate_factor(weeks)
    assert (factor.value, factor.low, factor.weeks) == (0.75, None, 2)


def test_seven_weeks_have_no_interval_and_eight_have():
    weeks = [a_week(n, 70_000 + 1_000 * n) for n in range(8)]
    assert estimate_factor(weeks[:7]).low is None
    factor = estimate_factor(weeks)
    assert factor.low < factor.value < factor.high


def test_what_drains_away_is_not_counted_as_weighed():
    assert estimate_factor([a_week(logged=100_000, collected=95_000)], 0.05).value == 1.0


def test_no_week_to_compare_is_no_factor():
    assert estimate_factor([a_week(collected=None)]) is None


def test_a_running_median_follows_a_shift_and_not_a_single_week():
    rhos = [1.0, 1.0, 3.0, 1.0, None, 1.0, 1.5, 1.5, 1.5]
    assert running_median(rhos) == [1.0, 1.0, 1.0, 1.0, None, 1.0, 1.0, 1.5, 1.5]


@pytest.mark.parametrize(
    ("collected", "completeness", "tier", "reason"),
    [
        (90_000, 0.9, "A", "agrees"),
        (115_000, 1.0, "A", "agrees"),
        (100_000, 0.89, "B", "incomplete"),
        (100_000, None, "B", "incomplete"),
        (89_000, 1.0, "B", "differs"),
        (116_000, 1.0, "B", "differs"),
        (75_000, 1.0, "B", "differs"),
        (135_000, 0.2, "B", "differs"),
        (74_000, 1.0, "C", "far_off"),
        (136_000, 1.0, "C", "far_off"),
        (None, 1.0, "C", "not_compared"),
    ],
)
def test_the_tier_follows_from_ratio_and_completeness(collected, completeness, tier, reason):
    verdict = judge([a_week(collected=collected)], completeness)
    assert (verdict.tier, verdict.reason) == (tier, reason)


def test_a_minority_of_weeks_proves_nothing():
    weeks = [a_week(0), a_week(1, collected=None), a_week(2, collected=None)]
    assert judge(weeks, 1.0).reason == "not_compared"
    assert judge(weeks[:2], 1.0).tier == "A"
