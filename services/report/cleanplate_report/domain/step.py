"""The step in a model of daily waste, and how sure it is where days resemble each other.

Waste is a mean times a factor around one, and the factors of neighbouring days are alike. The mean
is fitted as its logarithm (quasi-likelihood with a constant coefficient of variation, so that a day
without waste is a day); then, for each of many correlations of neighbouring days, the step and its
error follow from the whitened equations. The answer is the mixture of those, each as likely as the
days make its correlation.

Sources: McCullagh and Nelder, Generalized Linear Models (1989), ch. 8 and 9; restricted likelihood
of a correlation: Cooper and Thompson, Biometrika 64 (1977). docs/decisions/0031-measurement.md
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP = 1
_CORRELATIONS = np.arange(-6, 20) / 20.0
_USUAL_CORRELATION, _ITS_SPREAD = 0.15, 0.25  # school_waste_vramlosa.csv: 0.18
_MOST_ROUNDS = 50
_CLOSE = 1e-9
_FARTHEST = 30.0  # of a logarithm
_HALVINGS = 60
_SPREADS_AWAY = 60.0


@dataclass(frozen=True)
class Design:
    """What daily waste may depend on.

    Attributes:
        columns: shape (days, terms); the first is 1, the second 1 after the step and else 0.
        usual: what each coefficient is expected to be.
        spread: how far from it, as a standard deviation; infinite where nothing is expected.
        starts: the places of days that follow no other.
    """

    columns: Floats
    usual: Floats
    spread: Floats
    starts: Ints


@dataclass(frozen=True)
class Belief:
    """The logarithm of a ratio: a mixture of Student's distributions."""

    centres: Floats
    spreads: Floats
    weights: Floats
    freedom: float

    @property
    def centre(self) -> float:
        """Return the mean."""
        return float(self.weights @ self.centres)

    @property
    def spread(self) -> float:
        """Return the standard deviation, as of Student's distributions of scale `spreads`."""
        around = self.spreads**2 + (self.centres - self.centre) ** 2
        return float(np.sqrt(self.weights @ around))

    def quantile(self, level: float) -> float:
        """Return the value that the truth is below with a probability of `level`."""
        away = _SPREADS_AWAY * self.spreads
        low, high = float((self.centres - away).min()), float((self.centres + away).max())
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            below = self.weights @ stdtr(self.freedom, (middle - self.centres) / self.spreads)
            low, high = (middle, high) if below < level else (low, middle)
        return (low + high) / 2


def find_step(waste: Floats, design: Design) -> Belief:
    """Return what is known of the step, as the logarithm of a ratio.

    Args:
        waste: of each day, any unit; not negative, and not all zero on either side of the step.
        design: of the same days.
    """
    fit = _fitted(waste, design)
    found = np.array([_at(rho, fit, design) for rho in _CORRELATIONS])
    likely = np.exp(found[:, 0] - found[:, 0].max())
    weights = likely / likely.sum()
    return Belief(found[:, 1], found[:, 2], weights, float(weights @ found[:, 3]))


@dataclass(frozen=True)
class _Fit:
    """The linear equations at the best fit: how far working values are from what is usual."""

    away: Floats
    precision: Floats  # of what is expected, in units of the noise


def _fitted(waste: Floats, design: Design) -> _Fit:
    columns, usual = design.columns, design.usual
    precision = np.where(np.isinf(design.spread), 0.0, design.spread**-2.0)
    beta = usual.copy()
    beta[0] += np.log(waste.mean() / np.exp(columns @ usual).mean())
    for _ in range(_MOST_ROUNDS):
        expected = np.exp(np.clip(columns @ beta, -_FARTHEST, _FARTHEST))
        error = waste / expected - 1
        noise = max(float(error @ error) / max(len(waste) - 3, 1), 1e-6)
        gram = columns.T @ columns + np.diag(precision * noise)
        move = np.linalg.solve(gram, columns.T @ error + precision * noise * (usual - beta))
        beta = beta + np.clip(move, -1.0, 1.0)
        if np.abs(move).max() < _CLOSE:
            break
    expected = np.exp(np.clip(columns @ beta, -_FARTHEST, _FARTHEST))
    return _Fit(columns @ (beta - usual) + waste / expected - 1, precision * noise)


def _at(rho: float, fit: _Fit, design: Design) -> Sequence[float]:
    """Return log-likelihood, step, error and degrees of freedom, given a correlation."""
    columns = _whitened(design.columns, rho, design.starts)
    away = _whitened(fit.away[:, None], rho, design.starts)[:, 0]
    held = fit.precision * (1 - rho**2)
    gram = columns.T @ columns
    inverse = np.linalg.inv(gram + np.diag(held))
    beta = inverse @ (columns.T @ away)
    left = away - columns @ beta
    squares = float(left @ left)
    freedom = max(len(away) - float(np.trace(inverse @ gram)), 1.0)
    free = np.count_nonzero(held == 0)
    log_likelihood = (
        0.5 * len(design.starts) * np.log(1 - rho**2)
        + 0.5 * np.linalg.slogdet(inverse)[1]
        - 0.5 * (len(away) - free) * np.log(squares + float(held @ beta**2))
        - 0.5 * ((rho - _USUAL_CORRELATION) / _ITS_SPREAD) ** 2
    )
    error = np.sqrt(max(squares / freedom * inverse[STEP, STEP], 1e-18))
    return float(log_likelihood), float(beta[STEP]), float(error), freedom


def _whitened(rows: Floats, rho: float, starts: Ints) -> Floats:
    made = rows.copy()
    made[1:] -= rho * rows[:-1]
    made[starts] = rows[starts] * np.sqrt(1 - rho**2)
    return made
