import pickle
from dataclasses import replace

import numpy as np
import pytest

from cleanplate_forecast.domain.columns import EARLY_HOURS, MIDDLE, QUANTILES, Columns
from cleanplate_forecast.domain.model import Recipe, TooLittle, backcast, predict, train
from cleanplate_forecast.domain.pace import Seen

MONDAY = 738_521
DAYS, CANTEENS = 110, 4


def silently(_done: int, _all: int) -> None:
    return None


def a_world(canteens: int = CANTEENS, days: int = DAYS, seed: int = 1) -> Columns:
    """Canteens of 100, 200, ... registered, nine in ten of whom come, Monday to Friday."""
    random = np.random.default_rng(seed)
    weekday = np.arange(days) % 5
    registered = random.poisson(
        (np.arange(canteens)[:, None] + 1) * 100 * (1 - 0.1 * (weekday == 4)), (canteens, days)
    )
    rows = canteens * days
    return Columns(
        names=tuple(f"c{n}" for n in range(canteens)),
        series=np.repeat(np.arange(canteens), days),
        meals=np.zeros(rows, dtype=np.int64),
        days=np.tile(MONDAY + np.arange(days) // 5 * 7 + weekday, canteens),
        kinds=np.tile(weekday, canteens),
        served=random.binomial(registered, 0.9).ravel().astype(float),
        registered=registered.ravel().astype(float),
        numbers={"x_rain": random.random(rows), "x_empty": np.full(rows, np.nan)},
        texts={"x_menu": np.tile(random.choice(["米饭 鱼", "soup", ""], days), canteens)},
    )


def with_pace(columns: Columns) -> Columns:
    """Let days be busy or quiet, which nothing but the registrations tells: half of them early."""
    random = np.random.default_rng(2)
    registered = random.binomial(
        columns.registered.astype(int), random.uniform(0.3, 1.0, len(columns))
    )
    return replace(
        columns,
        served=random.binomial(registered, 0.9).astype(float),
        registered=registered.astype(float),
        early={hours: random.binomial(registered, 0.5).astype(float) for hours in EARLY_HOURS},
    )


def changed(columns: Columns, served, known) -> Columns:
    """Change the diners of some rows, and what is known in advance of others."""
    random = np.random.default_rng(9)
    anything = random.integers(0, 5000, len(columns)).astype(float)
    return replace(
        columns,
        served=np.where(served, anything, columns.served),
        registered=np.where(known, anything, columns.registered),
        numbers={
            name: np.where(known, anything, values) for name, values in columns.numbers.items()
        },
        texts={
            name: np.where(known, "something else", values)
            for name, values in columns.texts.items()
        },
        early={hours: np.where(known, anything, noted) for hours, noted in columns.early.items()},
    )


@pytest.mark.parametrize("horizon", [1, 5])
def test_no_forecast_knows_what_comes_after_its_origin(horizon):
    columns = a_world()
    dates = np.unique(columns.days)
    first, last_known = dates[-3], dates[-3 - horizon]
    later = columns.days > last_known
    other = changed(columns, later, later & (columns.days != first))
    before, after = (
        backcast(each, horizon, 3, Recipe(), silently).values for each in (columns, other)
    )
    day = columns.days == first
    assert np.isfinite(before[day]).all()
    np.testing.assert_array_equal(before[day], after[day])
    assert (before[columns.days > first] != after[columns.days > first]).any()


def test_what_was_known_at_the_origin_does_change_forecasts():
    columns = a_world()
    dates = np.unique(columns.days)
    day, known = columns.days == dates[-3], columns.days == dates[-4]
    own = columns.days == dates[-3]
    nothing = np.zeros(len(columns), dtype=bool)
    before, by_diners, by_registrations = (
        backcast(each, 1, 3, Recipe(), silently).values[day]
        for each in (columns, changed(columns, known, nothing), changed(columns, nothing, own))
    )
    assert (before != by_diners).any()
    assert (before != by_registrations).any()


LIVE = Recipe(blind=0.2, early=0.4)


@pytest.fixture(scope="module")
def trained():
    columns = with_pace(a_world())
    return columns, train(columns, int(columns.days.max()) - 1, LIVE, silently)


def last_day(columns):
    return np.flatnonzero(columns.days == columns.days.max())


def ask(model, columns, as_of, hours=0.0):
    rows = last_day(columns)
    seen = Seen.at(columns, rows, np.full(len(rows), hours))
    return predict(model, columns, rows, seen, as_of)


def test_a_trained_model_can_be_sent_elsewhere_and_answers_the_same(trained):
    columns, model = trained
    sent = pickle.loads(pickle.dumps(model))  # noqa: S301
    as_of = int(columns.days.max()) - 1
    np.testing.assert_array_equal(
        ask(model, columns, as_of).values, ask(sent, columns, as_of).values
    )


def test_quantiles_ascend_and_stand_around_those_who_show_up(trained):
    columns, model = trained
    made = ask(model, columns, int(columns.days.max()) - 1)
    assert made.values.shape == (CANTEENS, len(QUANTILES))
    assert (np.diff(made.values, axis=1) >= 0).all()
    expected = columns.registered[columns.days == columns.days.max()] * 0.9
    assert made.values[:, MIDDLE] == pytest.approx(expected, rel=0.06)
    assert made.mean == pytest.approx(expected, rel=0.06)


def test_training_and_asking_do_not_look_past_their_day(trained):
    columns, model = trained
    as_of = int(columns.days.max()) - 1
    last = columns.days > as_of
    other = changed(columns, last, np.zeros(len(columns), dtype=bool))
    again = train(changed(columns, last, last), as_of, LIVE, silently)
    for each in (model, again):
        np.testing.assert_array_equal(
            ask(model, columns, as_of).values, ask(each, other, as_of).values
        )


@pytest.mark.parametrize("hours", [np.nan, 24.0])
def test_what_registrations_become_later_is_not_looked_at(trained, hours):
    columns, model = trained
    as_of = int(columns.days.max()) - 1
    later = columns.days > as_of
    other = changed(columns, later, later)
    early = {mark: other.early[mark] if mark < 24 else columns.early[mark] for mark in EARLY_HOURS}
    other = replace(other, numbers=columns.numbers, texts=columns.texts, early=early)
    np.testing.assert_array_equal(
        ask(model, columns, as_of, hours).values, ask(model, other, as_of, hours).values
    )
    assert (ask(model, columns, as_of).values != ask(model, other, as_of).values).any()


def test_registrations_so_far_and_their_pace_do_change_forecasts(trained):
    columns, model = trained
    as_of = int(columns.days.max()) - 1
    before, more, slower, blind = (
        ask(model, each, as_of, hours).values[:, MIDDLE]
        for each, hours in (
            (columns, 24.0),
            (with_early(columns, columns.days > as_of, 1.3), 24.0),
            (with_early(columns, columns.days <= as_of, 0.7), 24.0),
            (columns, np.nan),
        )
    )
    assert (more > before * 1.05).all()
    assert (slower > before * 1.05).all(), "as many as now were rarely there so early"
    assert (blind != before).all()


def with_early(columns, rows, factor):
    early = {hours: noted * np.where(rows, factor, 1.0) for hours, noted in columns.early.items()}
    return replace(columns, early=early)


def test_the_pace_brings_forecasts_closer_to_what_comes(trained):
    columns, model = trained
    wrong = {}
    for hours in (np.nan, 24.0, 0.0):
        made = []
        for as_of in np.unique(columns.days)[-9:-1].tolist():
            cut = columns.up_to(int(columns.days[columns.days > as_of].min()))
            middle = ask(model, cut, as_of, hours).values[:, MIDDLE]
            made.append(np.abs(middle - cut.served[last_day(cut)]))
        wrong[hours] = np.mean(made)
    blind, early, final = wrong.values()
    assert final < early / 2
    assert early < blind / 2


def test_a_new_canteen_is_forecast_from_its_first_day_by_its_registrations(trained):
    columns, model = trained
    as_of = int(columns.days.max()) - 1
    new = replace(
        columns,
        names=(*columns.names, "new"),
        series=np.append(columns.series, CANTEENS),
        meals=np.append(columns.meals, 0),
        days=np.append(columns.days, as_of + 1),
        kinds=np.append(columns.kinds, columns.kinds[-1]),
        served=np.append(columns.served, np.nan),
        registered=np.append(columns.registered, 250.0),
        numbers={name: np.append(values, 0.5) for name, values in columns.numbers.items()},
        texts={name: np.append(values, "soup") for name, values in columns.texts.items()},
        early={hours: np.append(noted, 125.0) for hours, noted in columns.early.items()},
    )
    for_half = ask(model, new, as_of, 24.0).values[-1][MIDDLE]
    assert for_half == pytest.approx(225, rel=0.25), "half of them register early elsewhere"
    low, middle, high = ask(model, new, as_of).values[-1][[1, MIDDLE, 17]]
    assert middle == pytest.approx(225, rel=0.15)
    assert low < middle < high
    assert high > 0.9 * 225


@pytest.mark.parametrize(
    "served",
    [np.zeros(60), np.full(60, 200.0), np.arange(60) % 7 * 5e4, np.where(np.arange(60) < 50, 9, 0)],
)
def test_one_short_series_of_any_shape_is_forecast(served):
    one = a_world(canteens=1, days=60)
    columns = replace(one, served=served.astype(float), registered=np.full(60, np.nan))
    made = backcast(columns, 1, 15, Recipe(), silently)
    asked = columns.days >= columns.days[-15]
    assert np.isfinite(made.values[asked]).all()
    assert (made.values[asked] >= 0).all()
    assert (np.diff(made.values[asked], axis=1) >= 0).all()
    assert np.isnan(made.values[~asked]).all()


def test_too_short_a_history_is_left_to_the_rule():
    columns = a_world(canteens=1, days=12)
    assert np.isnan(backcast(columns, 1, 5, Recipe(), silently).values).all()
    with pytest.raises(TooLittle):
        train(columns, int(columns.days.max()), Recipe(), silently)


def test_a_canteen_that_doubles_is_followed_within_two_weeks():
    random = np.random.default_rng(4)
    columns = replace(a_world(canteens=6, days=160), registered=np.full(960, np.nan))
    doubled = (columns.series < 2) & (np.tile(np.arange(160), 6) >= 130)
    usual = np.where(doubled, 2.0, 1.0) * 100 * (columns.series + 1)
    columns = replace(columns, served=random.poisson(usual).astype(float))
    made = backcast(columns, 1, 30, Recipe(), silently).values[:, MIDDLE]
    day = np.tile(np.arange(160), 6)
    for rows in (doubled & (day >= 140), ~doubled & (day >= 140)):
        assert np.median(np.abs(made[rows] / usual[rows] - 1)) < 0.12
    at_once = doubled & (day == 130)
    assert (made[at_once] < 0.7 * usual[at_once]).all()
