"""From registered to present: who shows up, and who comes without having registered.

Each registered person comes with a chance that differs from day to day: a beta distribution,
so that the count is beta-binomial. Walk-ins are a count of their own. Both are learnt by group
(a weekday, a unit's size, how early people register), a small group drawn towards all of them.

Sources: Skellam 1948 for the beta-binomial distribution; its parameters by moments, as in
Kleinman 1973; the draw towards the mean is that of empirical Bayes.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import betabinom, nbinom, poisson

from cleanplate_forecast.domain.attendance import Floats, Ints
from cleanplate_forecast.domain.lookback import ratio, sums_by

_PRIOR_DAYS = 5.0
_LEAST, _MOST = 0.002, 0.998
_LEAST_SPREAD, _MOST_SPREAD = 1e-4, 0.5
_TAIL = 1e-6


@dataclass(frozen=True)
class ShowUp:
    """What is usual in each group.

    Attributes:
        rate: mean share of the registered who come, shape (groups,).
        spread: how much the chance differs between days: 1 / (a + b + 1) of the beta
            distribution, 0 to 1; the same for all groups.
        walk_ins: mean number of those who come unregistered, shape (groups,).
        burst: variance of the walk-ins over their mean; at least 1.
    """

    rate: Floats
    spread: float
    walk_ins: Floats
    burst: float


def learn_show_up(registered: Ints, came: Ints, walk_ins: Ints, groups: Ints, count: int) -> ShowUp:
    """Learn from past days.

    Args:
        registered: final registrations of each day, shape (n,).
        came: how many of those came, at most `registered`.
        walk_ins: how many came unregistered.
        groups: of each day, 0 to count - 1.
        count: of groups.

    Raises:
        ValueError: nobody was registered on any day, or more came than were registered.
    """
    if not registered.sum() or (came > registered).any():
        raise ValueError("somebody must be registered, and no more of them can come")
    everywhere = came.sum() / registered.sum()
    usual = registered.mean() * _PRIOR_DAYS
    signed = sums_by(groups, registered.astype(np.float64), count)
    rate = (sums_by(groups, came.astype(np.float64), count) + usual * everywhere) / (signed + usual)
    rate = np.clip(rate, _LEAST, _MOST)
    days = sums_by(groups, np.ones(len(groups)), count)
    extra = sums_by(groups, walk_ins.astype(np.float64), count)
    mean = (extra + _PRIOR_DAYS * walk_ins.mean()) / (days + _PRIOR_DAYS)
    away = (walk_ins - mean[groups]) ** 2
    burst = float(max(away.mean() / max(mean[groups].mean(), 1e-9), 1.0))
    return ShowUp(rate, _between_days(registered, came, rate[groups]), mean, burst)


def split_served(registered: Ints, served: Ints) -> tuple[Ints, Ints]:
    """Return who came of the registered and who came besides, where only the total is known.

    More than were registered are walk-ins; fewer are taken for registered ones, all of them.
    """
    came = np.minimum(served, registered)
    return came, served - came


def present_quantiles(
    usual: ShowUp, registered: int, group: int, levels: tuple[float, ...]
) -> Ints:
    """Return quantiles of all who will be present: registered ones who come, and walk-ins.

    Args:
        usual: what was learnt.
        registered: final registrations of the day.
        group: of the day.
        levels: between 0 and 1.
    """
    size = 1.0 / usual.spread - 1.0
    rate = float(usual.rate[group])
    coming = betabinom.pmf(np.arange(registered + 1), registered, rate * size, (1 - rate) * size)
    both = np.convolve(coming, _walk_ins(float(usual.walk_ins[group]), usual.burst))
    found: Ints = np.searchsorted(np.cumsum(both), np.array(levels) * both.sum())
    return found


def expected_present(usual: ShowUp, registered: Floats, groups: Ints) -> Floats:
    """Return the mean of all who will be present, for many days at once."""
    found: Floats = registered * usual.rate[groups] + usual.walk_ins[groups]
    return found


def _between_days(registered: Ints, came: Ints, rate: Floats) -> float:
    """Return the share of the variance that is not chance within the day, by moments."""
    expected, chance = registered * rate, registered * rate * (1 - rate)
    many = registered * (registered - 1.0) * rate * (1 - rate)
    found = ratio(np.array([((came - expected) ** 2 - chance).sum()]), np.array([many.sum()]))
    return float(np.clip(np.nan_to_num(found[0]), _LEAST_SPREAD, _MOST_SPREAD))


def _walk_ins(mean: float, burst: float) -> Floats:
    if mean < _TAIL:
        return np.ones(1)
    one = poisson(mean) if burst < 1.0 + _TAIL else nbinom(mean / (burst - 1.0), 1.0 / burst)
    found: Floats = one.pmf(np.arange(int(one.ppf(1.0 - _TAIL)) + 1))
    return found
