"""What share of the registered is usual: in these circumstances, and in this canteen.

Shares of past days differ by chance, from day to day and from canteen to canteen. All three are in
proportion to a unit of variance: p (1 - p) for a rate, the mean itself for a count. A canteen's own
days move it from what is usual everywhere, as far as canteens differ more than days do.

Source: Buehlmann's credibility; the variances by moments, each drawn towards an assumed one.
"""

from dataclasses import dataclass, replace

import numpy as np

from cleanplate_forecast.domain.attendance import Floats, Ints
from cleanplate_forecast.domain.circumstances import Effects, learn_effects

_CANTEENS, _DAYS = 1.0, 20.0  # that assumed differences count as
_LEAST_DAYS = 5.0  # of a canteen that is to tell how canteens differ
_LEAST, _MOST = 1e-4, 0.5  # variances over the unit
_RATES = (0.002, 0.998)
_SPREAD = 0.02  # so that a day of a hundred registered tells a third of what one of all would


@dataclass(frozen=True)
class Shares:
    """Shares of the registered on days, shape (n,), or (m, k) for k days of each of m canteens.

    Attributes:
        values: NaN where there was no such day.
        registered: on those days; positive, 1 where there was none.
        factors: their circumstances, shape (n, 4) or (m, k, 4).
    """

    values: Floats
    registered: Floats
    factors: Ints

    @property
    def weights(self) -> Floats:
        """Return how much each day tells: a large one not much more than a middling one."""
        weights = self.registered / (1.0 + self.registered * _SPREAD)
        return np.where(np.isnan(self.values), 0.0, weights)


@dataclass(frozen=True)
class Usual:
    """What is usual of a share, and by how much it differs.

    Attributes:
        effects: of the circumstances.
        is_rate: it lies between 0 and 1.
        days: variance between the days of a canteen, beyond chance, over the unit.
        canteens: variance between canteens, over the unit.
    """

    effects: Effects
    is_rate: bool
    days: float
    canteens: float

    def of(self, factors: Ints) -> Floats:
        """Return what is usual in some circumstances, shape (..., 4)."""
        return self._within(self.effects.of(factors))

    def unit(self, mean: Floats) -> Floats:
        """Return the variance that differences are in proportion to."""
        return mean * (1.0 - mean) if self.is_rate else mean

    def learnt(self, shares: Shares, series: Ints) -> "Usual":
        """Return what is usual after days, shape (n,), of some series; this is what was assumed."""
        effects = learn_effects(shares.factors, shares.values, shares.weights, self.effects.usual)
        found = replace(self, effects=effects)
        if not len(series):
            return found
        days, canteens = _differences(found, shares, series)
        return replace(found, days=days, canteens=canteens)

    def expected(self, factors: Ints, own: Shares) -> tuple[Floats, Floats]:
        """Return the share that is expected, and its variance over the unit, beyond chance.

        Args:
            factors: circumstances of the meals, shape (m, 4).
            own: days of their own series, shape (m, k).
        """
        weights = own.weights
        whole = np.maximum(weights.sum(axis=1), _LEAST)
        left = np.where(weights > 0, own.values - self.of(own.factors), 0.0)
        away = (weights * left).sum(axis=1) / whole
        chance = (weights / own.registered).sum(axis=1) / whole
        noise = (self.days + chance) * (weights**2).sum(axis=1) / whole**2
        trust = np.where(weights.any(axis=1), self.canteens / (self.canteens + noise), 0.0)
        return (
            self._within(self.of(factors) + trust * away),
            self.days + self.canteens * (1.0 - trust),
        )

    def _within(self, mean: Floats) -> Floats:
        found: Floats = np.clip(mean, *_RATES) if self.is_rate else np.maximum(mean, _LEAST)
        return found


def _differences(usual: Usual, shares: Shares, series: Ints) -> tuple[float, float]:
    """Return the variances between days and between canteens, over the unit."""
    weights, mean = shares.weights, usual.of(shares.factors)
    _, at = np.unique(series, return_inverse=True)
    whole = np.bincount(at, weights)
    unit = usual.unit(mean)
    chance = unit / shares.registered

    def by_series(values: Floats) -> Floats:
        return np.bincount(at, weights * values) / whole

    left = shares.values - mean
    own, told = by_series(left), whole**2 / np.bincount(at, weights**2)  # days that count
    spare = 1.0 - 1.0 / told[at]
    between = weights * ((left - own[at]) ** 2 - spare * chance)
    days = _drawn(between, weights * spare * unit, usual.days, _DAYS * (weights * unit).mean())
    usually = by_series(unit)
    noise = (days * usually + by_series(chance)) / told
    some = told >= _LEAST_DAYS
    apart = own[some] ** 2 - noise[some]
    canteens = _drawn(apart, usually[some], usual.canteens, _CANTEENS * unit.mean())
    return days, canteens


def _drawn(above: Floats, below: Floats, assumed: float, prior: float) -> float:
    """Return the ratio of two sums, drawn towards what was assumed."""
    found = (above.sum() + prior * assumed) / (below.sum() + prior)
    return float(np.clip(found, _LEAST, _MOST))
