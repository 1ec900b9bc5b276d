"""Manifests (联单): what leaves the kitchen, confirmed by the kitchen and by the driver."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Path, Query, Response, UploadFile

from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.waste_manifests import (
    Closing,
    DriverLink,
    DriverManifest,
    HandOver,
    Manifest,
    ManifestCreate,
    OutNow,
    Receipt,
    Voiding,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import KitchenDep, ManagementDep, ReadersDep
from cleanplate_shared.limits import PublicDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_waste.actions.manifests import driver, ending, opening, photos, reading
from cleanplate_waste.actions.manifests.refusals import (
    AlreadySigned,
    HaulerNotLicensed,
    LinkGone,
    ManifestMoved,
    MoreThanWeighed,
    NotTheWeight,
    ReasonMissing,
)
from cleanplate_waste.actions.pictures import (
    MEDIA_TYPE,
    MOST_BYTES,
    PhotoRefused,
    PhotoTooLarge,
    checked,
)
from cleanplate_waste.actions.treatment import LotClosed, MoreThanWentIn

router = APIRouter(tags=["manifests"])
Secret = Annotated[str, Path(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex"}  # fmt: skip


@router.get("/canteens/{canteen_id}/out", responses=refusals(NotFound, Forbidden))
def show_out(canteen_id: UUID, caller: ReadersDep, db: DatabaseDep, now: NowDep) -> OutNow:
    """Show a kitchen's drafts and open manifests, and what is there to be collected."""
    with db.reading() as session:
        return reading.out_now(session, caller, canteen_id, now)


@router.get(
    "/canteens/{canteen_id}/manifests", responses=refusals(NotFound, Forbidden, PeriodRefused)
)
def list_manifests(
    canteen_id: UUID,
    period: PeriodDep,
    caller: ReadersDep,
    db: DatabaseDep,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Page[Manifest]:
    """List a canteen's manifests by the day of their hand-over, newest first."""
    with db.reading() as session:
        return reading.list_manifests(session, caller, canteen_id, period, (cursor, limit))


@router.post(
    "/canteens/{canteen_id}/manifests",
    status_code=201,
    responses=refusals(NotFound, Forbidden, LotClosed, IdempotencyKeyReused),
)
def open_manifest(
    canteen_id: UUID, wanted: ManifestCreate, caller: KitchenDep, db: DatabaseDep, once: OnceDep
) -> Manifest:
    """Write down what is to leave; it has not left yet."""
    with db.transaction() as session:
        return once(
            session,
            caller,
            Manifest,
            lambda: opening.open_manifest(session, caller, canteen_id, wanted),
        )


@router.get("/manifests/{manifest_id}", responses=refusals(NotFound, Forbidden))
def show_manifest(manifest_id: UUID, caller: ReadersDep, db: DatabaseDep, now: NowDep) -> Manifest:
    """Show a manifest with its history."""
    with db.reading() as session:
        return reading.show_manifest(session, caller, manifest_id, now)


@router.post(
    "/manifests/{manifest_id}:hand-over",
    responses=refusals(
        NotFound,
        Forbidden,
        NotTheWeight,
        HaulerNotLicensed,
        MoreThanWeighed,
        AlreadySigned,
        ManifestMoved,
        LotClosed,
    ),
)
def hand_over(manifest_id: UUID, wanted: HandOver, caller: KitchenDep, db: DatabaseDep) -> Manifest:
    """Confirm for the kitchen that the containers leave now; the same again is no harm."""
    with db.transaction() as session:
        return opening.hand_over(session, caller, manifest_id, wanted)


@router.post(
    "/manifests/{manifest_id}:link",
    status_code=201,
    responses=refusals(NotFound, Forbidden, ManifestMoved, IdempotencyKeyReused),
)
def make_link(manifest_id: UUID, caller: KitchenDep, db: DatabaseDep, once: OnceDep) -> DriverLink:
    """Make the code that the driver confirms with; it works for two hours, and replaces others."""
    with db.transaction() as session:
        return once(
            session, caller, DriverLink, lambda: driver.make_link(session, caller, manifest_id)
        )


@router.post(
    "/manifests/{manifest_id}:close",
    responses=refusals(NotFound, Forbidden, ManifestMoved, ReasonMissing),
)
def close_manifest(
    manifest_id: UUID, wanted: Closing, caller: ManagementDep, db: DatabaseDep
) -> Manifest:
    """Close a manifest that the driver has confirmed, with the weight that counts."""
    with db.transaction() as session:
        return ending.close(session, caller, manifest_id, wanted)


@router.post(
    "/manifests/{manifest_id}:void",
    responses=refusals(NotFound, Forbidden, ManifestMoved, LotClosed, MoreThanWentIn),
)
def void_manifest(
    manifest_id: UUID, wanted: Voiding, caller: KitchenDep, db: DatabaseDep
) -> Manifest:
    """Take a manifest out of all sums, with a reason; nothing is deleted."""
    with db.transaction() as session:
        return ending.void(session, caller, manifest_id, wanted)


@router.put(
    "/manifests/{manifest_id}/photo",
    status_code=204,
    responses=refusals(NotFound, Forbidden, PhotoTooLarge, PhotoRefused, AlreadySigned),
)
def keep_photo(
    manifest_id: UUID,
    file: Annotated[UploadFile, File(description="JPEG of at most 500 KB, without notes")],
    caller: KitchenDep,
    db: DatabaseDep,
) -> None:
    """Keep the photo of what was handed over; the first one stays."""
    jpeg = checked(file.file.read(MOST_BYTES + 1))
    with db.transaction() as session:
        photos.keep_photo(session, caller, manifest_id, jpeg)


@router.get(
    "/manifests/{manifest_id}/photo",
    response_class=Response,
    responses=refusals(NotFound, Forbidden) | {200: {"content": {MEDIA_TYPE: {}}}},
)
def show_photo(manifest_id: UUID, caller: KitchenDep, db: DatabaseDep) -> Response:
    """Show the photo of a manifest to its kitchen."""
    with db.reading() as session:
        jpeg = photos.show_photo(session, caller, manifest_id)
    return Response(jpeg, media_type=MEDIA_TYPE, headers={"Cache-Control": "private, no-cache"})


@router.get("/hand-overs/{secret}", responses=refusals(LinkGone))
def show_to_driver(
    secret: Secret, answer: Response, _: PublicDep, db: DatabaseDep
) -> DriverManifest:
    """Show a driver what the code opens."""
    answer.headers.update(_PRIVATE)
    with db.reading() as session:
        return driver.show_to_driver(session, secret)


@router.post("/hand-overs/{secret}", responses=refusals(LinkGone, AlreadySigned, ManifestMoved))
def receive(
    secret: Secret, wanted: Receipt, answer: Response, _: PublicDep, db: DatabaseDep
) -> DriverManifest:
    """Confirm for the hauler that the containers were taken; the same again is no harm."""
    answer.headers.update(_PRIVATE)
    with db.transaction() as session:
        return driver.receive(session, secret, wanted)
