import numpy as np
import pytest

from cleanplate_forecast.domain.columns import Columns
from cleanplate_forecast.domain.pace import Pace, Seen

DAYS = 12
PAST = np.arange(1, 9)[None, :]
NONE = np.full((1, 8), -1)
PLACE = np.array([DAYS])


def a_past(early=None) -> Columns:
    """Two canteens: 100 registered every day, 40 of them a day before, 60 of them six hours."""
    registered = np.full(2 * DAYS, 100.0)
    return Columns(
        names=("one", "two"),
        series=np.repeat([0, 1], DAYS),
        meals=np.zeros(2 * DAYS, dtype=np.int64),
        days=np.tile(np.arange(DAYS), 2),
        kinds=np.zeros(2 * DAYS, dtype=np.int64),
        served=registered * 0.9,
        registered=registered,
        early=early or {24: registered * 0.4, 12: registered * 0.5, 6: registered * 0.6},
    )


def coming(columns, count, hours, like=PAST, near=PAST):
    pace = Pace(columns, np.tile(np.arange(DAYS), 2), DAYS + 1)
    found = pace.coming(Seen(np.array([count]), np.array([hours])), like, near, PLACE)
    return [float(each[0]) for each in (found.registered, found.paced, found.reached)]


def test_what_usually_still_comes_is_added_and_the_pace_is_followed():
    assert coming(a_past(), 50.0, 24.0) == pytest.approx([110.0, 125.0, 0.4])


def test_between_two_marks_the_share_is_between_those_of_the_marks():
    assert coming(a_past(), 45.0, 18.0)[2] == pytest.approx(0.45)


def test_final_registrations_are_what_they_are():
    assert coming(a_past(), 70.0, 0.0) == [70.0, 70.0, 1.0]


@pytest.mark.parametrize(("count", "hours"), [(np.nan, np.nan), (np.nan, 6.0), (9.0, 97.0)])
def test_nothing_is_made_of_what_is_not_seen_or_too_early_to_say(count, hours):
    assert np.isnan(coming(a_past(), count, hours)).all()


def test_nothing_is_made_of_a_pace_that_nobody_noted():
    assert np.isfinite(coming(a_past(), 9.0, 24.0)).all()
    assert np.isnan(coming(a_past(), 9.0, 3.0)).all()


def test_like_days_weigh_more_than_all_days_and_a_new_canteen_is_like_the_others():
    columns = a_past({24: np.tile(np.where(np.arange(DAYS) < 4, 80.0, 20.0), 2)})
    early_days, all_days = np.arange(4)[None, :], np.arange(DAYS)[None, :]
    usual, alike, new = (
        coming(columns, 40.0, 24.0, like, near)[2]
        for like, near in ((NONE, all_days), (early_days, all_days), (NONE, NONE))
    )
    assert usual == pytest.approx(0.4)
    assert new == pytest.approx(0.4)
    assert 0.5 < alike < 0.8


def test_a_count_far_from_usual_is_not_blown_up():
    registered, paced, reached = coming(a_past({24: np.zeros(2 * DAYS)}), 30.0, 24.0)
    assert registered == pytest.approx(30.0 + 100.0 * (1 - reached))
    assert paced == pytest.approx(300.0)
    assert coming(a_past(), 0.0, 24.0)[:2] == pytest.approx([60.0, 0.0])


def test_what_was_not_noted_is_not_seen():
    columns = a_past({24: np.where(np.arange(2 * DAYS) == 3, np.nan, 40.0)})
    seen = Seen.at(columns, np.array([2, 3, 4, 5, 6]), np.array([24.0, 24.0, 0.0, 48.0, np.nan]))
    np.testing.assert_array_equal(seen.count, [40.0, np.nan, 100.0, np.nan, np.nan])
    np.testing.assert_array_equal(seen.hours, [24.0, np.nan, 0.0, np.nan, np.nan])
    np.testing.assert_array_equal(seen.is_open, [True, True, False, True, True])
