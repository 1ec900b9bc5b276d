"""The distribution of all who will be present: beta-binomial, and walk-ins beside."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, gammaln

from cleanplate_forecast.domain.attendance import Floats
from cleanplate_forecast.domain.columns import QUANTILES

_LUMPS = 1_000  # a large canteen is reckoned in so many groups of people
_FIFTHS = np.array((-1.48, -0.56, 0.0, 0.56, 1.48))  # of a normal distribution, with its variance
_TAIL = 8.0  # standard deviations
_LEAST = 1e-6


@dataclass(frozen=True)
class Chances:
    """What is expected of some meals, shape (n,) each.

    Attributes:
        registered: finally, or what that is expected to be.
        unsure: its deviation over it.
        rate: share of the registered who come.
        spread: of the rate between meals like this: 1 / (a + b + 1) of the beta distribution.
        walk_ins: who comes besides, over the registered.
        burst: variance of that share, beyond chance.
    """

    registered: Floats
    unsure: Floats
    rate: Floats
    spread: Floats
    walk_ins: Floats
    burst: Floats


def present_quantiles(chances: Chances) -> Floats:
    """Return quantiles of all who will be present, shape (n, 19)."""
    each = zip(*(values.tolist() for values in vars(chances).values()), strict=True)
    parts = [_quantiles(*one) for one in each]
    return np.reshape(parts, (-1, len(QUANTILES)))


def _quantiles(
    registered: float, unsure: float, rate: float, spread: float, walk_ins: float, burst: float
) -> Floats:
    people = max(registered / _LUMPS, 1.0)
    possible = np.maximum(registered * (1.0 + unsure * _FIFTHS), 0.0) if unsure else [registered]
    each = [_present(one / people, rate, spread, walk_ins, burst) for one in possible]
    whole = np.zeros(max(len(chance) for chance in each))
    for chance in each:
        whole[: len(chance)] += chance / chance.sum()
    whole /= whole.sum()
    middles = np.cumsum(whole) - 0.5 * whole
    found: Floats = np.interp(QUANTILES, middles, np.arange(len(whole)) * people)
    return found


def _present(
    registered: float, rate: float, spread: float, walk_ins: float, burst: float
) -> Floats:
    """Return the chance of 0, 1, ... people."""
    size = 1.0 / spread - 1.0
    count = round(registered)
    mean = registered * walk_ins
    others = _negative_binomial(mean, mean + registered**2 * burst)
    found: Floats = np.convolve(_beta_binomial(count, rate * size, (1.0 - rate) * size), others)
    return found


def _beta_binomial(count: int, a: float, b: float) -> Floats:
    each = np.arange(count + 1)
    ways = gammaln(count + 1) - gammaln(each + 1) - gammaln(count - each + 1)
    found: Floats = np.exp(ways + betaln(each + a, count - each + b) - betaln(a, b))
    return found


def _negative_binomial(mean: float, variance: float) -> Floats:
    if mean < _LEAST:
        return np.ones(1)
    over = max(variance / mean, 1.0 + _LEAST)
    each = np.arange(int(mean + _TAIL * variance**0.5) + 2)
    size = mean / (over - 1.0)
    ways = gammaln(each + size) - gammaln(size) - gammaln(each + 1)
    found: Floats = np.exp(ways - size * np.log(over) + each * np.log1p(-1.0 / over))
    return found
