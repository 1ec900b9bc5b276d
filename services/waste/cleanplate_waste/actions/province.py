"""What many canteens wasted over some days, one line for each."""

from uuid import UUID

from sqlalchemy import Select, case, func, select
from sqlmodel import Session

from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.waste import CanteenSum
from cleanplate_shared.identity import Identity, canteens_of
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import READERS
from cleanplate_shared.tables import KNOWN_CANTEENS
from cleanplate_waste.actions.days import CanteenDay
from cleanplate_waste.models import CANTEEN_DAYS

_CANTEENS = KNOWN_CANTEENS.c
_DAYS = CANTEEN_DAYS.c
_UNSUMMED_AT_ONCE = 500


def sum_canteens(
    session: Session,
    caller: Identity,
    organization_id: UUID | None,
    period: Period,
    after: UUID | None,
    limit: int,
) -> Page[CanteenSum]:
    """Return the canteens whose figures the caller may read, in the order of their ids.

    Args:
        session: any.
        caller: sees the canteens of their roles.
        organization_id: only the canteens of this organization and those under it.
        period: days, both included.
        after: the canteen that the page begins after.
        limit: most canteens on the page.
    """
    wanted = canteen_sums(period).where(canteens_of(caller, READERS)).limit(limit + 1)
    if organization_id:
        wanted = wanted.where(_CANTEENS.path.contains(f"/{organization_id}/"))
    if after:
        wanted = wanted.where(_CANTEENS.id > after)
    rows = session.connection().execute(wanted).mappings().all()
    items = [CanteenSum.model_validate(row) for row in rows[:limit]]
    return Page(items=items, next=str(items[-1].canteen_id) if len(rows) > limit else None)


def canteen_sums(period: Period) -> Select[tuple[object, ...]]:
    """Return the query: a ratio of sums over the complete days, and how many days those are."""
    whole = (
        select(
            _DAYS.canteen_id,
            func.count().label("days"),
            func.sum(case((_DAYS.is_complete, 1), else_=0)).label("complete_days"),
            func.sum(case((_DAYS.is_complete, _DAYS.net_grams), else_=0)).label("net_grams"),
            func.sum(case((_DAYS.is_complete, _DAYS.served), else_=0)).label("served"),
        )
        .where(_DAYS.date.between(period.first, period.last))
        .group_by(_DAYS.canteen_id)
        .subquery()
    )
    counted = (whole.c[name] for name in ("days", "complete_days", "net_grams", "served"))
    return (
        select(
            _CANTEENS.id.label("canteen_id"),
            _CANTEENS.name,
            *(func.coalesce(column, 0).label(column.name) for column in counted),
        )
        .outerjoin(whole, whole.c.canteen_id == _CANTEENS.id)
        .order_by(_CANTEENS.id)
    )


def unsummed_days(session: Session) -> list[CanteenDay]:
    """Return some days of before their sums were kept."""
    wanted = select(_DAYS.canteen_id, _DAYS.date).where(_DAYS.net_grams.is_(None))
    found = session.connection().execute(wanted.limit(_UNSUMMED_AT_ONCE))
    return [(canteen, day) for canteen, day in found]
