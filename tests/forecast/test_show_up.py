from dataclasses import replace

import numpy as np
import pytest

from cleanplate_forecast.domain.attendance import Forecast
from cleanplate_forecast.domain.circumstances import factors_of, learn_effects
from cleanplate_forecast.domain.columns import MIDDLE, QUANTILES, Columns
from cleanplate_forecast.domain.features import Asked, Memory
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.domain.present import Chances, present_quantiles
from cleanplate_forecast.domain.showup import (
    OWN_DAYS,
    ShowUp,
    learn_show_up,
    moved_by_rule,
    present_of,
    split_served,
)

MONDAY = 738_521
LOW, HIGH = QUANTILES.index(0.1), QUANTILES.index(0.9)


def simulated(canteens=20, days=60, rate=0.9, apart=0.03, walk_ins=0.05, seed=1) -> Columns:
    """Give canteens Monday to Friday whose chance to show up differs, from day to day too."""
    random = np.random.default_rng(seed)
    weekday = np.arange(days) % 5
    size = np.exp(random.normal(5.0, 0.7, (canteens, 1)))
    registered = 1 + random.poisson(size, (canteens, days))
    own = np.clip(random.normal(rate, apart, (canteens, 1)), 0.5, 0.99)
    came = random.binomial(registered, random.beta(own * 80, (1 - own) * 80, registered.shape))
    besides = random.poisson(registered * walk_ins)
    return Columns(
        names=tuple(str(n) for n in range(canteens)),
        series=np.repeat(np.arange(canteens), days),
        meals=np.zeros(canteens * days, dtype=np.int64),
        days=np.tile(MONDAY + np.arange(days) // 5 * 7 + weekday, canteens),
        kinds=np.tile(weekday, canteens),
        served=(came + besides).ravel().astype(np.float64),
        registered=registered.ravel().astype(np.float64),
        early={24: random.binomial(registered, 0.5).ravel().astype(np.float64)},
        walk_ins=besides.ravel().astype(np.float64),
    )


def learnt(columns: Columns) -> ShowUp:
    memory = Memory(columns)
    return learn_show_up(memory, len(memory.dates) - 1, 1)


def asked_about(memory: Memory, rows, own_days: int, hours: float = 0.0) -> Asked:
    """Ask from the eve, as if the canteens had opened so many days before."""
    return Asked(
        rows,
        rows - own_days,
        rows - 1,
        memory.columns.days[rows] - 1,
        Seen.at(memory.columns, rows, np.full(len(rows), hours)),
    )


def last_rows(columns: Columns):
    return np.flatnonzero(columns.days == columns.days.max())


def forecast(usual: ShowUp, columns: Columns, own_days: int, registered=None):
    memory, rows = Memory(columns), last_rows(columns)
    signed = columns.registered[rows] if registered is None else registered
    return present_of(usual, memory, asked_about(memory, rows, own_days), signed)


def test_known_rates_are_found_again():
    usual = learnt(simulated(canteens=60, rate=0.85, walk_ins=0.1))
    assert usual.rate.effects.usual == pytest.approx(0.85, abs=0.02)
    assert usual.rate.days == pytest.approx(1 / 81, abs=0.004)
    assert usual.rate.canteens == pytest.approx(0.03**2 / (0.85 * 0.15), rel=0.6)
    assert usual.walk_ins.effects.usual == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("own_days", [0, 3, 10])
def test_new_canteens_are_within_the_range_as_often_as_promised(own_days):
    """Some 240 canteens of the same truth, none of which was learnt from."""
    usual, inside = learnt(simulated()), []
    for seed in range(2, 6):
        columns = simulated(canteens=60, days=11, seed=seed)
        made, served = forecast(usual, columns, own_days), columns.served[last_rows(columns)]
        inside += ((served >= made[:, LOW]) & (served <= made[:, HIGH])).tolist()
    assert np.mean(inside) == pytest.approx(0.8, abs=0.09)


def test_own_days_bring_the_forecast_nearer():
    usual, away = learnt(simulated(apart=0.08)), {}
    columns = simulated(canteens=200, days=21, apart=0.08, seed=2)
    for own_days in (0, 3, 20):
        made = forecast(usual, columns, own_days)[:, MIDDLE]
        away[own_days] = np.abs(columns.served[last_rows(columns)] - made).sum()
    assert away[20] < away[3] < 0.9 * away[0]


def test_without_any_day_a_guess_is_given_that_days_take_the_place_of():
    columns = simulated(canteens=2, days=2)
    assumed = learn_show_up(Memory(columns.unknown_after(0)), 1, 1)
    many = learnt(simulated(rate=0.6))
    guess, told = (forecast(usual, columns, 0, np.full(2, 100.0)) for usual in (assumed, many))
    assert guess[0, MIDDLE] == pytest.approx(93, abs=3)
    assert guess[0, LOW] < 80
    assert told[0, MIDDLE] == pytest.approx(65, abs=4)


def test_fridays_large_canteens_and_rain_are_learnt_of():
    columns = simulated(apart=0.0, walk_ins=0.0)
    random = np.random.default_rng(3)
    rain = np.repeat(random.random(60) < 0.4, 1)[np.tile(np.arange(60), 20)]
    less = 0.1 * (columns.kinds == 4) + 0.1 * (columns.registered > 300) + 0.2 * rain
    served = random.binomial(columns.registered.astype(int), 0.95 - less)
    noise = random.random(len(columns))
    columns = replace(
        columns,
        served=served.astype(float),
        walk_ins=None,
        numbers={"x_noise": noise, "x_rain": rain * random.uniform(1, 9, len(columns))},
    )
    usual = learnt(columns)
    assert usual.sign is not None
    assert usual.sign.name == "x_rain"
    expected = usual.rate.of(
        factors_of(columns, np.arange(len(columns)), columns.registered, usual.sign)
    )
    assert np.abs(expected - (0.95 - less)).mean() < 0.02


def test_what_tells_nothing_is_not_looked_at():
    columns = simulated()
    noise = np.random.default_rng(4).random(len(columns))
    assert learnt(replace(columns, numbers={"x_noise": noise})).sign is None


def test_a_small_group_is_drawn_towards_all_and_a_large_one_is_not():
    factors = np.zeros((1002, 4), dtype=int)
    factors[1000:, 0] = 1
    values = np.where(factors[:, 0] == 1, 0.1, 0.9)
    effects = learn_effects(factors, values, np.ones(1002), 0.5)
    large, small, never = effects.of(np.array([[0, 0, 0, 0], [1, 0, 0, 0], [2, 0, 0, 0]]))
    assert large == pytest.approx(0.9, abs=0.01)
    assert 0.7 < small < 0.85
    assert never == pytest.approx(0.9, abs=0.02)


def test_registrations_that_may_still_change_make_the_range_wider():
    columns = simulated()
    usual, memory, rows = learnt(columns), Memory(columns), last_rows(columns)
    sure, open_still, unknown = (
        present_of(usual, memory, asked_about(memory, rows, 5, hours), columns.registered[rows])
        for hours in (0.0, 24.0, 96.0)
    )
    width = [made[:, HIGH] - made[:, LOW] for made in (sure, open_still)]
    assert (width[1] > 1.1 * width[0]).all()
    assert np.isnan(unknown).all()  # it was never noted so early


def test_without_differences_between_days_it_is_the_binomial_distribution():
    made = present_quantiles(chances(100, rate=0.5))
    assert made[0, [LOW, MIDDLE, HIGH]] == pytest.approx([44, 50, 56], abs=1)


def test_walk_ins_come_besides():
    made = present_quantiles(chances(100, rate=0.998, walk_ins=0.2, burst=0.001))
    assert made[0, MIDDLE] == pytest.approx(120, abs=1.5)
    assert made[0, HIGH] - made[0, MIDDLE] == pytest.approx(1.28 * (20 + 10) ** 0.5, abs=1.5)


@pytest.mark.parametrize("registered", [1, 999, 1001, 30_000, 10**9])
def test_any_number_of_people_is_reckoned_with_in_no_time(registered):
    made = present_quantiles(chances(registered, walk_ins=3.0, burst=0.5))[0]
    assert np.isfinite(made).all()
    assert (np.diff(made) >= 0).all()
    assert made[MIDDLE] == pytest.approx(3.9 * registered, rel=0.1, abs=3)


def chances(registered, rate=0.9, walk_ins=1e-9, burst=0.0) -> Chances:
    values = (registered, 0.0, rate, 1e-6, walk_ins, burst)
    return Chances(*(np.array([float(value)]) for value in values))


def test_more_than_were_registered_are_walk_ins_unless_they_were_counted():
    columns = replace(
        simulated(canteens=1, days=3),
        registered=np.array([10.0, 10.0, 10.0]),
        served=np.array([8.0, 13.0, 8.0]),
        walk_ins=np.array([np.nan, np.nan, 2.0]),
    )
    came, besides = split_served(columns, np.arange(3))
    assert (came.tolist(), besides.tolist()) == ([8, 10, 6], [0, 3, 2])


def test_the_rule_moves_the_middle_the_more_the_more_own_days_there_are():
    present = np.linspace(80.0, 100.0, len(QUANTILES))
    ruled = Forecast(60.0, {0.1: 0.0, 0.5: 60.0, 0.9: 120.0}, "rule")
    middles = [moved_by_rule(present, ruled, days).quantiles[0.5] for days in (0, 5, OWN_DAYS)]
    assert middles == pytest.approx([90, 82.5, 60])
    assert moved_by_rule(present, None, 0).quantiles[0.5] == 90


def test_the_range_is_wider_the_more_both_disagree_and_as_it_was_where_they_agree():
    present = np.linspace(81.0, 99.0, len(QUANTILES))

    def width(said: float, days: int) -> float:
        ruled = Forecast(said, dict.fromkeys((0.1, 0.5, 0.9), said), "rule")
        made = moved_by_rule(present, ruled, days).quantiles
        return made[0.9] - made[0.1]

    plain = present[HIGH] - present[LOW]
    assert [width(90.0, 10), width(60.0, 0), width(60.0, OWN_DAYS)] == pytest.approx([plain] * 3)
    assert plain < width(84.0, 4) < width(78.0, 4) < width(78.0, 10)
    mixture = (8.0**2 + 1.2816**2 * 0.25 * 30.0**2) ** 0.5
    assert width(60.0, 10) == pytest.approx(2 * mixture, rel=1e-3)
