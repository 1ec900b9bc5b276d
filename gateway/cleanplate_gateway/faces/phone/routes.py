"""Pages for diners, on their phones: the week's menu, register, cancel, what is mine."""

from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

import segno
from fastapi import APIRouter, Form, Query, Request
from markupsafe import Markup
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, send
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.week import MealCard, Week, read_coming, read_week
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.rendering import is_fragment, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Day, Portion
from cleanplate_shared.contracts.menu_registrations import RegistrationCreate
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg

router = APIRouter(prefix="/m", include_in_schema=False)

Said = Literal["registered", "cancelled"]
_DONE_ALREADY = {"AlreadyRegistered", "AlreadyCancelled"}  # a second tap; the card shows it


class Order(BaseModel):
    """What the form of a meal sends."""

    canteen: UUID
    day: Day
    meal: UUID
    portion: Portion = Portion.FULL
    registration: UUID | None = None


class Shown(BaseModel):
    """Which page to show, and what was just done."""

    canteen: UUID | None = None
    day: date | None = None
    said: Said | None = None
    meal: UUID | None = None
    portion: Portion = Portion.FULL


OrderForm = Annotated[Order, Form()]


@router.get("/")
async def show_week(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[Shown, Query()]
) -> Response:
    """Show the menu of a day."""
    place = await place_of(request, person, now, wanted.canteen)
    week = await read_week(request, place, wanted.day)
    return _page(request, week, wanted)


@router.post("/register")
async def register(request: Request, person: PersonDep, now: NowDep, order: OrderForm) -> Response:
    """Register for a meal."""
    body = RegistrationCreate(meal_session_id=order.meal, portion=order.portion)
    refused = await _try(request, "POST", "/registrations", body)
    return await _answer(request, person, now, _shown(order, "registered"), refused)


@router.post("/cancel")
async def cancel(request: Request, person: PersonDep, now: NowDep, order: OrderForm) -> Response:
    """Cancel a registration."""
    refused = await _try(request, "DELETE", f"/registrations/{order.registration}", None)
    return await _answer(request, person, now, _shown(order, "cancelled"), refused)


@router.get("/me")
async def show_mine(request: Request, person: PersonDep, now: NowDep) -> Response:
    """Show one's own coming meals, language, password and the way out."""
    place = await place_of(request, person, now, None)
    coming = await read_coming(request, place.today)
    canteens = {canteen.id: canteen for canteen in place.others}
    return render(
        request, "phone/mine.html", place=place, coming=coming, canteens=canteens, qr=pickup_qr
    )


def pickup_qr(code: str) -> Markup:
    """Return a pick-up code as an inline SVG without size or style of its own."""
    drawn = segno.make(code, micro=False, error="m")
    return Markup(drawn.svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None))  # noqa: S704


async def _try(request: Request, method: str, path: str, body: BaseModel | None) -> Refused | None:
    try:
        await send(request, "menu", method, path, body)
    except Refused as refused:
        return None if refused.problem.type in _DONE_ALREADY else refused
    return None


def _shown(order: Order, said: Said) -> Shown:
    return Shown(
        canteen=order.canteen, day=order.day, said=said, meal=order.meal, portion=order.portion
    )


async def _answer(
    request: Request, person: PersonDep, now: NowDep, shown: Shown, refused: Refused | None
) -> Response:
    """Answer a post: with the meal's card for htmx, else with the page again."""
    if refused is None and not is_fragment(request):
        query = urlencode(shown.model_dump(mode="json", exclude_none=True))
        return RedirectResponse(f"/m/?{query}#meal-{shown.meal}", 303)
    place = await place_of(request, person, now, shown.canteen)
    week = await read_week(request, place, shown.day)
    if not is_fragment(request):
        return _page(request, week, shown, refused)
    return render(
        request,
        "phone/_answer.html",
        refused.problem.status if refused else 200,
        card=_card(week, shown),
        **_context(week, shown, refused),
    )


def _page(request: Request, week: Week, shown: Shown, refused: Refused | None = None) -> Response:
    status = refused.problem.status if refused else 200
    return render(request, "phone/week.html", status, **_context(week, shown, refused))


def _card(week: Week, shown: Shown) -> MealCard:
    card = week.card(shown.meal) if shown.meal else None
    if card is None:
        raise NotFound(msg("This meal is not on the menu."))
    return card


def _context(week: Week, shown: Shown, refused: Refused | None) -> dict[str, object]:
    return {
        "week": week,
        "place": week.place,
        "said": None if refused else shown.said,
        "about": week.card(shown.meal) if shown.meal else None,
        "chosen_portion": shown.portion,
        "problem": refused.words if refused else None,
        "portions": list(Portion),
        "qr": pickup_qr,
    }
