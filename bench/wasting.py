"""Canteens that waste as they are told, day by day, with noise whose neighbours are alike."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from cleanplate_report.domain.measurement import Days

_FIRST = date(2026, 1, 5).toordinal()  # a Monday
_DINERS, _KILOGRAMS = 300.0, 20.0
_COME = np.array([0.05, 0.02, 0.0, -0.02, -0.1])  # logarithms, Monday to Friday
_WASTE = np.array([1.0, 0.95, 1.0, 1.05, 1.1])


@dataclass(frozen=True)
class Canteen:
    """How one wastes.

    Attributes:
        elasticity: of kilograms to diners.
        spread: coefficient of variation of a day.
        memory: correlation of neighbouring days.
        weekdays: they differ.
    """

    elasticity: float = 0.75
    spread: float = 0.25
    memory: float = 0.2
    weekdays: bool = True


def wasted(
    canteen: Canteen,
    before: int,
    after: int,
    change: float = 0.0,
    drift: float = 0.0,
    seed: int = 0,
) -> Days:
    """Return days whose true step is `change`, while diners drift by `drift` at the same time."""
    rng = np.random.default_rng(seed)
    count = before + after
    nth = np.arange(count)
    is_after, weekday = nth >= before, nth % 5
    grown = np.where(is_after, 1 + drift, 1.0)
    served = np.round(_DINERS * np.exp(rng.normal(0, 0.08, count) + _COME[weekday]) * grown)
    usual = _KILOGRAMS * (served / _DINERS) ** canteen.elasticity
    usual *= _WASTE[weekday] if canteen.weekdays else 1.0
    waste = usual * np.where(is_after, 1 + change, 1.0) * _noise(canteen, count, rng)
    nothing = np.full(count, "")
    return Days(_FIRST + nth // 5 * 7 + weekday, nothing, served, waste, is_after, {}, {})


def _noise(canteen: Canteen, count: int, rng: np.random.Generator) -> np.ndarray:
    spread = np.log1p(canteen.spread**2) ** 0.5
    alike = rng.normal(size=count)
    for day in range(1, count):
        alike[day] = canteen.memory * alike[day - 1] + (1 - canteen.memory**2) ** 0.5 * alike[day]
    return np.exp(spread * alike - spread**2 / 2)
