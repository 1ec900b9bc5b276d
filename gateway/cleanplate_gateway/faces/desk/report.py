"""The monthly report: one canteen, or an organisation's canteens together."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cleanplate_gateway.faces.client import Refused, fetch, fetch_all
from cleanplate_gateway.faces.desk.chart import chart_of
from cleanplate_gateway.faces.desk.months import last_months, month_or
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.directory import Organization
from cleanplate_shared.contracts.report import MonthlyReport

router = APIRouter()
_ORGANIZATION = "organization:"


@router.get("/report")
async def show_report(
    request: Request, person: PersonDep, now: NowDep, month: str = "", about: str = ""
) -> HTMLResponse:
    """Show a month beside the month before and the same month a year before."""
    place = await place_of(request, person, now, None)
    organizations = await _organizations(request)
    wanted = month_or(month, place.today)
    chosen = about if _is_id(about.removeprefix(_ORGANIZATION)) else str(place.canteen.id)
    found = await _report(request, chosen, wanted)
    report = None if isinstance(found, Refused) else found
    return render(
        request,
        "desk/report.html",
        found.problem.status if isinstance(found, Refused) else 200,
        place=place,
        organizations=organizations,
        chosen=chosen,
        month=wanted,
        months=last_months(place.today),
        report=report,
        missing=found.words if isinstance(found, Refused) else None,
        chart=chart_of(report, locale_of(request)) if report else None,
        page="report",
    )


async def _report(request: Request, about: str, month: str) -> MonthlyReport | Refused:
    whole = about.startswith(_ORGANIZATION)
    subject = {("organization_id" if whole else "canteen_id"): about.removeprefix(_ORGANIZATION)}
    try:
        return await fetch(request, "report", "/monthly", MonthlyReport, month=month, **subject)
    except Refused as refusal:
        return refusal


async def _organizations(request: Request) -> list[Organization]:
    try:
        return await fetch_all(request, "directory", "/organizations", Organization)
    except Refused:
        return []


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
