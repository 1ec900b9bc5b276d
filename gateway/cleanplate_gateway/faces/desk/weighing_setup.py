"""What a canteen weighs in, and what its waste costs."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import fetch
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, decimal, sent, thousandth
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste import Stream
from cleanplate_shared.contracts.waste_setup import WeighingSetup

router = APIRouter(prefix="/weighing-setup")
_CONTAINERS = 8
_FEN = 100  # in a yuan
# How many of what is kept make one of what is typed: grams in kilograms, fen in yuan.
_CONTAINER = {"tare_grams": 1000}
_STREAM = {"grams_per_litre": 1000, "grams_per_bucket": 1000, "value_fen_per_kg": _FEN}
Column = Annotated[list[Text], Field(max_length=_CONTAINERS)]


class SetupFields(Fields):
    """The form; one entry of each column is one container or one stream. No name: no container."""

    canteen: UUID
    code: Column = []
    name: Column = []
    tare_grams: Column = []
    stream: Column = []
    grams_per_litre: Column = []
    grams_per_bucket: Column = []
    value_fen_per_kg: Column = []


@router.get("")
async def show_setup(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    said: str = "",
) -> HTMLResponse:
    """Show the containers, densities and prices of a canteen."""
    place = await place_of(request, person, now, canteen)
    kept = await fetch(
        request, "waste", f"/canteens/{place.canteen.id}/weighing-setup", WeighingSetup
    )
    return _page(request, place, _typed(kept), said=said == "saved")


@router.post("")
async def set_setup(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[SetupFields, Form()]
) -> Response:
    """Set the containers, densities and prices of a canteen."""
    place = await place_of(request, person, now, fields.canteen)
    containers = [
        row for row in _rows(fields, ("code", "name", *_CONTAINER)) if row["name"].strip()
    ]
    streams = _rows(fields, ("stream", *_STREAM))
    for row in containers:
        row["code"] = row["code"] or f"container-{secrets.token_hex(4)}"
    form = forms.Form("setup", _places("containers", containers) | _places("streams", streams))
    values = {
        "containers": [_read(row, _CONTAINER) for row in containers],
        "streams": [_read(row, _STREAM) for row in streams],
    }
    route = ("waste", "PUT", f"/canteens/{place.canteen.id}/weighing-setup")
    done = await sent(request, form, route, WeighingSetup, values)
    if isinstance(done, forms.Form):
        return _page(request, place, done)
    return RedirectResponse(f"/a/weighing-setup?canteen={place.canteen.id}&said=saved", 303)


def _rows(fields: SetupFields, columns: Sequence[str]) -> list[dict[str, str]]:
    found = [getattr(fields, name) for name in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*found, strict=False)]


def _places(part: str, rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {f"{part}.{n}.{name}": text for n, row in enumerate(rows) for name, text in row.items()}


def _read(row: Mapping[str, str], factors: Mapping[str, int]) -> dict[str, Any]:
    """Return a row as the contract has it; what was left empty is not there."""
    return {
        name: thousandth(text, factors[name]) if name in factors else text
        for name, text in row.items()
        if text.strip()
    }


def _typed(kept: WeighingSetup) -> forms.Form:
    containers = [_written(one, _CONTAINER) for one in kept.containers]
    streams = [_written(one, _STREAM) for one in kept.streams]
    return forms.Form("setup", _places("containers", containers) | _places("streams", streams))


def _written(thing: BaseModel, factors: Mapping[str, int]) -> dict[str, str]:
    return {
        name: decimal(value, factors[name]) if name in factors else value
        for name, value in thing.model_dump(mode="json").items()
    }


def _page(request: Request, place: Place, form: forms.Form, *, said: bool = False) -> HTMLResponse:
    return render(
        request,
        "desk/weighing_setup.html",
        422 if form.wrong or form.refused else 200,
        place=place,
        setup=form,
        containers=range(_CONTAINERS),
        streams=list(Stream),
        said=said,
        page="weighing-setup",
    )
