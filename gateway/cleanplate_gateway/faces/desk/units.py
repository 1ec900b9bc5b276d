"""The units of diners by organisation, and a form to add one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import fetch_all
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, created
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.contracts.directory import Organization, Unit, UnitCreate
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import MANAGEMENT

router = APIRouter()


class UnitFields(Fields):
    """The form that adds a unit."""

    name: Text = ""
    organization_id: Text = ""


@router.get("/units")
async def show_units(request: Request, person: PersonDep) -> HTMLResponse:
    """Show the units of diners by organisation."""
    return await _page(request, person, forms.Form("unit"))


@router.post("/units")
async def add_unit(
    request: Request, person: PersonDep, fields: Annotated[UnitFields, Form()]
) -> Response:
    """Add a unit to an organisation."""
    form = forms.Form("unit", fields.typed, once=fields.once)
    done = await created(request, form, "directory", "/units", UnitCreate, fields.typed)
    if isinstance(done, forms.Form):
        return await _page(request, person, done, 422)
    return RedirectResponse("/a/units", 303)


async def _page(
    request: Request, person: Identity, form: forms.Form, status: int = 200
) -> HTMLResponse:
    units = await fetch_all(request, "directory", "/units", Unit)
    organizations = await fetch_all(request, "directory", "/organizations", Organization)
    return render(
        request,
        "desk/units.html",
        status,
        units=units,
        organizations=organizations,
        names={organization.id: organization.name for organization in organizations},
        may_add=any(one.role in MANAGEMENT and one.organization_id for one in person.grants),
        form=form,
        page="units",
    )
