"""Changing what a registered diner takes, until the cut-off."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session

from cleanplate_menu.actions.registering.freeing import check_unserved
from cleanplate_menu.actions.registering.meals import Meal, lock_meals, menus_of
from cleanplate_menu.actions.registering.outcomes import outcome_of_each
from cleanplate_menu.actions.registering.own import find_changeable
from cleanplate_menu.actions.registering.refusals import NotStanding
from cleanplate_menu.actions.registering.rows import REGISTERED, as_registration
from cleanplate_menu.actions.registering.seats import meals_of
from cleanplate_menu.actions.registering.taking import check_dishes, check_open, choice_of
from cleanplate_menu.models import REGISTRATIONS, SESSIONS
from cleanplate_shared.contracts.menu_registrations import Registration, RegistrationChange
from cleanplate_shared.db import instant
from cleanplate_shared.errors import ServiceError
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity


def change_each(
    session: Session, asked: Sequence[tuple[Identity, UUID, RegistrationChange]]
) -> list[Registration | ServiceError]:
    """Change portion, rice, set or dishes of standing registrations; one outcome each, in order.

    Refused: NotFound (none, or somebody else's for whom the caller may not act), NotStanding
    (cancelled or given away), AlreadyServed, CutoffPassed, MealClosed, UnknownChoice, UnknownDish
    (not on the menu of this meal).
    """
    lock_meals(session, meals_of(session, [registration_id for _, registration_id, _ in asked]))
    return outcome_of_each(session, _change, asked)


def _change(
    session: Session, caller: Identity, registration_id: UUID, wanted: RegistrationChange
) -> Registration:
    row, meal = find_changeable(session, caller, registration_id)
    check_unserved(row)
    if row["status"] != REGISTERED:
        raise NotStanding(msg("It was cancelled; please register again."))
    check_open(meal, instant(session))
    changed = _changed(session, meal, wanted)
    if changed:
        connection = session.connection()
        this = REGISTRATIONS.c.id == registration_id
        connection.execute(update(REGISTRATIONS).where(this).values(**changed))
        grown = {"version": SESSIONS.c.version + 1}
        connection.execute(update(SESSIONS).where(SESSIONS.c.id == meal.id).values(**grown))
    return as_registration({**row, **changed})


def _changed(session: Session, meal: Meal, wanted: RegistrationChange) -> dict[str, Any]:
    """Return the columns to set."""
    menu = menus_of(session, [meal.id])[meal.id]
    changed: dict[str, Any] = {}
    if wanted.portion is not None:
        changed["portion"] = wanted.portion.value
    if wanted.rice is not None:
        changed["rice"] = wanted.rice.value
    if wanted.choice is not None:
        changed["choice"] = choice_of(meal, wanted.choice, menu)
    if wanted.dishes is not None:
        check_dishes(wanted.dishes, menu)
        changed["dishes"] = [str(dish) for dish in dict.fromkeys(wanted.dishes)]
    return changed
