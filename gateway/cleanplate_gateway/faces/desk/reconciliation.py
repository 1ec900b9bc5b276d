"""What was weighed beside what was collected: weeks, the factor, the data tier and why."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, call, fetch
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, sent, thousandth
from cleanplate_gateway.faces.desk.rho_chart import rho_chart_of
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_reconciliation import (
    CollectionCreate,
    Collections,
    Reconciliation,
    ReconciliationTerms,
)

router = APIRouter(prefix="/reconciliation")
_YEAR = timedelta(days=364)
_STATEMENTS = timedelta(days=62)


class CollectionFields(Fields):
    """The form of a line of a hauler's statement, in kilograms."""

    canteen: UUID
    date: Text = ""
    net_grams: Text = ""
    hauler: Text = ""


class TermsFields(Fields):
    """The form of what drains away, in per cent."""

    canteen: UUID
    loss_permille: Text = ""


@router.get("")
async def show_reconciliation(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show a year of weeks, what follows from them, and the latest statements."""
    place = await place_of(request, person, now, canteen)
    form = forms.Form("collection", {"date": str(place.today)})
    return await _page(request, place, form)


@router.post("")
async def keep_collection(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[CollectionFields, Form()]
) -> Response:
    """Keep a line of a hauler's statement."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("collection", fields.typed, once=fields.once)
    values = {
        "canteen_id": place.canteen.id,
        "date": fields.date.strip(),
        "net_grams": thousandth(fields.net_grams),
        "hauler": fields.hauler,
    }
    done = await sent(request, form, ("waste", "POST", "/collections"), CollectionCreate, values)
    if isinstance(done, forms.Form):
        return await _page(request, place, done, status=422)
    return _back(place)


@router.post("/terms")
async def set_terms(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[TermsFields, Form()]
) -> Response:
    """Say what drains or dries away before the hauler weighs."""
    place = await place_of(request, person, now, fields.canteen)
    form = forms.Form("terms", fields.typed, once=fields.once)
    route = ("waste", "PUT", f"/canteens/{place.canteen.id}/reconciliation-terms")
    values = {"loss_permille": thousandth(fields.loss_permille, 10)}
    done = await sent(request, form, route, ReconciliationTerms, values)
    if isinstance(done, forms.Form):
        blank = forms.Form("collection", {"date": str(place.today)})
        return await _page(request, place, blank, terms=done, status=422)
    return _back(place)


@router.post("/{collection_id}/withdraw")
async def withdraw(
    request: Request,
    person: PersonDep,
    now: NowDep,
    collection_id: UUID,
    canteen: Annotated[UUID, Form()],
) -> Response:
    """Take a line of a statement back."""
    place = await place_of(request, person, now, canteen)
    try:
        await call(request, "waste", "DELETE", f"/collections/{collection_id}")
    except Refused as refusal:
        form = forms.Form("collection", {"date": str(place.today)}, refused=refusal.words)
        return await _page(request, place, form, status=422)
    return _back(place)


def _back(place: Place) -> RedirectResponse:
    return RedirectResponse(f"/a/reconciliation?canteen={place.canteen.id}", 303)


async def _page(
    request: Request,
    place: Place,
    form: forms.Form,
    *,
    terms: forms.Form | None = None,
    status: int = 200,
) -> HTMLResponse:
    period = {"canteen_id": place.canteen.id, "date_to": place.today}
    found = await fetch(
        request,
        "waste",
        "/reconciliation",
        Reconciliation,
        date_from=place.today - _YEAR,
        **period,
    )
    statements = await fetch(
        request,
        "waste",
        "/collections",
        Collections,
        date_from=place.today - _STATEMENTS,
        **period,
    )
    loss = {"loss_permille": f"{found.terms.loss_permille / 10:g}"}
    return render(
        request,
        "desk/reconciliation.html",
        status,
        place=place,
        found=found,
        statements=statements.items,
        chart=rho_chart_of(found.weeks, locale_of(request)),
        form=form,
        terms=terms or forms.Form("terms", loss),
        page="reconciliation",
    )
