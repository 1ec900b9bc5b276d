"""What a mean of days depends on: weekday, size, how early people register, what is given.

Each of the four has an effect of its own, and so has each combination of them. The fewer days
there are of a kind, the more its effect is drawn towards none: a small group towards those that it
is part of, and all of them towards the mean of all days.

Source: empirical Bayes, one factor after another on what the ones before leave over.
"""

from dataclasses import dataclass

import numpy as np

from cleanplate_forecast.domain.attendance import Flags, Floats, Ints
from cleanplate_forecast.domain.columns import Columns
from cleanplate_forecast.domain.lookback import ratio, sums_by

_KINDS = 10  # more than there are kinds of day
_SIZES = (30.0, 100.0, 300.0)  # registered
_EARLY_HOURS, _EARLY = 24, (1 / 3, 2 / 3)  # of the registrations, so long before the cut-off
_BASES = (_KINDS, len(_SIZES) + 1, len(_EARLY) + 2, 3)
_PRIOR, _CELL_PRIOR = 20.0, 40.0  # days that no effect counts as
_SURE = 4.0  # standard errors
_LEAST_DATES = 5


@dataclass(frozen=True)
class Sign:
    """The given column that tells most of who shows up (rain, a strike), and where it parts."""

    name: str
    above: float


@dataclass(frozen=True)
class Effects:
    """What is usual, and how far it is from that in each circumstance.

    Attributes:
        usual: of all days.
        single: effects of each factor's values.
        cells: effects of the combinations, beside those.
    """

    usual: float
    single: tuple[Floats, ...]
    cells: Floats

    @classmethod
    def of_all(cls, usual: float) -> "Effects":
        """Return the same for all circumstances."""
        return cls(usual, tuple(np.zeros(base) for base in _BASES), np.zeros(int(np.prod(_BASES))))

    def of(self, factors: Ints) -> Floats:
        """Return what is usual in the circumstances `factors`, shape (..., 4)."""
        found = self.usual + self.cells[_cells(factors)]
        for column, effects in enumerate(self.single):
            found = found + effects[factors[..., column]]
        return found


def factors_of(columns: Columns, rows: Ints, registered: Floats, sign: Sign | None) -> Ints:
    """Return the circumstances of rows, shape (..., 4).

    Args:
        columns: of the whole installation.
        rows: positions in them.
        registered: of the rows, or what they will come to.
        sign: the given column that is looked at beside.
    """
    missing = np.full(len(columns), np.nan)
    early = ratio(columns.early.get(_EARLY_HOURS, missing)[rows], registered)
    value = missing[rows] if sign is None else columns.numbers.get(sign.name, missing)[rows]
    above = np.inf if sign is None else sign.above
    return np.stack(
        [
            columns.kinds[rows],
            np.searchsorted(_SIZES, np.nan_to_num(registered)),
            np.where(np.isnan(early), 0, 1 + np.searchsorted(_EARLY, np.nan_to_num(early))),
            np.where(np.isnan(value), 0, 1 + (value > above)),
        ],
        axis=-1,
    )


def learn_effects(factors: Ints, values: Floats, weights: Floats, assumed: float) -> Effects:
    """Learn what is usual from the values of days.

    Args:
        factors: circumstances of the days, shape (n, 4).
        values: shape (n,).
        weights: of the days.
        assumed: what the mean of all is drawn towards by some days.
    """
    day = float(weights.mean()) if len(weights) else 1.0
    usual = _drawn(np.zeros_like(factors[:, 0]), values - assumed, weights, 1, _PRIOR * day)
    left = values - assumed - usual[0]
    single = []
    for column, base in enumerate(_BASES):
        single.append(_drawn(factors[:, column], left, weights, base, _PRIOR * day))
        left = left - single[-1][factors[:, column]]
    cells = _drawn(_cells(factors), left, weights, int(np.prod(_BASES)), _CELL_PRIOR * day)
    return Effects(assumed + float(usual[0]), tuple(single), cells)


def tells_most(columns: Columns, rows: Ints, left: Floats) -> Sign | None:
    """Return the given column that tells most of `left`; None if none tells more than chance.

    Each is parted at its middle, or at its least value where half of it is that. Days of one date
    err together, so dates are what is counted.
    """
    best, found = _SURE, None
    for name, values in columns.numbers.items():
        there = ~np.isnan(values[rows])
        some = values[rows][there]
        if len(some):
            above = float(np.median(some))
            surely = _surely(columns.days[rows][there], some > above, left[there])
            if surely > best:
                best, found = surely, Sign(name, above)
    return found


def _surely(days: Ints, high: Flags, left: Floats) -> float:
    """Return by how many standard errors days differ from others."""
    means = []
    for side in (high, ~high):
        _, at = np.unique(days[side], return_inverse=True)
        means.append(np.bincount(at, left[side]) / np.maximum(np.bincount(at), 1))
    if min(len(mean) for mean in means) < _LEAST_DATES:
        return 0.0
    error = float(np.sqrt(sum(mean.var(ddof=1) / len(mean) for mean in means)))
    return abs(float(means[0].mean() - means[1].mean())) / max(error, 1e-9)


def _drawn(groups: Ints, values: Floats, weights: Floats, count: int, prior: float) -> Floats:
    return sums_by(groups, weights * values, count) / (sums_by(groups, weights, count) + prior)


def _cells(factors: Ints) -> Ints:
    found: Ints = np.ravel_multi_index(tuple(np.moveaxis(factors, -1, 0)), _BASES)
    return found
