"""Meals that are over and were not weighed (漏称), in words."""

import asyncio
from datetime import timedelta

from fastapi import Request

from cleanplate_gateway.faces.client import Refused, fetch
from cleanplate_gateway.faces.formats import label
from cleanplate_gateway.faces.places import Place
from cleanplate_gateway.faces.rendering import locale_of
from cleanplate_shared.contracts.waste_setup import MissingMeal, MissingMeals
from cleanplate_shared.i18n import Locale

_YESTERDAY = timedelta(days=1)


async def read_missed(request: Request, place: Place) -> list[dict[str, str]]:
    """Return yesterday's and today's meals that still have to be weighed.

    Returns:
        For each its `day`, its `meal` and its `streams`; nothing while nobody can say.
    """
    days = (place.today - _YESTERDAY, place.today)
    asking = (
        fetch(request, "waste", "/missing", MissingMeals, canteen_id=place.canteen.id, date=day)
        for day in days
    )
    try:
        answers = await asyncio.gather(*asking)
    except Refused:
        return []
    locale = locale_of(request)
    return [_said(item, locale) for answer in answers for item in answer.items]


def _said(missing: MissingMeal, locale: Locale) -> dict[str, str]:
    between = "、" if locale == "zh" else ", "
    return {
        "day": f"{missing.date:%m-%d}",
        "meal": label(missing.meal, locale),
        "streams": between.join(label(stream, locale) for stream in missing.streams),
    }
