"""Sampled sorting (抽样分拣): plans, drawn bins, estimates."""

from uuid import UUID

from fastapi import APIRouter

from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_sorting import (
    DrawnBin,
    DrawnBins,
    SortedBinPut,
    SortingEstimates,
    SortingPlan,
    SortingPlanCreate,
    SortingPlans,
)
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import KitchenDep, ManagementDep, ReadersDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused
from cleanplate_waste.actions.sorting import bins, estimates, plans
from cleanplate_waste.actions.sorting.bins import NotDrawn, PartsDoNotAddUp
from cleanplate_waste.actions.sorting.plans import WeekAlreadyPlanned

router = APIRouter(prefix="/sorting")


@router.get("/plans", responses=refusals(NotFound, Forbidden, PeriodRefused))
def list_plans(
    canteen_id: UUID, period: PeriodDep, caller: ReadersDep, db: DatabaseDep
) -> SortingPlans:
    """List a canteen's plans of the weeks in a period, newest first."""
    with db.reading() as session:
        return plans.list_plans(session, caller, canteen_id, period)


@router.post(
    "/plans",
    status_code=201,
    responses=refusals(NotFound, Forbidden, WeekAlreadyPlanned, IdempotencyKeyReused),
)
def add_plan(
    wanted: SortingPlanCreate, caller: ManagementDep, db: DatabaseDep, now: NowDep, once: OnceDep
) -> SortingPlan:
    """Draw a week's bins for sorting; the same seed draws the same bins."""
    with db.transaction() as session:
        return once(
            session, caller, SortingPlan, lambda: plans.add_plan(session, caller, wanted, now)
        )


@router.get("/bins", responses=refusals(NotFound, Forbidden, PeriodRefused))
def list_bins(
    canteen_id: UUID, period: PeriodDep, caller: KitchenDep, db: DatabaseDep
) -> DrawnBins:
    """List the drawn bins of some days, newest first; at most 500."""
    with db.reading() as session:
        return bins.list_bins(session, caller, canteen_id, period)


@router.put(
    "/bins/{weighing_id}", responses=refusals(NotFound, Forbidden, NotDrawn, PartsDoNotAddUp)
)
def enter_parts(
    weighing_id: UUID, wanted: SortedBinPut, caller: KitchenDep, db: DatabaseDep, now: NowDep
) -> DrawnBin:
    """Enter what a drawn bin held; the parts must add up to the bin."""
    with db.transaction() as session:
        return bins.enter_parts(session, caller, weighing_id, wanted, now)


@router.get("/estimates", responses=refusals(NotFound, Forbidden, PeriodRefused))
def estimate(
    canteen_id: UUID, period: PeriodDep, caller: ReadersDep, db: DatabaseDep
) -> SortingEstimates:
    """Estimate edible shares and foods from the sorted bins, with standard errors."""
    with db.reading() as session:
        return estimates.estimate(session, caller, canteen_id, period)
