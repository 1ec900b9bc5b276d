"""A sheet of registrations for a unit: looked at first, then taken row by row."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import Response

from cleanplate_gateway.faces.client import Refused, call
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.offices import Desk, desk_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu_groups import SheetAnswer
from cleanplate_shared.i18n import msg

router = APIRouter()
_NO_FILE = msg("Choose a file first.")


@router.get("/unit/sheet")
async def show_sheet(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> Response:
    """Show the templates and the form."""
    desk = await desk_of(request, person, now, canteen, None)
    return _page(request, desk, None, None)


@router.post("/unit/sheet")
async def send_sheet(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: Annotated[UUID | None, Form()] = None,
    mode: Annotated[Literal["check", "take"], Form()] = "check",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Say what a sheet would do, or take its good rows; the file itself is not kept."""
    desk = await desk_of(request, person, now, canteen, None)
    if file is None or not file.filename:
        return _page(request, desk, None, _NO_FILE.in_(locale_of(request)))
    try:
        answer = await call(
            request,
            "menu",
            "POST",
            "/registration-sheets",
            params={"dry_run": str(mode == "check").lower()},
            files={"file": (file.filename, await file.read(), "application/octet-stream")},
        )
    except Refused as refusal:
        return _page(request, desk, None, refusal.words)
    return _page(request, desk, SheetAnswer.model_validate_json(answer.content), None)


def _page(
    request: Request, desk: Desk, outcome: SheetAnswer | None, problem: str | None
) -> Response:
    return render(
        request,
        "phone/unit_sheet.html",
        422 if problem else 200,
        desk=desk,
        place=desk.place,
        outcome=outcome,
        problem=problem,
        tab="sheet",
    )
