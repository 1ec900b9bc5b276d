"""Adding one person; with a user name they get a password for once."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import fetch_all
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, created
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.contracts.directory import (
    Canteen,
    Organization,
    PersonCreate,
    PersonCreated,
    Unit,
)
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import Role

router = APIRouter()


class PersonFields(Fields):
    """The form that adds a person; `place` is `canteen:<id>` or `organization:<id>`."""

    name: Text = ""
    number: Text = ""
    card: Text = ""
    user_name: Text = ""
    unit_id: Text = ""
    role: Text = ""
    place: Text = ""


@router.get("/people/new")
async def show_new_person(request: Request, person: PersonDep) -> HTMLResponse:
    """Show the form."""
    return await _page(request, person, forms.Form("person", {"role": Role.DINER.value}))


@router.post("/people/new")
async def add_person(
    request: Request, person: PersonDep, fields: Annotated[PersonFields, Form()]
) -> Response:
    """Add a person, and show their one-time password this one time."""
    form = forms.Form("person", fields.typed, once=fields.once)
    done = await created(request, form, "directory", "/people", PersonCreate, _values(fields))
    if isinstance(done, forms.Form):
        return await _page(request, person, done, 422)
    given = PersonCreated.model_validate_json(done.content)
    if given.one_time_password is None:
        return RedirectResponse(f"/a/people?q={quote(given.number)}", 303)
    return render(request, "desk/one_time_password.html", given=given, page="people")


def _values(fields: PersonFields) -> Mapping[str, object]:
    """Return the body's fields; only number, name and the role with its place are required."""
    scope, _, scope_id = fields.place.partition(":")
    grant = {"role": fields.role, f"{scope}_id": scope_id}
    return {
        "name": fields.name,
        "number": fields.number.strip(),
        "card": fields.card.strip() or None,
        "user_name": fields.user_name.strip() or None,
        "unit_id": fields.unit_id or None,
        "grants": [grant],
    }


async def _page(
    request: Request, person: Identity, form: forms.Form, status: int = 200
) -> HTMLResponse:
    admin = Role.ADMIN in person.roles
    return render(
        request,
        "desk/new_person.html",
        status,
        units=await fetch_all(request, "directory", "/units", Unit),
        canteens=await fetch_all(request, "directory", "/canteens", Canteen),
        organizations=await fetch_all(request, "directory", "/organizations", Organization)
        if admin
        else [],
        roles=list(Role) if admin else [Role.DINER, Role.COOK],
        form=form,
        page="people",
    )
