"""Meals of some canteens over some months, with a truth that can be learnt."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from cleanplate_forecast.domain.columns import EARLY_HOURS, Columns
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.domain.spread import Question
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts
from support.services import CANTEEN, OTHER_CANTEEN

TODAY = date(2026, 6, 8)  # an ordinary Monday
YESTERDAY = TODAY.toordinal() - 1
LAST_DAYS = (YESTERDAY, YESTERDAY - 28)  # of a model, and of its trial
DAYS = 98
SERIES = [(canteen, meal) for canteen in (CANTEEN, OTHER_CANTEEN) for meal in ("lunch", "dinner")]


def columns(days: int = DAYS) -> Columns:
    """Return the season as columns; the last day is yesterday. Half of them register early."""
    served, registered = _people(days)
    ordinals = TODAY.toordinal() - days + np.arange(days)
    count = len(SERIES)
    return Columns(
        names=tuple(f"{canteen} {meal}" for canteen, meal in SERIES),
        series=np.repeat(np.arange(count), days),
        meals=np.repeat([1, 2, 1, 2], days),
        days=np.tile(ordinals, count),
        kinds=np.tile((ordinals - 1) % 7, count),
        served=served.ravel().astype(np.float64),
        registered=registered.ravel().astype(np.float64),
        early={hours: registered.ravel() // 2 * 1.0 for hours in EARLY_HOURS},
    )


def told(days: int = DAYS, ahead: int = 10) -> Iterator[MealSessionsChanged]:
    """Return the same as the menu service tells it, and meals of the days ahead."""
    served, registered = _people(days)
    for n, (canteen, meal) in enumerate(SERIES):
        past = [
            facts(canteen, -days + at, int(registered[n, at]), int(served[n, at]), meal)
            for at in range(days)
        ]
        yield MealSessionsChanged(
            sessions=[*past, *(facts(canteen, at, 40, None, meal) for at in range(ahead))]
        )


def silently(_stage: str, _share: float) -> None:
    """Nobody wants to know how far it is."""


def finally_asked(rows: np.ndarray, as_of: int) -> Question:
    """Ask about rows whose registrations are final."""
    return Question(rows, Seen.final(columns(), rows), as_of)


def meal_id(canteen: uuid.UUID, meal: str, ahead: int) -> uuid.UUID:
    """Return the id of a meal so many days ahead."""
    return uuid.uuid5(canteen, f"{meal} {TODAY + timedelta(ahead)}")


def _people(days: int) -> tuple[np.ndarray, np.ndarray]:
    """Return who came and who was registered: nine of ten come, however many registered."""
    random = np.random.default_rng(7)
    size = np.array([[200.0], [80.0], [500.0], [150.0]])
    registered = random.poisson(size * random.uniform(0.5, 1.5, (len(SERIES), days)))
    return random.binomial(registered, 0.9), registered


def facts(
    canteen: uuid.UUID, ahead: int, registered: int, served: int | None, meal: str = "lunch"
) -> SessionFacts:
    """Return a meal so many days ahead, as the menu service tells it."""
    day = TODAY + timedelta(ahead)
    return SessionFacts(
        meal_session_id=meal_id(canteen, meal, ahead),
        canteen_id=canteen,
        date=day,
        meal=Meal(meal),
        cutoff_at=datetime.combine(day, time(1), UTC),
        capacity=2000,
        registered=registered,
        portions={},
        served=served,
        no_shows=0,
        walk_ins=0,
        dishes=[],
        version=1,
    )
