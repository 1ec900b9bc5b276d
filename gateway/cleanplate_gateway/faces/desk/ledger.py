"""The ledger (台账) of a month, to read, to print and to download; and where it all went."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from cleanplate_gateway.faces.client import call, fetch
from cleanplate_gateway.faces.desk.months import bounds, last_months, month_or
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_treatment import Balance, Ledger

router = APIRouter()


@router.get("/ledger")
async def show_ledger(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None, month: str = ""
) -> HTMLResponse:
    """Show a month's ledger, and where every kilogram went."""
    place = await place_of(request, person, now, canteen)
    wanted = month_or(month, place.today)
    first, last = bounds(wanted)
    path = f"/canteens/{place.canteen.id}"
    days = {"date_from": first, "date_to": last}
    return render(
        request,
        "desk/ledger.html",
        place=place,
        month=wanted,
        months=last_months(place.today),
        ledger=await fetch(request, "waste", f"{path}/ledger", Ledger, month=wanted),
        balance=await fetch(request, "waste", f"{path}/destinations", Balance, **days),
        page="ledger",
    )


@router.get("/ledger.xlsx")
async def download_ledger(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None, month: str = ""
) -> Response:
    """Return the ledger as a workbook."""
    return await _download(request, await place_of(request, person, now, canteen), month, "xlsx")


@router.get("/ledger.pdf")
async def print_ledger(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None, month: str = ""
) -> Response:
    """Return the ledger as PDF."""
    return await _download(request, await place_of(request, person, now, canteen), month, "pdf")


async def _download(request: Request, place: Place, month: str, kind: str) -> Response:
    wanted = month_or(month, place.today)
    path = f"/canteens/{place.canteen.id}/ledger.{kind}"
    answer = await call(request, "waste", "GET", path, params={"month": wanted})
    kept = ("content-type", "content-disposition")
    return Response(answer.content, headers={name: answer.headers[name] for name in kept})
