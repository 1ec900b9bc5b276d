"""Organisations and their canteens as a tree, and forms to add one of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import fetch_all
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, created
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.contracts.directory import (
    Canteen,
    CanteenCreate,
    Organization,
    OrganizationCreate,
    OrganizationKind,
)

router = APIRouter()
_ZONE = "Asia/Shanghai"


class OrganizationFields(Fields):
    """The form that adds an organisation."""

    name: Text = ""
    kind: Text = ""
    parent_id: Text = ""


class CanteenFields(Fields):
    """The form that adds a canteen."""

    name: Text = ""
    organization_id: Text = ""
    time_zone: Text = ""


@dataclass(frozen=True)
class Branch:
    """An organisation with what lies below it."""

    organization: Organization
    canteens: Sequence[Canteen]
    below: Sequence["Branch"]


@router.get("/places")
async def show_places(request: Request, _: PersonDep) -> HTMLResponse:
    """Show the organisations and canteens in the reader's sight."""
    return await _page(request, _blank_organization(), _blank_canteen())


@router.post("/places/organizations")
async def add_organization(
    request: Request, _: PersonDep, fields: Annotated[OrganizationFields, Form()]
) -> Response:
    """Add an organisation below another."""
    form = forms.Form("organization", fields.typed, once=fields.once)
    done = await created(
        request, form, "directory", "/organizations", OrganizationCreate, fields.typed
    )
    if isinstance(done, forms.Form):
        return await _page(request, done, _blank_canteen(), 422)
    return RedirectResponse("/a/places", 303)


@router.post("/places/canteens")
async def add_canteen(
    request: Request, _: PersonDep, fields: Annotated[CanteenFields, Form()]
) -> Response:
    """Add a canteen to an organisation."""
    form = forms.Form("canteen", fields.typed, once=fields.once)
    done = await created(request, form, "directory", "/canteens", CanteenCreate, fields.typed)
    if isinstance(done, forms.Form):
        return await _page(request, _blank_organization(), done, 422)
    return RedirectResponse("/a/places", 303)


def tree_of(organizations: Sequence[Organization], canteens: Sequence[Canteen]) -> list[Branch]:
    """Return the organisations that are below no other one seen, each with all below it."""
    seen = {organization.id for organization in organizations}

    def branch(one: Organization) -> Branch:
        return Branch(
            one,
            [canteen for canteen in canteens if canteen.organization_id == one.id],
            [branch(other) for other in organizations if other.parent_id == one.id],
        )

    return [branch(one) for one in organizations if one.parent_id not in seen]


def _blank_organization() -> forms.Form:
    return forms.Form("organization", {"kind": OrganizationKind.ORGANIZATION.value})


def _blank_canteen() -> forms.Form:
    return forms.Form("canteen", {"time_zone": _ZONE})


async def _page(
    request: Request, organization: forms.Form, canteen: forms.Form, status: int = 200
) -> HTMLResponse:
    organizations = await fetch_all(request, "directory", "/organizations", Organization)
    canteens = await fetch_all(request, "directory", "/canteens", Canteen)
    return render(
        request,
        "desk/places.html",
        status,
        tree=tree_of(organizations, canteens),
        organizations=organizations,
        kinds=list(OrganizationKind),
        time_zones=sorted(available_timezones()),
        organization_form=organization,
        canteen_form=canteen,
        page="places",
    )
