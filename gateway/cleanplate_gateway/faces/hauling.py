"""What leaves the kitchen, as the pages of the kitchen and of the desk read it."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from cleanplate_gateway.faces.client import Refused, fetch, fetch_all
from cleanplate_gateway.faces.places import Part, Place
from cleanplate_shared.contracts.waste_manifests import Hauler, OutNow

_DECIMALS = 3


@dataclass(frozen=True)
class Leaving(Part):
    """What a kitchen has to see to, or why it cannot be had."""

    now: OutNow | None = None


async def read_leaving(request: Request, place: Place) -> Leaving:
    """Return a canteen's drafts and open manifests, and what is there to be collected."""
    try:
        found = await fetch(request, "waste", f"/canteens/{place.canteen.id}/out", OutNow)
    except Refused as refusal:
        return Leaving(refusal.words)
    return Leaving(now=found)


async def read_haulers(request: Request, canteen_id: UUID) -> list[Hauler]:
    """Return the haulers of the organisation that a canteen belongs to."""
    return await fetch_all(request, "waste", f"/canteens/{canteen_id}/haulers", Hauler)


def grams_of(kilograms: str) -> int:
    """Return typed kilograms as grams; raises ValueError for anything that is no weight."""
    text = kilograms.strip().replace("，", ".").replace(",", ".")
    whole, _, part = text.partition(".")
    digits = (whole or "0") + part.ljust(_DECIMALS, "0")
    if not text or len(part) > _DECIMALS or not digits.isascii() or not digits.isdecimal():
        raise ValueError(kilograms)
    return int(digits)
