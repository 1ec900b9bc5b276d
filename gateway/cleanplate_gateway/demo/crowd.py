"""Who registers and who comes: each diner of the demo is simulated, meal by meal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cleanplate_gateway.demo import town
from cleanplate_gateway.demo.calendar import DayMood, is_duty_day, mood
from cleanplate_gateway.demo.town import CANTEENS, CanteenPlan, Person
from cleanplate_gateway.demo.truth import HEAVY_LEAVER_SHARE

MEALS = ("breakfast", "lunch", "dinner")
_COMES = {"breakfast": 0.42, "lunch": 0.74, "dinner": 0.20}  # of the diners, on an ordinary day
_REGISTERS = {"breakfast": 0.86, "lunch": 0.93, "dinner": 0.88}  # of those who mean to come
_STAYS_AWAY = 0.055  # of those who registered, on a dry day
_CARELESS = 0.17
_DROPS_IN = 0.012  # of those who did not mean to come
_CHANGES_PORTION = 0.1
_PORTIONS = ("full", "half", "small")
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Attendance:
    """One meal of one day: for each diner of the canteen, in the order of their numbers.

    Attributes:
        registered: who registered before the cut-off.
        lead_days: how many days ahead each of them did.
        portions: index into full, half, small.
        came: who ate, registered or not.
    """

    registered: Flags
    lead_days: npt.NDArray[np.int64]
    portions: npt.NDArray[np.int64]
    came: Flags


class Crowd:
    """The diners of one canteen with their lasting habits."""

    def __init__(self, seed: int, plan: CanteenPlan, diners: Sequence[Person]) -> None:
        self.seed = seed
        self.plan = plan
        self.diners = diners
        self.index = CANTEENS.index(plan)
        rng = np.random.default_rng([seed, 3, self.index])
        size = len(diners)
        self._habit = {meal: rng.normal(_log_odds(_COMES[meal]), 1.1, size) for meal in MEALS}
        self._eager = rng.beta(2, 3, size)
        self._portion = rng.choice(3, size, p=[0.74, 0.18, 0.08])
        self.leaves_much = rng.random(size) < HEAVY_LEAVER_SHARE

    @cached_property
    def _stays_away(self) -> Numbers:
        careless = np.array([diner.unit == town.CARELESS_UNIT for diner in self.diners])
        return np.where(careless, _CARELESS, _STAYS_AWAY)

    def attend(self, day: date, meal: str) -> Attendance:
        """Return who registers for a meal and who comes."""
        rng = np.random.default_rng([self.seed, 4, self.index, day.toordinal(), MEALS.index(meal)])
        size = len(self.diners)
        felt = mood(self.seed, day)
        means_to = rng.random(size) < _odds_to_share(self._habit[meal] + self._known(felt, day))
        registered = means_to & (rng.random(size) < _REGISTERS[meal])
        spoils = np.exp(-2.0 * felt.surprise)
        away = rng.random(size) < np.minimum(self._stays_away * spoils, 0.6)
        drops_in = ~means_to & (rng.random(size) < _DROPS_IN / spoils)
        changed = rng.random(size) < _CHANGES_PORTION
        return Attendance(
            registered=registered,
            lead_days=rng.geometric(0.25 + 0.4 * (1 - self._eager)) - 1,
            portions=np.where(changed, rng.integers(0, 3, size), self._portion),
            came=(means_to & ~away) | drops_in,
        )

    def _known(self, felt: DayMood, day: date) -> float:
        if is_duty_day(self.plan, day):
            return _log_odds(self.plan.weekend_share[day.weekday()])
        return felt.known


def crowds(seed: int) -> list[Crowd]:
    """Return the diners of every canteen, simulated ones only (staff does not eat here)."""
    diners = [person for person in town.people(seed) if person.role == "diner"]
    return [
        Crowd(seed, plan, [person for person in diners if person.canteen == plan.name])
        for plan in CANTEENS
    ]


def portion_name(index: int) -> str:
    """Return the contract's word for a portion size."""
    return _PORTIONS[index]


def _log_odds(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _odds_to_share(log_odds: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)
