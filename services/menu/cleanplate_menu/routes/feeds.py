"""Feeds: public menus for other programs, and a diner's own calendar."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from cleanplate_menu.actions.feeds import menus, mine
from cleanplate_menu.actions.feeds.calendars import menu_calendar
from cleanplate_menu.actions.feeds.openmensa import openmensa
from cleanplate_menu.routes.conditional import conditional
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu_feeds import FeedAddress, PublicCanteen, PublicMenu
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import NotFound, refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import AnyoneDep
from cleanplate_shared.limits import PublicDep

router = APIRouter(prefix="/feeds", tags=["feeds"])
_FEED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Not changed since it was read."},
    **refusals(NotFound),
}
_CALENDAR = "text/calendar; charset=utf-8"
Secret = Annotated[str, Path(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


@router.get("/menus")
def list_canteens(_: PublicDep, db: DatabaseDep) -> Page[PublicCanteen]:
    """List the canteens whose menu anybody may read."""
    with db.reading() as session:
        return Page(items=menus.list_canteens(session), next=None)


@router.get("/menus/{canteen_id}.ics", response_class=Response, responses=_FEED)
def menu_as_calendar(
    canteen_id: UUID, request: Request, _: PublicDep, db: DatabaseDep, at: NowDep, locale: LocaleDep
) -> Response:
    """Return a public menu as a calendar to subscribe to."""
    with db.reading() as session:
        menu = menus.read_menu(session, canteen_id, at)
    return conditional(request, menu_calendar(menu, locale), _CALENDAR, locale, public=True)


@router.get("/menus/{canteen_id}", responses=refusals(NotFound))
def show_menu(canteen_id: UUID, _: PublicDep, db: DatabaseDep, at: NowDep) -> PublicMenu:
    """Show a public menu."""
    with db.reading() as session:
        return menus.read_menu(session, canteen_id, at)


@router.get("/openmensa/{canteen_id}.xml", response_class=Response, responses=_FEED)
def menu_as_openmensa(
    canteen_id: UUID, request: Request, _: PublicDep, db: DatabaseDep, at: NowDep, locale: LocaleDep
) -> Response:
    """Return a public menu as an OpenMensa feed, version 2.1."""
    with db.reading() as session:
        menu = menus.read_menu(session, canteen_id, at)
    return conditional(request, openmensa(menu, locale), "application/xml", locale, public=True)


@router.post("/mine", status_code=201, responses=refusals(IdempotencyKeyReused))
def make_address(caller: AnyoneDep, db: DatabaseDep, once: OnceDep) -> FeedAddress:
    """Make a new secret address of one's own calendar; the one before is void."""
    with db.transaction() as session:
        return once(session, caller, FeedAddress, lambda: mine.make_address(session, caller))


@router.delete("/mine", status_code=204)
def void_address(caller: AnyoneDep, db: DatabaseDep) -> None:
    """Make the secret address of one's own calendar void."""
    with db.transaction() as session:
        mine.void_address(session, caller)


@router.get("/mine/{secret}.ics", response_class=Response, responses=_FEED)
def my_calendar(
    secret: Secret, request: Request, _: PublicDep, db: DatabaseDep, at: NowDep, locale: LocaleDep
) -> Response:
    """Return the meals that the owner of the address has registered for."""
    with db.reading() as session:
        content = mine.read_calendar(session, secret, at, locale)
    answer = conditional(request, content, _CALENDAR, locale, public=False)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
