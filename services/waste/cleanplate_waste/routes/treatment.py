"""Lots treated on site (就地处理)."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.waste_treatment import (
    Lot,
    LotCreate,
    OutputCreate,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import KitchenDep, ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_waste.actions import treatment
from cleanplate_waste.actions.treatment import LotClosed, MoreThanWentIn

router = APIRouter(tags=["manifests"])


@router.get(
    "/canteens/{canteen_id}/treatment-lots", responses=refusals(NotFound, Forbidden, PeriodRefused)
)
def list_lots(
    canteen_id: UUID, period: PeriodDep, caller: ReadersDep, db: DatabaseDep
) -> Page[Lot]:
    """List the lots that were open on some days, newest first, with their mass balance."""
    with db.reading() as session:
        return Page(items=treatment.list_lots(session, caller, canteen_id, period), next=None)


@router.post(
    "/canteens/{canteen_id}/treatment-lots",
    status_code=201,
    responses=refusals(NotFound, Forbidden, IdempotencyKeyReused),
)
def start_lot(
    canteen_id: UUID, wanted: LotCreate, caller: KitchenDep, db: DatabaseDep, once: OnceDep
) -> Lot:
    """Begin a lot; manifests that name it fill it."""
    with db.transaction() as session:
        return once(
            session, caller, Lot, lambda: treatment.start_lot(session, caller, canteen_id, wanted)
        )


@router.post(
    "/treatment-lots/{lot_id}/outputs",
    status_code=201,
    responses=refusals(NotFound, Forbidden, LotClosed, MoreThanWentIn, IdempotencyKeyReused),
)
def take_out(
    lot_id: UUID, wanted: OutputCreate, caller: KitchenDep, db: DatabaseDep, once: OnceDep
) -> Lot:
    """Write down what was taken out of a lot, and where it goes; never more than went in."""
    with db.transaction() as session:
        return once(
            session, caller, Lot, lambda: treatment.take_out(session, caller, lot_id, wanted)
        )


@router.post("/treatment-lots/{lot_id}:close", responses=refusals(NotFound, Forbidden, LotClosed))
def close_lot(lot_id: UUID, caller: KitchenDep, db: DatabaseDep) -> Lot:
    """End a lot: what did not come out has become vapour and water."""
    with db.transaction() as session:
        return treatment.close_lot(session, caller, lot_id)
