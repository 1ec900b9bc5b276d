"""From registered to present: who shows up, and who comes without having registered.

Each registered person comes with a chance that differs from day to day and from canteen to canteen:
a beta distribution, so that the count is beta-binomial. Walk-ins are a count of their own, negative
binomial, in proportion to the registered. What is usual of both is learnt over all canteens and
meals by weekday, size, how early people register, and what is given (rain); a canteen's own days
move it from there. So a canteen is forecast before anybody has eaten there.

Sources: Skellam 1948 for the beta-binomial distribution; the range is stretched until it holds for
canteens that were not learnt from (split-conformal).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from cleanplate_forecast.domain.attendance import Flags, Floats, Forecast, Ints
from cleanplate_forecast.domain.circumstances import Effects, Sign, factors_of, tells_most
from cleanplate_forecast.domain.columns import EARLY_HOURS, MIDDLE, QUANTILES, Columns, where_known
from cleanplate_forecast.domain.features import Asked, Memory
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.domain.present import Chances, present_quantiles
from cleanplate_forecast.domain.usual import Shares, Usual

SHOW_UP = "show-up-1"
OWN_DAYS = 20
_YEAR, _MOST_DAYS, _MOST_TRIED = 365, 20_000, 600
_MOST_WALK_INS = 3.0  # over the registered
_UNSURE, _UNSURE_PRIOR = 0.3, 5.0
_NARROWEST, _WIDEST, _TRIED_PRIOR = 0.5, 3.0, 30.0
_HALF, _OUTER = 0.5, 0.9
_LOW, _HIGH = QUANTILES.index(0.1), QUANTILES.index(_OUTER)
_DEVIATIONS = ndtri(QUANTILES)  # of a normal distribution
_HOURS = np.array((0, *EARLY_HOURS), dtype=np.float64)
_ASSUMED = (
    Usual(Effects.of_all(0.9), True, 0.02, 0.1),
    Usual(Effects.of_all(0.03), False, 0.05, 0.1),
)


@dataclass(frozen=True)
class ShowUp:
    """What is usual in an installation.

    Attributes:
        rate: share of the registered who come.
        walk_ins: those who come unregistered, over the registered.
        sign: the given column that tells most of the rate.
        unsure: deviation of the final registrations over what they were taken for so many hours
            before, by 0 and `EARLY_HOURS`; NaN where that was never noted.
        stretch: factors on the distance of the lower and upper quantiles from the middle.
    """

    rate: Usual
    walk_ins: Usual
    sign: Sign | None
    unsure: Floats
    stretch: tuple[float, float]


@dataclass(frozen=True)
class Meals:
    """Meals to be forecast, shape (n,).

    Attributes:
        rows: positions in the columns.
        near: days of their own series with registrations, shape (n, k); -1 for none.
        registered: finally, or what that is expected to be; NaN where nobody can say.
        hours: before the cut-off.
    """

    rows: Ints
    near: Ints
    registered: Floats
    hours: Floats

    def where(self, keep: Flags) -> "Meals":
        """Return the part that is to be kept."""
        return Meals(*(values[keep] for values in vars(self).values()))


def learn_show_up(memory: Memory, place: int, seed: int) -> ShowUp:
    """Learn from the year up to the open date number `place`; without a day, return a guess."""
    columns, random = memory.columns, np.random.default_rng(seed)
    since = memory.dates[place] - _YEAR if place >= 0 else 0
    is_past = (memory.places <= place) & (columns.days > since)
    rows = np.flatnonzero(is_past & where_known(columns) & (columns.registered > 0))
    if len(rows) > _MOST_DAYS:
        rows = np.sort(random.choice(rows, _MOST_DAYS, replace=False))
    plain = _learnt(columns, rows, None)
    came = _shares(columns, rows, None)[0]
    sign = tells_most(columns, rows, came.values - plain.rate.of(came.factors))
    meals = _as_if_new(memory, random.permutation(rows)[:_MOST_TRIED], random)
    return replace(
        _learnt(columns, rows, sign),
        unsure=_unsure(memory, meals),
        stretch=_stretch(columns, rows, meals, sign),
    )


def expected_present(usual: ShowUp, columns: Columns, meals: Meals) -> Floats:
    """Return quantiles of all who will be present, shape (n, 19).

    NaN where it is not known what registrations will come to.
    """
    found = np.full((len(meals.rows), len(QUANTILES)), np.nan)
    unsure = np.interp(meals.hours, _HOURS, usual.unsure, right=np.nan)
    known = ~np.isnan(meals.registered) & ~np.isnan(unsure)
    some = meals.where(known)
    factors = factors_of(columns, some.rows, some.registered, usual.sign)
    came, besides = _shares(columns, some.near, usual.sign)
    rate, spread = usual.rate.expected(factors, came)
    walk_ins, burst = usual.walk_ins.expected(factors, besides)
    chances = Chances(
        some.registered,
        unsure[known],
        rate,
        spread,
        walk_ins,
        burst * usual.walk_ins.unit(walk_ins),
    )
    made = present_quantiles(chances)
    middle = made[:, [MIDDLE]]
    factor = np.where(made < middle, *usual.stretch)
    found[known] = np.maximum(middle + (made - middle) * factor, 0.0)
    return found


def present_of(usual: ShowUp, memory: Memory, asked: Asked, registered: Floats) -> Floats:
    """Return quantiles of all who will be present at the rows asked about, shape (n, 19).

    Args:
        usual: what was learnt.
        memory: of the whole installation.
        asked: the rows, and from where they are seen.
        registered: what registrations will come to; NaN where nobody can say.
    """
    series = memory.columns.series[asked.rows]
    near = memory.signed.latest(series, asked.since, asked.until, OWN_DAYS)
    meals = Meals(asked.rows, near, registered, asked.seen.hours)
    return expected_present(usual, memory.columns, meals)


def moved_by_rule(present: Floats, ruled: Forecast | None, days: int) -> Forecast:
    """Return a forecast from quantiles of all present, moved towards the middle of the rule's.

    Two that disagree are less sure than each: the range has the variance of their mixture.

    Args:
        present: shape (19,).
        ruled: what the rule of like days says; None: nothing.
        days: own days; at twenty the middle is the rule's.

    Source: the linear opinion pool, Stone 1961.
    """
    middle, share = present[MIDDLE], min(days / OWN_DAYS, 1.0)
    apart = 0.0 if ruled is None else ruled.quantiles[_HALF] - middle
    doubt = _DEVIATIONS * apart * (share * (1.0 - share)) ** 0.5
    around = np.sign(_DEVIATIONS) * np.hypot(present - middle, doubt)
    made = np.maximum(middle + share * apart + around, 0.0)
    quantiles = dict(zip(QUANTILES, made.tolist(), strict=True))
    return Forecast(float(made.mean()), quantiles, SHOW_UP)


def split_served(columns: Columns, rows: Ints) -> tuple[Floats, Floats]:
    """Return who came of the registered, and who came besides.

    Where only the total is known, more than were registered are walk-ins; fewer are taken for
    registered ones, all of them.
    """
    served, registered = columns.served[rows], columns.registered[rows]
    told = 0.0 if columns.walk_ins is None else np.nan_to_num(columns.walk_ins[rows])
    came = np.clip(served - told, 0.0, registered)
    return came, np.maximum(served - came, 0.0)


def _learnt(columns: Columns, rows: Ints, sign: Sign | None) -> ShowUp:
    came, besides = _shares(columns, rows, sign)
    rate, walk_ins = _ASSUMED
    series = columns.series[rows]
    unsure = np.where(_HOURS == 0, 0.0, np.nan)
    return ShowUp(
        rate.learnt(came, series), walk_ins.learnt(besides, series), sign, unsure, (1.0, 1.0)
    )


def _shares(columns: Columns, rows: Ints, sign: Sign | None) -> tuple[Shares, Shares]:
    """Return both shares of the registered on days; no day at -1."""
    there = rows >= 0
    registered = np.where(there, columns.registered[rows], 1.0)
    factors = factors_of(columns, rows, registered, sign)
    came, besides = (np.where(there, each, np.nan) for each in split_served(columns, rows))
    walk_ins = np.minimum(besides / registered, _MOST_WALK_INS)
    return Shares(came / registered, registered, factors), Shares(walk_ins, registered, factors)


def _as_if_new(memory: Memory, rows: Ints, random: np.random.Generator) -> Meals:
    """Return meals as if their canteens had opened up to twenty days before."""
    columns = memory.columns
    near = memory.signed.latest(columns.series[rows], memory.starts[rows], rows - 1, OWN_DAYS)
    known = random.integers(0, OWN_DAYS, len(rows))
    near = np.where(np.arange(OWN_DAYS) < known[:, None], near, -1)
    return Meals(rows, near, columns.registered[rows], np.zeros(len(rows)))


def _unsure(memory: Memory, meals: Meals) -> Floats:
    """Return the deviation of what registrations came to, by hours before the cut-off."""
    columns, count = memory.columns, len(meals.rows)
    found, none = np.where(_HOURS == 0, 0.0, np.nan), np.full((count, 1), -1)
    for mark in range(1, len(_HOURS)):
        seen = Seen.at(columns, meals.rows, np.full(count, _HOURS[mark]))
        coming = memory.pace.coming(seen, none, meals.near, memory.places[meals.rows] - 1)
        away = coming.registered / meals.registered - 1.0
        away = np.clip(away[~np.isnan(away)], -1.0, 1.0)
        if len(away):
            square = ((away**2).sum() + _UNSURE_PRIOR * _UNSURE**2) / (len(away) + _UNSURE_PRIOR)
            found[mark] = square**0.5
    return found


def _stretch(columns: Columns, rows: Ints, meals: Meals, sign: Sign | None) -> tuple[float, float]:
    """Return the factors with which ranges hold in the half of the canteens not learnt from."""
    odd, asked_odd = columns.series[rows] % 2 == 1, columns.series[meals.rows] % 2 == 1
    made = np.empty((len(meals.rows), len(QUANTILES)))
    for side in (True, False):
        half = _learnt(columns, rows[odd == side], sign)
        some = asked_odd != side
        made[some] = expected_present(half, columns, meals.where(some))
    away = columns.served[meals.rows] - made[:, MIDDLE]
    return _factor(-away, made[:, MIDDLE] - made[:, _LOW]), _factor(
        away, made[:, _HIGH] - made[:, MIDDLE]
    )


def _factor(away: Floats, promised: Floats) -> float:
    """Return what nine of ten distances are within, over those promised; drawn towards one."""
    if not len(away):
        return 1.0
    found = float(np.quantile(away / np.maximum(promised, 0.5), _OUTER))
    drawn = (found * len(away) + _TRIED_PRIOR) / (len(away) + _TRIED_PRIOR)
    return float(np.clip(drawn, _NARROWEST, _WIDEST))
