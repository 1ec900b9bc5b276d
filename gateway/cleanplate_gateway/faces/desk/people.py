"""People; adding many at once is the import's work."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, call, fetch, fetch_all
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, sent
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.directory import CardSet, Person, PersonCreated, Unit

router = APIRouter()
_ON_A_PAGE = 50
_LONGEST_SEARCH = 120


class CardFields(Fields):
    """The form that sets a person's staff card; `q` finds the person again."""

    card: Text = ""
    q: Text = ""


@router.get("/people")
async def show_people(
    request: Request,
    _: PersonDep,
    q: Annotated[str, Query(max_length=_LONGEST_SEARCH)] = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> HTMLResponse:
    """Show the people whom the reader manages, by number."""
    return await _page(request, q, cursor)


@router.post("/people/{person_id}/card")
async def set_card(
    request: Request, _: PersonDep, person_id: UUID, fields: Annotated[CardFields, Form()]
) -> Response:
    """Replace a person's staff card; an empty field takes it away."""
    form = forms.Form(str(person_id), fields.typed, once=fields.once)
    route = ("directory", "PUT", f"/people/{person_id}/card")
    done = await sent(request, form, route, CardSet, {"card": fields.card.strip() or None})
    if isinstance(done, forms.Form):
        return await _page(request, fields.q[:_LONGEST_SEARCH], form=done, status=422)
    person = Person.model_validate_json(done.content)
    return RedirectResponse(f"/a/people?q={quote(person.number)}", 303)


@router.post("/people/{person_id}/one-time-password")
async def give_one_time_password(request: Request, _: PersonDep, person_id: UUID) -> HTMLResponse:
    """Give a person a new password for once, and show it this one time."""
    path = f"/people/{person_id}/one-time-password"
    answer = await call(request, "directory", "POST", path)
    given = PersonCreated.model_validate_json(answer.content)
    return render(request, "desk/one_time_password.html", given=given, page="people")


async def _page(
    request: Request,
    q: str,
    cursor: str | None = None,
    form: forms.Form | None = None,
    status: int = 200,
) -> HTMLResponse:
    found = await fetch(
        request, "directory", "/people", Page[Person], q=q, cursor=cursor, limit=_ON_A_PAGE
    )
    return render(
        request,
        "desk/people.html",
        status,
        people=found,
        units={unit.id: unit.name for unit in await _units(request)},
        q=q,
        cursor=cursor,
        form=form,
        page="people",
    )


async def _units(request: Request) -> list[Unit]:
    try:
        return await fetch_all(request, "directory", "/units", Unit)
    except Refused:
        return []
