"""What whoever changes or carries out a plan holds, always in this order: people, canteens, meals.

A change of plans shares its canteens, the planner has one alone: so the planner never reads plans
of which somebody is changing one, and a change sees all that the planner did before it.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from cleanplate_menu.models import PEOPLE
from cleanplate_shared.tables import KNOWN_CANTEENS


def hold_people(session: Session, ids: Collection[UUID]) -> None:
    """Be the only one to change the plans of these people until the transaction ends."""
    rows = select(PEOPLE.c.id).where(PEOPLE.c.id.in_(ids)).order_by(PEOPLE.c.id)
    session.connection().execute(rows.with_for_update())


def share_canteens(session: Session, ids: Collection[UUID]) -> None:
    """Keep the planner out of these canteens until the transaction ends."""
    rows = select(KNOWN_CANTEENS.c.id).where(KNOWN_CANTEENS.c.id.in_(ids))
    ordered = rows.order_by(KNOWN_CANTEENS.c.id)
    session.connection().execute(ordered.with_for_update(read=True))


def share_all_canteens(session: Session) -> None:
    """Keep the planner out of all canteens until the transaction ends."""
    rows = select(KNOWN_CANTEENS.c.id).order_by(KNOWN_CANTEENS.c.id)
    session.connection().execute(rows.with_for_update(read=True))


def hold_canteen(session: Session, canteen_id: UUID) -> None:
    """Keep everybody out who changes or carries out a canteen's plans."""
    row = select(KNOWN_CANTEENS.c.id).where(KNOWN_CANTEENS.c.id == canteen_id)
    session.connection().execute(row.with_for_update())
