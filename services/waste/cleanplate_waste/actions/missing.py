"""Meals that are over and were not weighed (漏称)."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.waste import Stream
from cleanplate_shared.contracts.waste_setup import MissingMeal, MissingMeals
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import KITCHEN
from cleanplate_waste.actions.days import days_between, required_streams
from cleanplate_waste.domain.completeness import Day
from cleanplate_waste.domain.missing import missing_streams
from cleanplate_waste.models import KnownSessionRow


def list_missing(
    session: Session, caller: Identity, canteen_id: UUID, day: date, now: datetime
) -> MissingMeals:
    """Return the meals of a day that are over, and what of each was not weighed.

    A meal for which nobody registered and nobody came is not missed; nor is one of which nobody
    has said until when it is served.

    Raises:
        NotFound, Forbidden: not a kitchen of the caller.
    """
    find_canteen(session, caller, KITCHEN, canteen_id)
    required = required_streams(session, [canteen_id])[canteen_id]
    known = {one.date: one for one in days_between(session, canteen_id, day, day)}
    items = []
    for row in _over(session, canteen_id, day, now):
        left = missing_streams(known.get(day) or Day(day, [], []), row.meal, required)
        if left and row.serves_until:
            items.append(
                MissingMeal(
                    meal_session_id=row.id,
                    date=day,
                    meal=Meal(row.meal),
                    ended_at=row.serves_until,
                    streams=[Stream(stream) for stream in left],
                )
            )
    return MissingMeals(items=items)


def _over(session: Session, canteen_id: UUID, day: date, now: datetime) -> list[KnownSessionRow]:
    held = select(KnownSessionRow).where(
        col(KnownSessionRow.canteen_id) == canteen_id,
        col(KnownSessionRow.date) == day,
        col(KnownSessionRow.serves_until) <= now,
        col(KnownSessionRow.is_expected) | (col(KnownSessionRow.served) > 0),
    )
    return list(session.exec(held.order_by(col(KnownSessionRow.serves_until))))
