"""The drawn bins on the tablet: which to sort, and what each held, in kilograms."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, fetch, send
from cleanplate_gateway.faces.desk.forms import thousandth
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_sorting import DrawnBin, DrawnBins, Food, SortedBinPut
from cleanplate_shared.i18n import msg

router = APIRouter()
_DAYS = timedelta(days=6)
_EDIBLE, _INEDIBLE, _NONFOOD = "edible-", "inedible-", "nonfood"
_UNREADABLE = msg("Write each weight in kilograms, like 2.4.")


class About(BaseModel):
    """Which bin the form is about; its other fields are named after the foods."""

    canteen: UUID
    bin: UUID


@router.get("/sorting")
async def show_sorting(
    request: Request,
    person: PersonDep,
    now: NowDep,
    canteen: UUID | None = None,
    bin: UUID | None = None,  # noqa: A002 (the word in the address)
    said: str = "",
) -> HTMLResponse:
    """Show the bins of a week that are to be sorted, and the form for one of them."""
    place = await place_of(request, person, now, canteen)
    return await _page(request, place, bin, None, said=said == "saved")


@router.post("/sorting")
async def save_parts(
    request: Request, person: PersonDep, now: NowDep, about: Annotated[About, Form()]
) -> Response:
    """Keep what a bin held; an empty field is nothing."""
    form = await request.form()
    typed = {name: str(value).strip() for name, value in form.items()}
    place = await place_of(request, person, now, about.canteen)
    try:
        wanted = SortedBinPut.model_validate(_values(typed))
        await send(request, "waste", "PUT", f"/sorting/bins/{about.bin}", wanted)
    except ValidationError:
        words = _UNREADABLE.in_(locale_of(request))
        return await _page(request, place, about.bin, typed, problem=words)
    except Refused as refusal:
        return await _page(request, place, about.bin, typed, problem=refusal.words)
    return RedirectResponse(f"/k/sorting?canteen={place.canteen.id}&said=saved", 303)


def _values(typed: dict[str, str]) -> dict[str, object]:
    return {
        "parts": [
            {
                "food": food,
                "edible_grams": _grams(typed.get(_EDIBLE + food, "")),
                "inedible_grams": _grams(typed.get(_INEDIBLE + food, "")),
            }
            for food in Food
        ],
        "nonfood_grams": _grams(typed.get(_NONFOOD, "")),
    }


def _grams(text: str) -> int | str:
    return thousandth(text.replace("，", ".").replace(",", ".")) if text else 0


def _typed_of(one: DrawnBin) -> dict[str, str]:
    """Return what was entered for a bin before, in kilograms."""
    if one.sorted is None:
        return {}
    typed = {_NONFOOD: f"{one.sorted.nonfood_grams / 1000:g}"}
    for part in one.sorted.parts:
        typed[_EDIBLE + part.food] = f"{part.edible_grams / 1000:g}"
        typed[_INEDIBLE + part.food] = f"{part.inedible_grams / 1000:g}"
    return typed


async def _page(
    request: Request,
    place: Place,
    bin_id: UUID | None,
    typed: dict[str, str] | None,
    *,
    problem: str | None = None,
    said: bool = False,
) -> HTMLResponse:
    found = await fetch(
        request,
        "waste",
        "/sorting/bins",
        DrawnBins,
        canteen_id=place.canteen.id,
        date_from=place.today - _DAYS,
        date_to=place.today,
    )
    shown = next((one for one in found.items if one.weighing_id == bin_id), None)
    return render(
        request,
        "tablet/sorting.html",
        422 if problem else 200,
        place=place,
        waiting=[one for one in found.items if one.sorted is None],
        done=[one for one in found.items if one.sorted],
        shown=shown,
        typed=(_typed_of(shown) if shown and typed is None else typed) or {},
        foods=list(Food),
        problem=problem,
        said=said,
        face_page="leftovers",
    )
