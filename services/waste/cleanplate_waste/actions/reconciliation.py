"""What was weighed beside what was collected, and what became of a meal's food."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from cleanplate_shared.contracts.waste_reconciliation import (
    FactorEstimate,
    ReconciledWeek,
    Reconciliation,
    ReconciliationTerms,
    TierOfMonth,
    WeekOutcome,
)
from cleanplate_shared.contracts.waste_tiers import DataTier
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import MANAGEMENT, READERS
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.actions.days import lock_canteens
from cleanplate_waste.actions.standing import loss_permille, standing_of
from cleanplate_waste.actions.tiers import bounds, judge_months, month_of
from cleanplate_waste.domain.reconciliation import (
    FEWEST_WEEKS,
    Factor,
    Week,
    estimate_factor,
    running_median,
)
from cleanplate_waste.models import MonthTierRow, ReconciliationTermsRow


def reconcile(
    session: Session, caller: Identity, canteen_id: UUID, period: Period, now: datetime
) -> Reconciliation:
    """Return a canteen's weeks, its under-reporting factor and its data tiers.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    standing = standing_of(session, canteen, period.first, period.last, now)
    weeks = standing.weeks_in(period.first, period.last)
    months = sorted({month_of(day) for day in standing.is_complete if day >= period.first})
    return Reconciliation(
        canteen_id=canteen_id,
        terms=ReconciliationTerms(loss_permille=loss_permille(session, canteen_id)),
        weeks=list(_told(weeks, standing.loss_share)),
        factor=as_estimate(estimate_factor(weeks, standing.loss_share)),
        tier=standing.tier(period.first, period.last),
        months=[TierOfMonth(month=month, tier=standing.tier(*bounds(month))) for month in months],
    )


def tier_of(session: Session, canteen: KnownCanteenRow, period: Period, now: datetime) -> DataTier:
    """Return the data tier of a canteen's period."""
    standing = standing_of(session, canteen, period.first, period.last, now)
    return standing.tier(period.first, period.last)


def set_terms(
    session: Session,
    caller: Identity,
    canteen_id: UUID,
    wanted: ReconciliationTerms,
    now: datetime,
) -> ReconciliationTerms:
    """Say what drains or dries away at a canteen; its months are judged again.

    Raises:
        NotFound, Forbidden: not a canteen that the caller manages.
    """
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    lock_canteens(session, [canteen_id])
    session.merge(ReconciliationTermsRow(canteen_id=canteen_id, loss_permille=wanted.loss_permille))
    judged = select(MonthTierRow.month).where(MonthTierRow.canteen_id == canteen_id)
    judge_months(session, {(canteen_id, month) for month in session.exec(judged)}, now)
    return wanted


def _told(weeks: Sequence[Week], loss_share: float) -> Iterator[ReconciledWeek]:
    rhos = [week.rho(loss_share) if week.is_compared else None for week in weeks]
    for week, rho, middle in zip(weeks, rhos, running_median(rhos), strict=True):
        yield ReconciledWeek(
            first=week.first,
            logged_grams=week.logged_grams,
            collected_grams=week.collected_grams,
            outcome=_outcome(week),
            rho=rho,
            median_rho=middle,
            open_days=week.open_days,
            gap_days=week.gap_days,
        )


def _outcome(week: Week) -> WeekOutcome:
    if week.is_compared:
        return WeekOutcome.COMPARED
    if not week.logged_grams:
        return WeekOutcome.NOT_WEIGHED
    if week.unknown_days:
        return WeekOutcome.HAULER_SILENT
    return WeekOutcome.GAP if week.gap_days and week.collected_grams else WeekOutcome.NOT_COLLECTED


def as_estimate(factor: Factor | None) -> FactorEstimate | None:
    """Return a factor as it is told; None where nothing could be compared."""
    if factor is None:
        return None
    return FactorEstimate(
        value=factor.value,
        low=factor.low,
        high=factor.high,
        weeks=factor.weeks,
        missing_weeks=max(FEWEST_WEEKS - factor.weeks, 0),
    )
