"""The measurement of a change against the truth, in canteens whose change is known.

Peers are what reports do today: the change of the rate, and its interval as if days were
independent (domain.md 5.1, first formula).
"""

import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.wasting import Canteen, wasted
from cleanplate_report.domain.measurement import Change, Days, estimate
from cleanplate_shared.contracts.report_measurement import ChangeVerdict

PAIRS = 2_000
_LENGTHS = ((21, 21), (60, 60), (125, 60), (250, 21))
_TRUTHS = (0.0, -0.05, -0.15, -0.25)
# Days per period, daily spread and change at which domain.md 5.2 has a power of 80 %.
_TABLE = ((32, 0.15, -0.1), (38, 0.25, -0.15), (73, 0.35, -0.15), (24, 0.35, -0.25))
_POWER_RUNS, _GROWN_RUNS = 500, 200
_NORMAL = 1.96


@dataclass(frozen=True)
class _Told:
    """One simulated pair of periods and what was said of it."""

    truth: float
    ours: Change
    raw: float
    raw_holds: bool


def measure() -> Any:  # noqa: ANN401
    """Return how often intervals held the truth, how far the middles were off, and the power."""
    rng = np.random.default_rng(2026)
    begun = time.process_time()
    told = [_pair(rng, seed) for seed in range(PAIRS)]
    seconds = (time.process_time() - begun) / PAIRS
    figures = _figures(told) | {"CPU ms a canteen": 1000 * seconds}
    ratios = {"error of ours over error of the raw change": _error(told) / _raw_error(told)}
    return {"ratios": ratios, "figures": figures | _grown() | _power()}


def _pair(rng: np.random.Generator, seed: int) -> _Told:
    canteen = Canteen(rng.uniform(0.5, 1.0), rng.uniform(0.15, 0.35), rng.uniform(0.0, 0.5))
    truth = float(rng.choice(_TRUTHS))
    counts = _LENGTHS[seed % len(_LENGTHS)]
    days = wasted(canteen, *counts, truth, rng.uniform(-0.2, 0.2), seed)
    raw, error = _raw(days)
    holds = abs(raw - np.log1p(truth)) < _NORMAL * error
    return _Told(truth, _ours(days), float(np.expm1(raw)), bool(holds))


def _ours(days: Days) -> Change:
    belief = estimate(days)
    if belief is None:
        sys.exit("a simulated canteen had too few days")
    return Change.of(belief)


def _raw(days: Days) -> tuple[float, float]:
    """Return the logarithm of the rates' ratio, and its error for independent days."""
    rates, errors = [], []
    for after in (False, True):
        on = days.is_after == after
        waste, served = days.waste[on], days.served[on]
        rate = waste.sum() / served.sum()
        count = len(waste)
        spread = np.sqrt(((waste - rate * served) ** 2).sum() * count / (count - 1))
        rates.append(rate)
        errors.append(spread / served.sum() / rate)
    return float(np.log(rates[1] / rates[0])), float(np.hypot(*errors))


def _figures(told: list[_Told]) -> dict[str, float]:
    still = [one for one in told if one.truth == 0.0]
    holds = [one.ours.low <= one.truth <= one.ours.high for one in told]
    decreases = [one.ours.verdict is ChangeVerdict.DECREASE for one in still]
    figures = {
        f"{PAIRS} pairs: in the 95 % interval": float(np.mean(holds)),
        f"{PAIRS} pairs: in the raw change's interval": float(np.mean([x.raw_holds for x in told])),
        "false decreases where nothing changed": float(np.mean(decreases)),
    }
    for truth in _TRUTHS:
        of = [one for one in told if one.truth == truth]
        figures[f"bias at {truth:+.0%}, points"] = _points([one.ours.value for one in of], truth)
        figures[f"bias at {truth:+.0%}, raw, points"] = _points([one.raw for one in of], truth)
    return figures


def _points(found: list[float], truth: float) -> float:
    return float(100 * (np.mean(found) - truth))


def _error(told: list[_Told]) -> float:
    return float(np.mean([abs(one.ours.value - one.truth) for one in told]))


def _raw_error(told: list[_Told]) -> float:
    return float(np.mean([abs(one.raw - one.truth) for one in told]))


def _grown() -> dict[str, float]:
    """Return what is told of no change at all while a fifth more diners come."""
    canteen = Canteen(elasticity=0.6)
    grown = [wasted(canteen, 125, 125, drift=0.2, seed=seed) for seed in range(_GROWN_RUNS)]
    raw = [float(np.expm1(_raw(days)[0])) for days in grown]
    ours = [_ours(days).value for days in grown]
    what = "no change, a fifth more diners"
    return {f"{what}: bias, points": _points(ours, 0), f"{what}: raw": _points(raw, 0)}


def _power() -> dict[str, float]:
    """Return how often a decrease is told where the table's assumptions hold: 0.8 by the table."""
    found = {}
    for days, spread, truth in _TABLE:
        canteen = Canteen(1.0, spread, 0.0, weekdays=False)
        seen = [
            _ours(wasted(canteen, days, days, truth, seed=seed)).verdict is ChangeVerdict.DECREASE
            for seed in range(_POWER_RUNS)
        ]
        found[f"power, 2 x {days} days, spread {spread}, {truth:+.0%}"] = float(np.mean(seen))
    return found
