"""What a new installation still needs: organisation, canteen, people, dishes, meals."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request

from cleanplate_gateway.faces.client import Refused, fetch, fetch_all
from cleanplate_gateway.faces.places import Place, meals_of
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.directory import Organization, Person
from cleanplate_shared.contracts.menu import Dish
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import Role

_AROUND = timedelta(days=14)


@dataclass(frozen=True)
class Step:
    """One thing to set up: what, where, and whether it is there or comes next."""

    words: Message
    act: Message
    address: str
    done: bool
    next: bool


async def steps_of(request: Request, person: Identity, place: Place | None) -> list[Step]:
    """Return the steps in order; none for others than administrators, or if all is there."""
    if Role.ADMIN not in person.roles:
        return []
    try:
        there = await asyncio.gather(
            _has_organization(request),
            _is_there(place),
            _has_people(request, person),
            _has_dishes(request, place),
            _has_meals(request, place),
        )
    except Refused:  # a part of the system is away; the page says so where it shows that part
        return []
    if all(there):
        return []
    at = f"?canteen={place.canteen.id}" if place else ""
    texts = (
        (
            msg("Add an organisation below the highest one; it runs the canteens."),
            msg("Add an organisation"),
            "/a/places#add-organization",
        ),
        (msg("Add its canteen."), msg("Add a canteen"), "/a/places#add-canteen"),
        (
            msg("Add people: who cooks, who manages, who eats."),
            msg("Add a person"),
            "/a/people/new",
        ),
        (msg("Add the dishes of the canteen."), msg("Add a dish"), f"/a/dishes{at}"),
        (msg("Plan the meals of the next days."), msg("Plan a meal"), f"/a/meals{at}"),
    )
    return _in_order(texts, there)


def _in_order(texts: Sequence[tuple[Message, Message, str]], there: Sequence[bool]) -> list[Step]:
    first_open = list(there).index(False)
    return [
        Step(words, act, address, done, at == first_open)
        for at, ((words, act, address), done) in enumerate(zip(texts, there, strict=True))
    ]


async def _has_organization(request: Request) -> bool:
    found = await fetch_all(request, "directory", "/organizations", Organization)
    return any(organization.parent_id for organization in found)


async def _is_there(place: Place | None) -> bool:
    return place is not None


async def _has_people(request: Request, person: Identity) -> bool:
    found = await fetch(request, "directory", "/people", Page[Person], limit=2)
    return any(other.id != person.person_id for other in found.items)


async def _has_dishes(request: Request, place: Place | None) -> bool:
    if place is None:
        return False
    path, canteen_id = "/dishes", place.canteen.id
    return bool(await fetch_all(request, "menu", path, Dish, canteen_id=canteen_id))


async def _has_meals(request: Request, place: Place | None) -> bool:
    if place is None:
        return False
    days = 2 * _AROUND.days + 1
    found = await meals_of(request, place, place.today - _AROUND, days=days)
    return bool(found.missing or found.sessions)
