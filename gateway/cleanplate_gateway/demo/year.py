"""The demo's year, day by day: sessions, registrations, who came, what was weighed.

Every number follows from the seed, the first day of the demo and the day itself, so a year made
at once and a year made in pieces are the same year.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cleanplate_gateway.demo import town
from cleanplate_gateway.demo.calendar import meals_on
from cleanplate_gateway.demo.crowd import Attendance, Crowd, crowds
from cleanplate_gateway.demo.scale import Weighed, weigh

ZONE = ZoneInfo("Asia/Shanghai")
DAYS_AHEAD = 10
LEDGER_DAYS = 90  # who came is kept by person for so long, then only as totals
CUTOFFS = {"breakfast": (-1, time(20)), "lunch": (0, time(9, 30)), "dinner": (0, time(15, 30))}


@dataclass(frozen=True)
class MealDay:
    """One meal of one day at one canteen, as it is planned and as it went."""

    day: date
    meal: str
    crowd: Crowd
    attendance: Attendance

    @property
    def canteen(self) -> town.CanteenPlan:
        """Return where the meal is."""
        return self.crowd.plan

    @property
    def cutoff_at(self) -> datetime:
        """Return when registering ends."""
        shift, at = CUTOFFS[self.meal]
        return datetime.combine(self.day + timedelta(days=shift), at, ZONE)

    @property
    def dishes(self) -> list[town.DemoDish]:
        """Return what is on the menu."""
        return town.menu(self.crowd.index, self.day.toordinal(), self.meal)

    def weighed(self, first_day: date) -> list[Weighed]:
        """Return what the scale showed."""
        return weigh(self.crowd, self.attendance, self.day, self.meal, first_day)


def first_day_of(today: date) -> date:
    """Return where a new demo begins: the first of this month a year ago.

    Thirteen months, so that the report of this month has the same month of last year beside it.
    """
    year = today.year - 1
    return date(year, today.month, 1)


def meal_days(seed: int, first: date, last: date) -> Iterator[MealDay]:
    """Yield every meal from `first` to `last`, both included, in the order of days."""
    everybody = crowds(seed)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for crowd in everybody:
            for meal in meals_on(crowd.plan, day):
                yield MealDay(day, meal, crowd, crowd.attend(day, meal))
