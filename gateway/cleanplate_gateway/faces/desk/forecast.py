"""Forecasts beside what came, and what cooks decided beside what was suggested."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from cleanplate_gateway.faces.client import Refused, fetch
from cleanplate_gateway.faces.desk.forecast_chart import chart_of
from cleanplate_gateway.faces.desk.months import bounds, last_months, month_or
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.forecast_scores import (
    DecisionRecord,
    ForecastScores,
)

router = APIRouter()
_MONTHS = 3


class Shown(BaseModel):
    """The form above the page; what cannot be read is this month, and lunch."""

    canteen: UUID | None = None
    month: Annotated[str, Field(max_length=7)] = ""
    meal: Annotated[str, Field(max_length=9)] = ""


@dataclass(frozen=True)
class _Found:
    scores: ForecastScores | None
    decisions: DecisionRecord | None
    missing: str | None


@router.get("/forecast")
async def show_forecast(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[Shown, Query()]
) -> HTMLResponse:
    """Show a meal's forecasts of a month beside who came, with the scores of three months."""
    place = await place_of(request, person, now, wanted.canteen)
    month = month_or(wanted.month, place.today)
    found = await _read(request, place, month)
    items = found.scores.items if found.scores else []
    meals = [meal for meal in Meal if any(item.meal == meal for item in items)]
    meal = _meal(wanted.meal, meals)
    first, last = bounds(month)
    shown = [item for item in items if item.meal == meal and first <= item.date <= last]
    return render(
        request,
        "desk/forecast.html",
        place=place,
        month=month,
        months=last_months(place.today),
        meal=meal,
        meals=meals,
        found=found,
        items=shown,
        chart=chart_of(shown, locale_of(request)),
        page="forecast",
    )


async def _read(request: Request, place: Place, month: str) -> _Found:
    first, last = bounds(month)
    asked = {"canteen_id": place.canteen.id, "date_to": last}
    try:
        scores, decisions = await asyncio.gather(
            fetch(request, "forecast", "/scores", ForecastScores, date_from=_since(first), **asked),
            fetch(request, "forecast", "/decisions", DecisionRecord, date_from=first, **asked),
        )
    except Refused as refusal:
        return _Found(None, None, refusal.words)
    return _Found(scores, decisions, None)


def _since(first: date) -> date:
    """Return the first day of the months that are scored beside the one shown."""
    return date.fromisoformat(f"{last_months(first, _MONTHS)[-1]}-01")


def _meal(wanted: str, meals: Sequence[Meal]) -> Meal:
    usual = Meal.LUNCH if Meal.LUNCH in meals or not meals else meals[0]
    return next((meal for meal in meals if meal == wanted), usual)
