"""What a day is like in the demo: open or closed, weather, and how it moves people."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from cleanplate_gateway.demo.town import CanteenPlan
from cleanplate_shared.workdays import day_kind

_WEEKDAY_SHIFT = (0.0, 0.15, 0.10, 0.05, -0.30, 0.0, 0.0)
_LONG_BREAK_DAYS = 3


@dataclass(frozen=True)
class DayMood:
    """How a day moves people, on the scale of log-odds of coming to eat.

    Attributes:
        known: what everybody knows when they register (weekday, holidays near).
        surprise: what shows on the day (rain, chance); it makes no-shows and walk-ins.
        rain: 0 none, 1 rain, 2 heavy rain.
    """

    known: float
    surprise: float
    rain: int


def is_duty_day(plan: CanteenPlan, day: date) -> bool:
    """Say whether only those on duty eat: a weekend that is neither worked nor a holiday."""
    kind = day_kind(day)
    return not kind.is_workday and kind.holiday is None and day.weekday() in plan.weekend_share


def meals_on(plan: CanteenPlan, day: date) -> tuple[str, ...]:
    """Return the meals that a canteen serves on a day; none if it is closed."""
    if day_kind(day).is_workday:
        return ("breakfast", "lunch", "dinner")
    return ("lunch",) if is_duty_day(plan, day) else ()


def mood(seed: int, day: date) -> DayMood:
    """Return how a day moves people; the same for both canteens, as the weather is."""
    rng = np.random.default_rng([seed, 2, day.toordinal()])
    kind = day_kind(day)
    wet = 0.38 if day.month in {5, 6, 7, 8} else 0.18
    rain = int(rng.choice(3, p=[1 - wet, wet * 0.75, wet * 0.25]))
    known = _WEEKDAY_SHIFT[day.weekday()]
    if kind.is_make_up and kind.is_workday:
        known = -0.35  # a make-up day is worked, without much enthusiasm
    known += _near_break(day) + (-0.20 if day.month in {7, 8} else 0.0)
    return DayMood(known, -0.22 * rain + float(rng.normal(0, 0.12)), rain)


def _near_break(day: date) -> float:
    """Return the pull of a long break close by: people leave early and come back late."""
    shift = 0.0
    for distance, pull in ((1, -0.45), (2, -0.15)):
        if _break_begins(day + timedelta(days=distance)):
            shift += pull
        if _break_begins(day - timedelta(days=distance), backwards=True):
            shift += pull / 2
    festival = {day_kind(day + timedelta(days=n)).holiday for n in range(-7, 8)}
    return shift - (0.5 if "春节" in festival else 0.0)


def _break_begins(day: date, *, backwards: bool = False) -> bool:
    step = -1 if backwards else 1
    days = [day + timedelta(days=step * n) for n in range(_LONG_BREAK_DAYS)]
    return all(not day_kind(one).is_workday for one in days)
