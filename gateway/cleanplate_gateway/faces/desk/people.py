"""People; adding many at once is the import's work."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cleanplate_gateway.faces.client import Refused, call, fetch, fetch_all
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.directory import Person, PersonCreated, Unit

router = APIRouter()
_ON_A_PAGE = 50


@router.get("/people")
async def show_people(
    request: Request,
    _: PersonDep,
    q: Annotated[str, Query(max_length=120)] = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> HTMLResponse:
    """Show the people whom the reader manages, by number."""
    found = await fetch(
        request, "directory", "/people", Page[Person], q=q, cursor=cursor, limit=_ON_A_PAGE
    )
    units = {unit.id: unit.name for unit in await _units(request)}
    return render(
        request, "desk/people.html", people=found, units=units, q=q, cursor=cursor, page="people"
    )


@router.post("/people/{person_id}/one-time-password")
async def give_one_time_password(request: Request, _: PersonDep, person_id: UUID) -> HTMLResponse:
    """Give a person a new password for once, and show it this one time."""
    path = f"/people/{person_id}/one-time-password"
    answer = await call(request, "directory", "POST", path)
    given = PersonCreated.model_validate_json(answer.content)
    return render(request, "desk/one_time_password.html", given=given, page="people")


async def _units(request: Request) -> list[Unit]:
    try:
        return await fetch_all(request, "directory", "/units", Unit)
    except Refused:
        return []
