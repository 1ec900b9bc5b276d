"""Cancelling registrations of locked meals."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, select, update
from sqlmodel import Session

from cleanplate_menu.actions.registering.meals import Meal, Meals
from cleanplate_menu.actions.registering.refusals import AlreadyServed, NotStanding, too_late
from cleanplate_menu.actions.registering.rows import REGISTERED, Outcome, Stored, as_registration
from cleanplate_menu.models import CHECK_INS, REGISTRATIONS
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus
from cleanplate_shared.db import instant
from cleanplate_shared.errors import NotFound, ServiceError
from cleanplate_shared.i18n import msg

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_STORED = (
    select(REGISTRATIONS, CHECK_INS.c.id.label("check_in_id"))
    .outerjoin(CHECK_INS, CHECK_INS.c.registration_id == REGISTRATIONS.c.id)
    .where(REGISTRATIONS.c.id.in_(_IDS))
)
_CANCEL = (
    update(REGISTRATIONS)
    .where(REGISTRATIONS.c.id.in_(_IDS), REGISTRATIONS.c.status == REGISTERED)
    .values(status=RegistrationStatus.CANCELLED.value, offered_at=None)
)
_CANCELLED = {"status": RegistrationStatus.CANCELLED.value, "offered_at": None}


def stored(session: Session, ids: Sequence[UUID]) -> dict[UUID, Stored]:
    """Return registrations as they are now, with the id of their check-in if there is one."""
    found = session.connection().execute(_STORED, {"ids": list(ids)})
    return {row["id"]: row for row in found.mappings()}


def free(session: Session, meals: Meals, ids: Sequence[UUID]) -> list[Outcome]:
    """Cancel registrations of locked meals; cancelling one again changes nothing.

    The counters of `meals` shrink; `write_seats` must follow.
    """
    at = instant(session)
    rows = stored(session, ids)
    outcomes: list[Outcome] = []
    freed: set[UUID] = set()
    for registration_id in ids:
        try:
            row = rows.get(registration_id)
            if row is None:
                raise NotFound(msg("There is no such registration."))
            if registration_id not in freed and _is_freed(row, meals, at):
                freed.add(registration_id)
        except ServiceError as refusal:
            outcomes.append(refusal)
        else:
            outcomes.append(as_registration({**row, **_CANCELLED}))
    if freed:
        session.connection().execute(_CANCEL, {"ids": list(freed)})
    return outcomes


def check_unserved(row: Stored) -> None:
    """Raise NotStanding or AlreadyServed where nothing can be done with a registration."""
    if row["status"] == RegistrationStatus.GIVEN.value:
        raise NotStanding(msg("It was given to somebody else."))
    if row["check_in_id"] is not None:
        raise AlreadyServed(msg("Somebody has eaten on this registration."))


def _is_freed(row: Stored, meals: Meals, at: datetime) -> bool:
    """Say whether a cancellation changes the row, and count its seats back."""
    check_unserved(row)
    if row["status"] != REGISTERED:
        return False
    meal: Meal = meals[row["meal_session_id"]]
    if meal.cutoff_at <= at:
        raise too_late(meal.cutoff_at, at)
    meal.move(-row["headcount"])
    return True
