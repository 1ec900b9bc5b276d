"""What the scale shows: plate waste diner by diner, the kitchen's streams meal by meal."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cleanplate_gateway.demo import town
from cleanplate_gateway.demo.crowd import MEALS, Attendance, Crowd
from cleanplate_gateway.demo.truth import (
    CAMPAIGN,
    DAILY_MEMORY,
    DAILY_SPREAD,
    FORGOTTEN_STREAM_CHANCE,
    HEAVY_LEAVER_MASS,
    HEAVY_LEAVER_SHARE,
    PLATE_GAP,
    PLATE_GRAMS,
)

STREAMS = ("spoilage", "prep_unavoidable", "prep_avoidable", "unserved", "plate")
_PREP_PER_DINER = {"breakfast": 18.0, "lunch": 62.0, "dinner": 45.0}
_AVOIDABLE_SHARE = 0.14  # of the trimmings
_PORTION_KILOS = {"breakfast": 0.30, "lunch": 0.48, "dinner": 0.42}
_BINNED_SHARE = 0.30  # of what is cooked and not taken; the rest is used again or eaten by staff
_SPOILAGE_CHANCE = 0.22
# The small sources below add spread of their own, so the day's common factor has a little less.
_COMMON_SPREAD = DAILY_SPREAD * 0.85
_MEMORY = DAILY_MEMORY * 0.9
_REASONS = {"unserved": "overproduction", "prep_unavoidable": "normal_loss", "spoilage": "expired"}
Grams = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Weighed:
    """What was weighed for one stream of one meal."""

    stream: str
    net_grams: int
    reason: str | None


def left_on_plates(crowd: Crowd, attendance: Attendance, day: date, meal: str) -> Grams:
    """Return what each diner who came left on the plate, grams, before the day's own mood."""
    rng = np.random.default_rng([crowd.seed, 5, crowd.index, day.toordinal(), MEALS.index(meal)])
    much = crowd.leaves_much[attendance.came]
    mean = PLATE_GRAMS[meal]
    heavy = mean * HEAVY_LEAVER_MASS / HEAVY_LEAVER_SHARE
    light = mean * (1 - HEAVY_LEAVER_MASS) / (1 - HEAVY_LEAVER_SHARE)
    size = len(much)
    grams = np.where(much, rng.gamma(6, heavy / 6, size), rng.gamma(0.6, light / 0.6, size))
    smaller = np.array([1.0, 0.75, 0.6])[attendance.portions[attendance.came]]
    return np.asarray(grams * smaller / 0.93, dtype=np.float64)


def weigh(
    crowd: Crowd, attendance: Attendance, day: date, meal: str, first_day: date
) -> list[Weighed]:
    """Return one meal's weighings; an explicit zero says "weighed, nothing there"."""
    rng = np.random.default_rng([crowd.seed, 6, crowd.index, day.toordinal(), MEALS.index(meal)])
    common = _day_factor(crowd.seed, crowd.index, (day - first_day).days)
    plates = float(left_on_plates(crowd, attendance, day, meal).sum())
    dishes = town.menu(crowd.index, day.toordinal(), meal)
    plates *= common * sum(dish.left for dish in dishes) / len(dishes)
    if CAMPAIGN.runs(crowd.plan.name, day, first_day):
        plates *= 1 + CAMPAIGN.plate_effect
    served = int(attendance.came.sum())
    prep = served * _PREP_PER_DINER[meal] * common * float(rng.lognormal(-0.02, 0.2))
    grams = {
        "spoilage": float(rng.gamma(1.5, 3.0)) * served if rng.random() < _SPOILAGE_CHANCE else 0.0,
        "prep_unavoidable": prep * (1 - _AVOIDABLE_SHARE),
        "prep_avoidable": prep * _AVOIDABLE_SHARE * float(rng.lognormal(0, 0.3)),
        "unserved": _not_taken(rng, attendance, meal) * common,
        "plate": plates,
    }
    forgotten = _forgotten(rng)
    if PLATE_GAP.covers(crowd.plan.name, day, first_day):
        del grams["plate"]
    return [
        Weighed(stream, round(found / 10) * 10, _REASONS.get(stream))
        for stream, found in grams.items()
        if stream != forgotten
    ]


def _not_taken(rng: np.random.Generator, attendance: Attendance, meal: str) -> float:
    """Return the grams binned of what was cooked: the kitchen cooks for those who registered."""
    cooked = attendance.registered.sum() * float(rng.normal(1.06, 0.03))
    over = max(cooked - attendance.came.sum(), 0.02 * cooked)
    return float(over * _PORTION_KILOS[meal] * 1000 * _BINNED_SHARE)


def _forgotten(rng: np.random.Generator) -> str | None:
    """Return the stream that nobody weighed at this meal, if one was forgotten."""
    chance, which = rng.random(), int(rng.integers(len(STREAMS)))
    return STREAMS[which] if chance < FORGOTTEN_STREAM_CHANCE / len(MEALS) else None


@lru_cache(maxsize=4096)
def _day_factor(seed: int, canteen: int, day_number: int) -> float:
    """Return the common factor of a day: log-normal with mean 1, and a memory of the day before."""
    sigma = float(np.sqrt(np.log(1 + _COMMON_SPREAD**2)))
    logs = _log_factors(seed, canteen, day_number // 400)
    return float(np.exp(sigma * logs[day_number % 400] - sigma**2 / 2))


@lru_cache(maxsize=16)
def _log_factors(seed: int, canteen: int, stretch: int) -> npt.NDArray[np.float64]:
    """Return 400 standard normal values, each remembering the one before."""
    fresh = np.random.default_rng([seed, 7, canteen, stretch]).normal(size=400)
    values = np.empty(400)
    values[0] = fresh[0]
    for n in range(1, 400):
        values[n] = _MEMORY * values[n - 1] + np.sqrt(1 - _MEMORY**2) * fresh[n]
    return values
