"""Pages for diners, on their phones."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone import (
    calendar,
    channels,
    guests,
    mine,
    orders,
    preferences,
    rate,
    standing,
    unit,
    unit_sheet,
    unit_standing,
)
from cleanplate_gateway.faces.phone.orders import Order, OrderForm, Refusals
from cleanplate_gateway.faces.phone.showing import Said, Shown, answered, show
from cleanplate_gateway.faces.phone.week import read_week
from cleanplate_shared.clock import NowDep

router = APIRouter(prefix="/m", include_in_schema=False)
_PAGES = (
    mine,
    standing,
    preferences,
    rate,
    calendar,
    unit,
    unit_sheet,
    unit_standing,
    guests,
    channels,
)
for page in _PAGES:
    router.include_router(page.router)

FormName = Literal["register", "cancel", "change", "give", "offer", "keep", "wait", "leave"]
_FORMS: Mapping[FormName, tuple[Callable[[Request, Order], Awaitable[Refusals]], Said]] = {
    "register": (orders.register, "registered"),
    "cancel": (orders.cancel, "cancelled"),
    "change": (orders.change, "changed"),
    "give": (orders.give, "given"),
    "offer": (orders.offer, "offered"),
    "keep": (orders.keep, "kept"),
    "wait": (orders.wait, "waits"),
    "leave": (orders.leave, "left"),
}


@router.get("/")
async def show_week(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[Shown, Query()]
) -> Response:
    """Show the week, or one day of it."""
    week = await read_week(request, person, now, wanted.canteen)
    return show(request, week, wanted)


@router.post("/{form}")
async def order_meals(
    request: Request, person: PersonDep, now: NowDep, form: FormName, order: OrderForm
) -> Response:
    """Register, cancel, change, give away or wait for the meals that a form names."""
    action, said = _FORMS[form]
    return await answered(request, person, now, order, said, await action(request, order))


@router.get("/{_form}")
async def go_back(_form: FormName) -> Response:
    """Lead to the week who opens the address of a form, as after a refusal."""
    return RedirectResponse("/m/", 303)
