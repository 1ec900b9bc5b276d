"""What the weighing screen must know of its canteen to work without a network."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Request

from cleanplate_gateway.faces.client import fetch
from cleanplate_gateway.faces.formats import label
from cleanplate_gateway.faces.missed import read_missed
from cleanplate_gateway.faces.places import Meals, Place, meals_of
from cleanplate_gateway.faces.rendering import locale_of
from cleanplate_gateway.faces.tablet.meals import answered, begins_at
from cleanplate_gateway.sessions import session_in
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu import Attendance, MealSession
from cleanplate_shared.contracts.waste import Weighing
from cleanplate_shared.contracts.waste_setup import WeighingSetup
from cleanplate_shared.i18n import Locale

_LATEST = 14
_WEEK = timedelta(days=7)
_YESTERDAY = timedelta(days=1)
_DAYS = 9  # yesterday, today, and the week that a tablet may be without a network
_SHOWN = {"id", "stream", "gross_grams", "tare_grams", "weighed_at"}


async def read_facts(request: Request, place: Place) -> dict[str, Any]:
    """Ask menu and waste, all at once; what does not answer is named in `problems`.

    Returns:
        What the page keeps as JSON: `csrf` and `at` of this answer, containers and streams as in
        `WeighingSetup`, meals with diners and dishes, the latest weighings, and what is missing.
    """
    meals, setup, latest, missing = await asyncio.gather(
        meals_of(request, place, place.today - _YESTERDAY, days=_DAYS),
        answered(fetch(request, "waste", _setup_path(place), WeighingSetup)),
        answered(_latest(request, place)),
        read_missed(request, place),
    )
    locale = locale_of(request)
    setup_said = setup.value or WeighingSetup(containers=[], streams=[])
    return {
        "at": place.now.isoformat(timespec="milliseconds"),
        "csrf": session_in(request).csrf,
        "language": locale,
        "time_zone": place.canteen.time_zone,
        "containers": [one.model_dump() for one in setup_said.containers],
        "streams": {
            one.stream.value: one.model_dump(exclude={"stream"}) for one in setup_said.streams
        },
        "meals": await _meals(request, place, meals),
        "latest": _shown(latest.value.items if latest.value else [], locale),
        "missing": missing,
        "problems": [one for one in (meals.missing, setup.missing, latest.missing) if one],
    }


def _setup_path(place: Place) -> str:
    return f"/canteens/{place.canteen.id}/weighing-setup"


async def _meals(request: Request, place: Place, meals: Meals) -> list[dict[str, Any]]:
    counted = [meal for meal in meals.sessions if meal.date <= place.today]
    diners = await _diners(request, counted)
    return [
        {
            "id": str(meal.id),
            "date": meal.date.isoformat(),
            "name": label(meal.meal, locale_of(request)),
            "begins_at": begins_at(meal, place).isoformat(),
            "diners": diners.get(meal.id, meal.registered),
            "dishes": [{"id": str(dish.id), "name": dish.name} for dish in meal.dishes],
        }
        for meal in meals.sessions
    ]


def _shown(weighings: Sequence[Weighing], locale: Locale) -> list[dict[str, Any]]:
    return [
        {**one.model_dump(mode="json", include=_SHOWN), "name": label(one.stream, locale)}
        for one in weighings
        if not one.withdraws and one.corrected_by is None
    ]


async def _latest(request: Request, place: Place) -> Page[Weighing]:
    return await fetch(
        request,
        "waste",
        "/weighings",
        Page[Weighing],
        canteen_id=place.canteen.id,
        date_from=place.today - _WEEK,
        date_to=place.today,
        limit=_LATEST,
    )


async def _diners(request: Request, meals: Sequence[MealSession]) -> dict[UUID, int]:
    """Return who was served at each meal; while nobody was, who registered."""
    answers = await asyncio.gather(
        *(
            answered(fetch(request, "menu", f"/meal-sessions/{meal.id}/attendance", Attendance))
            for meal in meals
        )
    )
    return {
        one.meal_session_id: one.served or one.registered
        for one in (answer.value for answer in answers)
        if one
    }
