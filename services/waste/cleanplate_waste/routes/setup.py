"""What a canteen weighs in, photos of weighings, and meals that were not weighed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Response, UploadFile

from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Day
from cleanplate_shared.contracts.waste_setup import MissingMeals, WeighingSetup
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.identity import KitchenDep, ManagementDep
from cleanplate_waste.actions import missing, photos, setup
from cleanplate_waste.actions.photos import OtherPhoto
from cleanplate_waste.actions.pictures import (
    MEDIA_TYPE,
    MOST_BYTES,
    PhotoRefused,
    PhotoTooLarge,
    checked,
)

router = APIRouter()
_KEPT_FOR_GOOD = {"Cache-Control": "private, max-age=31536000, immutable"}
_SETUP = "/canteens/{canteen_id}/weighing-setup"


@router.get(_SETUP, responses=refusals(NotFound, Forbidden))
def show_setup(
    canteen_id: UUID, caller: KitchenDep, db: DatabaseDep, locale: LocaleDep
) -> WeighingSetup:
    """Return the containers, densities and prices of a canteen's weighing screen."""
    with db.reading() as session:
        return setup.show_setup(session, caller, canteen_id, locale)


@router.put(_SETUP, responses=refusals(NotFound, Forbidden))
def set_setup(
    canteen_id: UUID,
    wanted: WeighingSetup,
    caller: ManagementDep,
    db: DatabaseDep,
    locale: LocaleDep,
) -> WeighingSetup:
    """Set them; what was weighed before stays as it was entered."""
    with db.transaction() as session:
        return setup.set_setup(session, caller, canteen_id, wanted, locale)


@router.put(
    "/weighings/{weighing_id}/photo",
    status_code=204,
    responses=refusals(NotFound, Forbidden, OtherPhoto, PhotoTooLarge, PhotoRefused),
)
def keep_photo(
    weighing_id: UUID,
    file: Annotated[UploadFile, File(description="JPEG of at most 500 KB, as its record says")],
    caller: KitchenDep,
    db: DatabaseDep,
) -> None:
    """Keep the photo of a weighing whose record names its digest; again changes nothing."""
    jpeg = checked(file.file.read(MOST_BYTES + 1))
    with db.transaction() as session:
        photos.keep_photo(session, caller, weighing_id, jpeg)


@router.get(
    "/weighings/{weighing_id}/photo",
    response_class=Response,
    responses=refusals(NotFound, Forbidden) | {200: {"content": {MEDIA_TYPE: {}}}},
)
def show_photo(weighing_id: UUID, caller: KitchenDep, db: DatabaseDep) -> Response:
    """Show the photo of a weighing to its kitchen."""
    with db.reading() as session:
        jpeg = photos.show_photo(session, caller, weighing_id)
    return Response(jpeg, media_type=MEDIA_TYPE, headers=_KEPT_FOR_GOOD)


@router.get("/missing", responses=refusals(NotFound, Forbidden))
def list_missing(
    canteen_id: UUID, date: Day, caller: KitchenDep, db: DatabaseDep, now: NowDep
) -> MissingMeals:
    """List the meals of a day that are over but were not weighed (漏称)."""
    with db.reading() as session:
        return missing.list_missing(session, caller, canteen_id, date, now)
