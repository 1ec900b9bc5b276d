"""What is true in the demo's year: the one place that later measurements are held against.

All data of the demo are synthetic. These constants are known exactly because we put them in; a
method that claims to measure a change must find them again, and must not find what is not here.
"""

from dataclasses import dataclass
from datetime import date, timedelta

OFFICE = "机关第一食堂"
HALL = "市民中心食堂"


@dataclass(frozen=True)
class Campaign:
    """A clean-plate campaign: from one day on, in one canteen, plates come back emptier.

    Attributes:
        canteen: where it runs; the other canteen is untouched.
        starts_after_days: calendar days from the first day of the demo to its first day.
        plate_effect: true relative change of plate waste per diner-meal, from the first day on,
            all else equal. Other streams and the number of diners do not change.
    """

    canteen: str
    starts_after_days: int
    plate_effect: float

    def runs(self, canteen: str, day: date, first_day: date) -> bool:
        """Say whether `day` lies in the campaign at this canteen."""
        return canteen == self.canteen and day >= self.first(first_day)

    def first(self, first_day: date) -> date:
        """Return the first day of the campaign, in a demo that begins on `first_day`."""
        return first_day + timedelta(days=self.starts_after_days)


@dataclass(frozen=True)
class Gap:
    """Days on which one canteen did not weigh what came back on the plates."""

    canteen: str
    starts_after_days: int
    days: int

    def covers(self, canteen: str, day: date, first_day: date) -> bool:
        """Say whether plates were not weighed that day."""
        begin = first_day + timedelta(days=self.starts_after_days)
        return canteen == self.canteen and begin <= day < begin + timedelta(days=self.days)


CAMPAIGN = Campaign(canteen=OFFICE, starts_after_days=240, plate_effect=-0.25)
PLATE_GAP = Gap(canteen=HALL, starts_after_days=150, days=14)

# What share of the hauler's weight the kitchen's own weighings come to: the office weighs nearly
# all of it, the hall forgets a fifth.
LOGGED_SHARE = {OFFICE: 0.96, HALL: 0.8}

# One of these many days misses one stream of one meal, as it happens in kitchens.
FORGOTTEN_STREAM_CHANCE = 0.03

# A fifth of the diners leaves most of the plate waste: 20 % of guests, 60 % of the mass
# (421,015 weighed plates; Resources, Conservation and Recycling 200 (2024) 107288).
HEAVY_LEAVER_SHARE = 0.20
HEAVY_LEAVER_MASS = 0.60

# Plate waste, grams per diner-meal: four workplace buffet canteens in Beijing, 2021, n = 656
# (Frontiers in Sustainable Food Systems 2024, 1455756): lunch 78.8, breakfast and dinner derived.
PLATE_GRAMS = {"breakfast": 28.0, "lunch": 78.8, "dinner": 53.0}

# Day-to-day spread of total grams per diner-meal in a Swedish school kitchen over 282 service days:
# coefficient of variation 0.35, correlation with the day before 0.18.
DAILY_SPREAD = 0.35
DAILY_MEMORY = 0.18
