"""Which canteen a page is about, and what is served there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request

from cleanplate_gateway.faces.client import Refused, fetch_all
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.directory import Canteen
from cleanplate_shared.contracts.menu import MealSession
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity

_ZONE = "Asia/Shanghai"
_ORDER = list(Meal)


class NoCanteen(NotFound, title=msg("There is no canteen yet")):
    """The person has nothing to do with any canteen."""


@dataclass(frozen=True)
class Place:
    """The canteen of a page, and the others that may be chosen.

    Attributes:
        others: all canteens to choose from, this one included.
        now: the instant of the request.
    """

    canteen: Canteen
    others: Sequence[Canteen]
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """Return the canteen's time zone."""
        return zone(self.canteen.time_zone)

    @property
    def today(self) -> date:
        """Return the day at the canteen."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True)
class Part:
    """What one service did not give: the sentence to show instead, or nothing."""

    missing: str | None = None


@dataclass(frozen=True)
class Meals(Part):
    """The meal sessions of some days, in order of day and meal."""

    sessions: Sequence[MealSession] = ()

    def on(self, day: date) -> list[MealSession]:
        """Return the meals of one day."""
        return [session for session in self.sessions if session.date == day]


async def place_of(
    request: Request, person: Identity, now: datetime, canteen_id: UUID | None
) -> Place:
    """Return the canteen asked for, or the first of the person's.

    While the directory does not answer, the canteens named in the sign-in are used.

    Raises:
        NoCanteen: the person has nothing to do with any canteen.
        NotFound: the person has nothing to do with the one asked for.
    """
    try:
        canteens = await fetch_all(request, "directory", "/canteens", Canteen)
    except Refused as refusal:
        if refusal.problem.status < 500:  # noqa: PLR2004 (from here on it is the service's fault)
            raise
        canteens = _from_sign_in(person)
    own = {grant.canteen_id for grant in person.grants}
    canteens.sort(key=lambda canteen: (canteen.id not in own, canteen.name))
    for canteen in canteens:
        if canteen_id in {None, canteen.id}:
            return Place(canteen, canteens, now)
    if not canteens and canteen_id is None:
        raise NoCanteen(msg("There is no canteen for you yet. An administrator adds it."))
    raise NotFound(msg("There is no such canteen."))


async def meals_of(request: Request, place: Place, first: date, days: int = 1) -> Meals:
    """Return the meals of `days` days, or why they cannot be had."""
    try:
        sessions = await fetch_all(
            request,
            "menu",
            "/meal-sessions",
            MealSession,
            canteen_id=place.canteen.id,
            date_from=first,
            date_to=first + timedelta(days=days - 1),
        )
    except Refused as refusal:
        return Meals(missing=refusal.words)
    return Meals(sessions=sorted(sessions, key=lambda one: (one.date, _ORDER.index(one.meal))))


def _from_sign_in(person: Identity) -> list[Canteen]:
    return [
        Canteen(id=grant.canteen_id, name="–", organization_id=grant.canteen_id, time_zone=_ZONE)
        for grant in person.grants
        if grant.canteen_id
    ]
