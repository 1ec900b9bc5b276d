"""What the demo's diners think of dishes, and what is left of each in the serving trays."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from cleanplate_gateway.demo.town import DemoDish
from cleanplate_gateway.demo.year import MealDay

DAYS = 60
_RATERS = 0.08  # of those who came; of them each rates about half of the dishes
_RATES_A_DISH = 0.5
_SPREAD = 1.0  # of one diner's stars around the dish's
_WEIGHED = 0.5  # of the lunches; a kitchen does not weigh every tray every day
_COMPLAINTS = ("salty", "bland", "oily", "tough", "cold", "too_much")
_PRAISE = 0.4
_LEFT = 0.045  # of what was prepared of a usual dish; a third of it is binned, as the scale shows


@dataclass(frozen=True)
class Cards:
    """How many diners said the same of a dish."""

    dish: str
    stars: int
    tags: str
    count: int


@dataclass(frozen=True)
class Tray:
    """What was prepared and left of a dish, grams."""

    dish: str
    prepared: int
    left: int


def is_asked_about(meal: MealDay, today: date) -> bool:
    """Say whether opinions on a meal are told: lunches of the last 60 days."""
    return meal.meal == "lunch" and 0 < (today - meal.day).days <= DAYS


def cards(meal: MealDay) -> list[Cards]:
    """Return what the diners said of a meal's dishes."""
    rng = np.random.default_rng([meal.crowd.seed, 8, meal.crowd.index, meal.day.toordinal()])
    came = int(meal.attendance.came.sum())
    said: Counter[tuple[str, int, str]] = Counter()
    for dish in meal.dishes:
        raters = int(rng.binomial(came, _RATERS * _RATES_A_DISH))
        liked = _liking(dish)
        for stars in np.clip(np.rint(rng.normal(liked, _SPREAD, raters)), 1, 5).astype(int):
            said[dish.name, int(stars), _tag(rng, dish, int(stars))] += 1
    return [Cards(*what, count) for what, count in sorted(said.items())]


def trays(meal: MealDay) -> Iterator[Tray]:
    """Yield what was left of each dish, on days on which it was weighed."""
    rng = np.random.default_rng([meal.crowd.seed, 9, meal.crowd.index, meal.day.toordinal()])
    if rng.random() > _WEIGHED:
        return
    came = int(meal.attendance.came.sum())
    for dish in meal.dishes:
        prepared = round(came * 0.5 * dish.grams * float(rng.normal(1.05, 0.03)), -2)
        share = min(_LEFT * dish.left**3 * float(rng.lognormal(-0.03, 0.25)), 0.9)
        yield Tray(dish.name, int(prepared), int(round(prepared * share, -1)))


def _liking(dish: DemoDish) -> float:
    """Return the stars of a dish: what is left more is liked less."""
    return 4.4 - 1.6 * (dish.left - 0.6)


def _tag(rng: np.random.Generator, dish: DemoDish, stars: int) -> str:
    if stars >= 4 and rng.random() < _PRAISE:  # noqa: PLR2004
        return "good"
    if stars <= 2 and rng.random() < 2 * _PRAISE:  # noqa: PLR2004
        usual = _COMPLAINTS[sum(map(ord, dish.name)) % len(_COMPLAINTS)]
        return usual if rng.random() < 0.7 else str(rng.choice(_COMPLAINTS))  # noqa: PLR2004
    return ""
