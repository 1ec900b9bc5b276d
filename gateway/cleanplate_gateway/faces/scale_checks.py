"""Checks of scales, as the pages of the kitchen and of the desk read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

from cleanplate_gateway.faces.client import Refused, fetch_all
from cleanplate_gateway.faces.places import Part, Place
from cleanplate_shared.contracts.waste_scale_checks import CheckedScale


@dataclass(frozen=True)
class Scales(Part):
    """The scales that were checked, or why they cannot be had."""

    items: Sequence[CheckedScale] = ()

    @property
    def due(self) -> list[str]:
        """Return the names of the scales whose last check is too old."""
        return [one.device_id for one in self.items if one.is_due]


async def read_scales(request: Request, place: Place) -> Scales:
    """Return the scales of a canteen that were checked."""
    try:
        found = await fetch_all(
            request, "waste", "/scale-checks", CheckedScale, canteen_id=place.canteen.id
        )
    except Refused as refusal:
        return Scales(refusal.words)
    return Scales(items=found)
