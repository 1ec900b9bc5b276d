import numpy as np
import pytest
from scipy.stats import norm

from cleanplate_forecast.domain.calibration import Experience, Past, fading, widened
from cleanplate_forecast.domain.columns import QUANTILES
from cleanplate_forecast.domain.pace import SIGHTS

DATES, SERIES = 60, 20
NORMAL = norm.ppf(QUANTILES)
FINAL, EARLY, NOTHING = 0, 5, SIGHTS - 1


def a_past(widths):
    """Forecasts of one, around which outcomes stray by a tenth; `widths` promised by sight."""
    random = np.random.default_rng(1)
    rows = DATES * SERIES
    sights = random.choice(list(widths), rows)
    width = np.array([widths[sight] for sight in sights.tolist()])
    return Past(
        series=np.tile(np.arange(SERIES), DATES),
        days=np.repeat(np.arange(DATES), SERIES),
        outcome=random.normal(1.0, 0.1, rows),
        plain=np.ones(rows),
        leaning=np.zeros(rows),
        quantiles=1.0 + NORMAL * width[:, None],
        sights=sights,
    )


def inside(past, sight, asked):
    """Return which share of other outcomes a sight's 80 % range holds, corrected as `asked`."""
    lesson = Experience(past, np.arange(DATES), np.arange(SERIES), np.full(SERIES, DATES))
    promised = past.quantiles[past.sights == sight][:1].repeat(SERIES, axis=0)
    made = widened(promised, lesson.stretch(np.full(SERIES, asked)))
    came = np.random.default_rng(2).normal(1.0, 0.1, (500, SERIES))
    low, high = made[:, QUANTILES.index(0.1)], made[:, QUANTILES.index(0.9)]
    return ((came >= low) & (came <= high)).mean()


def test_each_forecast_is_as_wide_as_those_that_saw_as_much():
    past = a_past({FINAL: 0.14, EARLY: 0.06, NOTHING: 0.1})
    for sight in (FINAL, EARLY, NOTHING):
        assert inside(past, sight, sight) == pytest.approx(0.8, abs=0.05)
    assert inside(past, FINAL, EARLY) > 0.9
    assert inside(past, EARLY, FINAL) < 0.7


def test_what_nobody_saw_before_is_as_wide_as_all_others():
    past = a_past({EARLY: 0.06})
    lesson = Experience(past, np.arange(DATES), np.arange(SERIES), np.full(SERIES, DATES))
    known, other = (lesson.stretch(np.full(SERIES, sight)) for sight in (EARLY, NOTHING))
    np.testing.assert_array_equal(known, other)
    assert (known[:, 0] > 1.3).all()


def test_what_was_leant_fades_ahead_as_it_does_behind():
    assert fading(np.array([1, 4, 10])) == pytest.approx([1.0, 0.5, 0.125])


@pytest.mark.parametrize(("together", "least", "most"), [(True, 1.0, 1.5), (False, 1.9, 3.0)])
def test_a_bad_day_of_all_canteens_is_one_day_not_one_for_each(together, least, most):
    """Four thousand forecasts are off threefold: all on one date, or on forty dates."""
    rows = 4000
    days = np.zeros(rows, dtype=int) if together else np.repeat(np.arange(40), 100)
    past = Past(
        series=np.tile(np.arange(100), 40),
        days=days,
        outcome=np.random.default_rng(1).normal(1.0, 0.3, rows),
        plain=np.ones(rows),
        leaning=np.zeros(rows),
        quantiles=1.0 + NORMAL * np.full((rows, 1), 0.1),
        sights=np.zeros(rows, dtype=int),
    )
    new = np.array([100])
    lesson = Experience(past, np.arange(41), new, np.array([40]))
    factor = lesson.stretch(np.zeros(1, dtype=int))[0, QUANTILES.index(0.9)]
    assert least < factor < most
