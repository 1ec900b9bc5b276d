"""Pages for the kitchen, on a tablet."""

import asyncio
import json
from collections.abc import Iterable
from enum import Enum
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from cleanplate_gateway.assets import asset, release, web_files
from cleanplate_gateway.faces.formats import label
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.hauling import read_leaving
from cleanplate_gateway.faces.places import meals_of, place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_gateway.faces.scale_checks import read_scales
from cleanplate_gateway.faces.tablet import (
    cook,
    leftovers,
    out,
    purchase,
    scale_check,
    scale_protocols,
    sorting,
    weighing,
)
from cleanplate_gateway.faces.tablet.meals import current_meal, read_board
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_registrations import Rice
from cleanplate_shared.errors import Forbidden
from cleanplate_shared.i18n import msg
from cleanplate_shared.roles import KITCHEN

_SCRIPTS = (
    "door.js", "weighing.js", "age.js", "cooking.js", "cooking.css", "purchase.css", "weighing.css",
    "printing.js",
    "vendor/htmx.min.js",
)  # fmt: skip
_MODULES = (
    "amounts.js", "chain.js", "device.js", "entry.js", "faces.js", "facts.js", "ledger.js",
    "outbox.js", "photo.js", "records.js", "roster.js", "scale.js", "scale_rules.js", "sending.js",
    "sha256.js", "undoing.js", "verdict.js", "weighings.js",
)  # fmt: skip


def _check_kitchen(person: PersonDep) -> None:
    """Spare others a screen that every service would refuse."""
    if person.roles.isdisjoint(KITCHEN):
        raise Forbidden(msg("These pages are for the kitchen."))


router = APIRouter(prefix="/k", include_in_schema=False, dependencies=[Depends(_check_kitchen)])
for page in (cook, purchase, leftovers, weighing, scale_protocols, out, sorting, scale_check):
    router.include_router(page.router)


@router.get("/")
async def show_today(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show today and tomorrow on the wall."""
    place = await place_of(request, person, now, canteen)
    board, leaving, scales = await asyncio.gather(
        read_board(request, place), read_leaving(request, place), read_scales(request, place)
    )
    return render(
        request,
        "tablet/today.html",
        place=place,
        board=board,
        leaving=leaving,
        scales=scales,
        face_page="today",
    )


@router.get("/board")
async def refresh_board(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Return the numbers of the board alone, for the page that asks every half minute."""
    place = await place_of(request, person, now, canteen)
    board = await read_board(request, place)
    return render(request, "tablet/board.html", place=place, board=board)


@router.get("/door")
async def show_door(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None
) -> HTMLResponse:
    """Show the check-in screen."""
    place = await place_of(request, person, now, canteen)
    meals = await meals_of(request, place, place.today)
    return render(
        request,
        "tablet/door.html",
        place=place,
        meals=meals,
        chosen_meal=current_meal(meals, place),
        portions=_words(request, Portion),
        rices=_words(request, (Rice.LESS, Rice.NONE)),
        face_page="door",
    )


@router.get("/worker.js")
async def service_worker() -> Response:
    """Return the worker that opens the kitchen's pages without a network."""
    names = ("tokens.css", "tablet.css", "icons.svg", *_SCRIPTS, *_MODULES)
    shell = json.dumps([asset(name) for name in names])
    head = f'const RELEASE = "{release()}";\nconst SHELL = {shell};\n'
    content = head.encode() + web_files()["worker.js"].content
    return Response(content, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _words(request: Request, codes: Iterable[Enum]) -> dict[str, str]:
    locale = locale_of(request)
    return {code.value: label(code, locale) for code in codes}
