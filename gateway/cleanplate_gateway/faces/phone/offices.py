"""The units that somebody registers: as their secretary, or as a manager of the canteen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import Request

from cleanplate_gateway.faces.client import fetch_all
from cleanplate_gateway.faces.phone.own import list_of
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu_groups import Office
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import MANAGEMENT

_MOST = 5  # nobody eats at more canteens


@dataclass(frozen=True)
class Desk:
    """Where somebody registers others.

    Attributes:
        offices: the units of the canteen that are theirs to register.
        office: the one that the page is about; None where there is none.
        manages: whether they manage the canteen.
    """

    place: Place
    offices: Sequence[Office]
    office: Office | None
    manages: bool


async def desk_of(
    request: Request, person: Identity, now: NowDep, canteen: UUID | None, unit: UUID | None
) -> Desk:
    """Return the unit asked for, or the first that the person registers."""
    place = await place_of(request, person, now, canteen)
    if canteen is None:
        place = await place_with_office(request, person, place) or place
    path = f"/canteens/{place.canteen.id}/offices"
    offices = await fetch_all(request, "menu", path, Office)
    chosen = [office for office in offices if unit in {None, office.unit_id}]
    manages = any(
        grant.role in MANAGEMENT
        and (grant.canteen_id == place.canteen.id or grant.organization_id is not None)
        for grant in person.grants
    )
    return Desk(place, offices, chosen[0] if chosen else None, manages)


async def place_with_office(request: Request, person: Identity, place: Place) -> Place | None:
    """Return the first of the person's own canteens where they register a unit."""
    own = {grant.canteen_id for grant in person.grants}
    for canteen in [one for one in place.others if one.id in own or one == place.canteen][:_MOST]:
        path = f"/canteens/{canteen.id}/offices"
        if await list_of(request, "menu", path, Office):
            return replace(place, canteen=canteen)
    return None
