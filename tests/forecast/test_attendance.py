from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate_forecast.domain.attendance import (
    Kind,
    NoHistory,
    Series,
    forecast,
    forecast_day,
    like_days,
)

MONDAY = date(2026, 3, 2)


def a_series(served, registered=None, kinds=None, first=MONDAY) -> Series:
    """Open every day from `first` on, weekends too; None is not known."""
    count = len(served)
    days = np.array([first.toordinal() + n for n in range(count)])
    nothing = [None] * count
    return Series(
        days=days,
        kinds=np.array(kinds) if kinds is not None else (days - 1) % 7,
        served=np.array([np.nan if v is None else v for v in served], dtype=float),
        registered=np.array(
            [np.nan if v is None else v for v in registered or nothing], dtype=float
        ),
        final=np.ones(count, dtype=bool),
    )


def day(position: int) -> date:
    return MONDAY + timedelta(days=position)


counts = st.one_of(st.none(), st.integers(0, 1000))


@st.composite
def any_series(draw):
    count = draw(st.integers(2, 80))
    columns = [draw(st.lists(counts, min_size=count, max_size=count)) for _ in range(2)]
    kinds = draw(st.lists(st.integers(0, 8), min_size=count, max_size=count))
    series = a_series(*columns, kinds)
    return replace(
        series, final=np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    )


@settings(max_examples=150, deadline=None)
@given(any_series(), st.integers(1, 12))
def test_quantiles_never_cross_and_are_never_negative(series, horizon):
    made = forecast([series], [np.arange(len(series.days))], horizon)[0]
    there = ~np.isnan(made.mean)
    assert np.isfinite(made.quantiles[there]).all()
    assert (made.quantiles[there] >= 0).all()
    assert (made.mean[there] >= 0).all()
    assert (np.diff(made.quantiles[there], axis=1) >= 0).all()


@settings(max_examples=150, deadline=None)
@given(any_series(), st.integers(1, 12), st.data())
def test_what_is_served_within_the_horizon_changes_nothing(series, horizon, data):
    at = data.draw(st.integers(0, len(series.days) - 1))
    changed = series.served.copy()
    first_hidden = max(at - horizon + 1, 0)
    changed[first_hidden:] = data.draw(
        st.lists(
            st.one_of(st.just(np.nan), st.integers(0, 10**6)),
            min_size=len(changed) - first_hidden,
            max_size=len(changed) - first_hidden,
        )
    )
    later = series.registered.copy()
    later[at + 1 :] = 999_999
    before, after = (
        forecast([one], [np.array([at])], horizon)[0]
        for one in (series, replace(series, served=changed, registered=later))
    )
    np.testing.assert_array_equal(before.quantiles, after.quantiles)
    np.testing.assert_array_equal(before.mean, after.mean)


def test_what_is_served_just_before_the_horizon_does_change_the_forecast():
    series = a_series([100.0] * 29)
    changed = replace(series, served=series.served.copy())
    changed.served[28 - 7] = 200.0
    before, after = (forecast([one], [np.array([28])], 7)[0].mean[0] for one in (series, changed))
    assert after > before


@settings(max_examples=100, deadline=None)
@given(any_series(), st.integers(1, 12))
def test_one_day_as_of_a_date_is_the_same_as_in_the_backtest(series, horizon):
    at = len(series.days) - 1
    as_of = at - horizon
    if as_of < 0 or np.isnan(series.served[as_of]):
        return
    one = forecast_day(series, day(at), day(as_of))
    many = forecast([series], [np.arange(at + 1)], horizon)[0]
    assert one.mean == pytest.approx(many.mean[at])
    assert tuple(one.quantiles.values()) == pytest.approx(tuple(many.quantiles[at]))


def test_the_mean_is_that_of_the_last_eight_same_weekdays():
    mondays = [900, 101, 102, 103, 104, 105, 106, 107, 108]
    served = [value for monday in mondays for value in [monday, *[None] * 6]]
    kinds = [n % 7 for n in range(len(served) + 1)]
    series = a_series([*served, None], kinds=kinds)
    found = like_days(series, 1, 8)[-1]
    assert series.served[found].tolist() == [108, 107, 106, 105, 104, 103, 102, 101]
    assert series.served[found].mean() == 104.5


def test_a_steady_canteen_is_forecast_exactly_with_a_narrow_interval():
    made = forecast_day(a_series([200] * 70 + [None]), day(70), day(69))
    assert made.mean == 200
    assert made.quantiles == {0.1: 200, 0.5: 200, 0.9: 200}


def test_fewer_registrations_than_usual_lower_the_forecast():
    registered = [250] * 70 + [125]
    made = forecast_day(a_series([200] * 70 + [None], registered), day(70), day(69))
    assert made.mean == pytest.approx(100)


def test_registrations_that_may_still_grow_only_ever_raise_the_forecast():
    few, many = (
        a_series([200] * 70 + [None], [250] * 70 + [registered]) for registered in (5, 500)
    )
    growing = np.array([True] * 70 + [False])
    assert forecast_day(replace(few, final=growing), day(70), day(69)).mean == 200
    assert forecast_day(replace(many, final=growing), day(70), day(69)).mean == pytest.approx(400)
    assert forecast_day(few, day(70), day(69)).mean == pytest.approx(4)


def test_a_make_up_workday_is_like_workdays_not_like_its_saturday():
    week = [100] * 5 + [10, 10]
    kinds = [n % 7 for n in range(71)]
    kinds[-1] = int(Kind.MAKE_UP_WORKDAY)
    made = forecast_day(a_series([*(week * 10), None], kinds=kinds), day(70), day(69))
    assert made.mean == pytest.approx(100, rel=0.02)


def test_a_weekday_off_is_like_rest_days_and_no_model_for_the_next_same_weekday():
    week = [100] * 5 + [10, 10]
    served = week * 10
    kinds = [n % 7 for n in range(71)]
    kinds[-1] = int(Kind.WEEKDAY_OFF)
    made = forecast_day(a_series([*served, None], kinds=kinds), day(70), day(69))
    assert made.mean == pytest.approx(10, rel=0.02)
    kinds[63], served[63], kinds[70] = int(Kind.WEEKDAY_OFF), 10, 0
    series = a_series([*served, None], kinds=kinds)
    assert 63 not in like_days(series, 1, 8)[-1]
    assert forecast_day(series, day(70), day(69)).mean == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize("known", [1, 2, 8, 20])
def test_a_short_history_gives_a_wide_answer(known):
    made = forecast_day(a_series([100] * known + [None]), day(known), day(known - 1))
    low, _, high = made.quantiles.values()
    assert made.mean == 100
    missing = 1 - min(known - 1, 20) / 20  # the first day has no error to learn from
    assert high - low == pytest.approx(100 * missing)


def test_without_a_served_day_the_rule_has_no_forecast():
    with pytest.raises(NoHistory):
        forecast_day(a_series([None], [80]), day(0), day(0))


def test_a_day_that_is_not_open_is_an_error():
    with pytest.raises(ValueError, match="not an open day"):
        forecast_day(a_series([1, 2]), day(5), day(1))


def test_a_canteen_where_nobody_came_expects_nobody():
    made = forecast_day(a_series([0] * 70 + [None], [0] * 71), day(70), day(69))
    assert made.mean == 0
