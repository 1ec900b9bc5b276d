"""The working calendar of a year, and setting a day by hand."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, fetch_all, send
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.directory import CalendarDay, DaySet
from cleanplate_shared.i18n import msg

router = APIRouter()
_UNREADABLE = msg("Write a day as YYYY-MM-DD.")
Year = Annotated[int | None, Query(ge=2000, le=2099)]


@router.get("/calendar")
async def show_calendar(
    request: Request, _: PersonDep, now: NowDep, year: Year = None
) -> HTMLResponse:
    """Show what differs from plain weeks: holidays and make-up days."""
    return await _page(request, year or now.year, None)


@router.post("/calendar")
async def set_day(
    request: Request,
    _: PersonDep,
    now: NowDep,
    day: Annotated[str, Form(max_length=20)] = "",
    worked: Annotated[str, Form(max_length=5)] = "yes",
) -> Response:
    """Set whether a day is worked."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        return await _page(request, now.year, _UNREADABLE.in_(locale_of(request)), 422)
    try:
        body = DaySet(is_workday=worked == "yes")
        await send(request, "directory", "PUT", f"/calendar/{wanted}", body)
    except Refused as refusal:
        return await _page(request, wanted.year, refusal.words, refusal.problem.status)
    return RedirectResponse(f"/a/calendar?year={wanted.year}", 303)


async def _page(
    request: Request, year: int, problem: str | None, status: int = 200
) -> HTMLResponse:
    days = await fetch_all(
        request,
        "directory",
        "/calendar",
        CalendarDay,
        date_from=date(year, 1, 1),
        date_to=date(year, 12, 31),
    )
    return render(
        request,
        "desk/calendar.html",
        status,
        year=year,
        special=[day for day in days if day.holiday or day.is_make_up],
        provisional=any(not day.announced for day in days),
        problem=problem,
        page="calendar",
    )
