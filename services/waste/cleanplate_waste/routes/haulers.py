"""Haulers (收运单位), and what a canteen takes for the same weight."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.waste_manifests import (
    CollectionRules,
    Hauler,
    HaulerWrite,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import ManagementDep, ReadersDep
from cleanplate_waste.actions import collection_rules, haulers
from cleanplate_waste.actions.haulers import HaulerExists, TooManyHaulers

router = APIRouter(tags=["manifests"])


@router.get("/canteens/{canteen_id}/haulers", responses=refusals(NotFound, Forbidden))
def list_haulers(
    canteen_id: UUID, caller: ReadersDep, db: DatabaseDep, now: NowDep
) -> Page[Hauler]:
    """List the haulers of the organisation that a canteen belongs to, and their licences."""
    with db.reading() as session:
        return Page(items=haulers.list_haulers(session, caller, canteen_id, now), next=None)


@router.post(
    "/canteens/{canteen_id}/haulers",
    status_code=201,
    responses=refusals(NotFound, Forbidden, HaulerExists, TooManyHaulers, IdempotencyKeyReused),
)
def add_hauler(
    canteen_id: UUID,
    wanted: HaulerWrite,
    caller: ManagementDep,
    db: DatabaseDep,
    now: NowDep,
    once: OnceDep,
) -> Hauler:
    """Add a hauler for all canteens of the organisation that a canteen belongs to."""
    with db.transaction() as session:
        return once(
            session,
            caller,
            Hauler,
            lambda: haulers.add_hauler(session, caller, canteen_id, wanted, now),
        )


@router.put("/haulers/{hauler_id}", responses=refusals(NotFound, Forbidden, HaulerExists))
def change_hauler(
    hauler_id: UUID, wanted: HaulerWrite, caller: ManagementDep, db: DatabaseDep, now: NowDep
) -> Hauler:
    """Change a hauler; what was handed over keeps what was true on its day."""
    with db.transaction() as session:
        return haulers.change_hauler(session, caller, hauler_id, wanted, now)


@router.get("/canteens/{canteen_id}/collection-rules", responses=refusals(NotFound, Forbidden))
def show_collection_rules(canteen_id: UUID, caller: ReadersDep, db: DatabaseDep) -> CollectionRules:
    """Return what a canteen takes for the same weight."""
    with db.reading() as session:
        return collection_rules.show_rules(session, caller, canteen_id)


@router.put("/canteens/{canteen_id}/collection-rules", responses=refusals(NotFound, Forbidden))
def set_collection_rules(
    canteen_id: UUID, wanted: CollectionRules, caller: ManagementDep, db: DatabaseDep
) -> CollectionRules:
    """Set what a canteen takes for the same weight, from now on."""
    with db.transaction() as session:
        return collection_rules.set_rules(session, caller, canteen_id, wanted)
