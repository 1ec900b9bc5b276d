"""Changing the portion of what a plan has registered already."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session

from cleanplate_menu.actions.planning.applying import touch
from cleanplate_menu.models import REGISTRATIONS, WAITING
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus


@dataclass(frozen=True)
class Made:
    """What a plan of this kind made for a person at held meals."""

    person_id: UUID
    plan: str
    meal_ids: Sequence[UUID]


@dataclass(frozen=True)
class Portioned:
    """How much somebody takes."""

    portion: str
    rice: str


def restamp(session: Session, made: Made, before: Portioned, after: Portioned) -> None:
    """Change the portion where it is still as the plan had it; what a diner changed stays."""
    if before == after:
        return
    for table in (REGISTRATIONS, WAITING):
        theirs = update(table).where(
            table.c.meal_session_id.in_(made.meal_ids),
            table.c.person_id == made.person_id,
            table.c.plan == made.plan,
            table.c.portion == before.portion,
            table.c.rice == before.rice,
        )
        if table is REGISTRATIONS:
            theirs = theirs.where(table.c.status == RegistrationStatus.REGISTERED.value)
        changed = theirs.values(portion=after.portion, rice=after.rice)
        done = session.connection().execute(changed.returning(table.c.meal_session_id))
        touch(session, done.scalars())
