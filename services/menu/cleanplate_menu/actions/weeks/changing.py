"""Changing a planned meal, and calling it off."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, select

from cleanplate_menu import domain
from cleanplate_menu.actions.dishes import hold_dishes
from cleanplate_menu.actions.menus.stamps import touch_menus
from cleanplate_menu.actions.notices.reopened import tell_reopened
from cleanplate_menu.actions.registering.meals import lock_meals, write_seats
from cleanplate_menu.actions.registering.refusals import MealClosed, MealOver
from cleanplate_menu.actions.registering.seats import seat_waiting
from cleanplate_menu.actions.sessions import as_sessions, find_session
from cleanplate_menu.actions.weeks.menu_changes import change_menu
from cleanplate_menu.actions.weeks.opening import check_cutoff, check_hours
from cleanplate_menu.models import SESSIONS, MealSessionRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu import MealSession
from cleanplate_shared.contracts.menu_weeks import MealSessionChange
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Conflict
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow


class CutoffInThePast(Conflict, title=msg("People are registered; the cut-off cannot be past")):
    """Nobody who could still cancel may be held to a meal from one moment to the next."""


def change_session(
    session: Session, caller: Identity, session_id: UUID, wanted: MealSessionChange
) -> MealSession:
    """Change what is given of a planned meal; hours given as null are taken away.

    Raises:
        NotFound, Forbidden: not a meal of a canteen that the caller manages.
        MealClosed: the canteen does not hold it.
        CutoffTooLate: the cut-off is not before the end of the day in the canteen's zone.
        CutoffInThePast: the cut-off would have passed, and somebody is registered.
        CutoffPassed: other dishes after the cut-off, and somebody is registered.
        ChoiceNotServed: a dish belongs to a set, and the meal has none.
        ChoiceTaken: a set that somebody chose would be gone, or another one.
        DishChosen: a dish that somebody chose would be gone.
        ServesBackwards: the meal would end before it begins.
        UnknownDish: a dish is not in the canteen's library.
        DishRetired: a dish is retired, and was not on the menu.
    """
    hold_dishes(session, {dish.dish_id for dish in wanted.dishes or ()})
    row = _lock(session, caller, session_id)
    if row.closed_reason is not None:
        raise MealClosed(msg("Hold it again first."))
    values = _values(wanted)
    if wanted.cutoff_at is not None:
        _check_new_cutoff(session, row, wanted.cutoff_at)
    hours = [values.get(name, getattr(row, name)) for name in ("serves_from", "serves_until")]
    check_hours(*hours)
    change_menu(session, row, wanted)
    touch_menus(session, [row.canteen_id])
    return _written(session, row, values)


def close_session(session: Session, caller: Identity, session_id: UUID, reason: str) -> MealSession:
    """Call a meal off; registrations stay on record, and no new ones are taken.

    Raises:
        NotFound, Forbidden: not a meal of a canteen that the caller manages.
        MealOver: it has ended.
    """
    row = _lock_unless_over(session, caller, session_id)
    return _written(session, row, {"closed_reason": reason, "is_planned": False})


def reopen_session(session: Session, caller: Identity, session_id: UUID) -> MealSession:
    """Hold a meal after all that was called off, and tell who was told of that.

    Who waits is seated where there is room.

    Raises:
        NotFound, Forbidden: not a meal of a canteen that the caller manages.
        MealOver: it has ended.
    """
    row = _lock_unless_over(session, caller, session_id)
    tell_reopened(session, row, instant(session))
    return _written(session, row, {"closed_reason": None})


def _lock(session: Session, caller: Identity, session_id: UUID) -> MealSessionRow:
    """Return the meal, with its seats as they stay until the commit."""
    this = select(MealSessionRow).where(MealSessionRow.id == session_id)
    session.exec(this.with_for_update())
    return find_session(session, caller, MANAGEMENT, session_id)


def _lock_unless_over(session: Session, caller: Identity, session_id: UUID) -> MealSessionRow:
    row = _lock(session, caller, session_id)
    canteen = session.get_one(KnownCanteenRow, row.canteen_id)
    ends = row.serves_until or domain.end_of_day(row.day, zone(canteen.time_zone))
    if instant(session) >= ends:
        raise MealOver(msg("A meal can be called off, or held again, until it ends."))
    return row


def _values(wanted: MealSessionChange) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: getattr(wanted, name)
        for name in ("serves_from", "serves_until")
        if name in wanted.model_fields_set
    }
    if wanted.cutoff_at is not None:
        values |= {"cutoff_at": wanted.cutoff_at, "is_planned": False}
    if wanted.service_mode is not None:
        values["service_mode"] = wanted.service_mode.value
    return values


def _check_new_cutoff(session: Session, row: MealSessionRow, cutoff_at: datetime) -> None:
    canteen = session.get_one(KnownCanteenRow, row.canteen_id)
    check_cutoff(row.day, cutoff_at, zone(canteen.time_zone))
    is_earlier = cutoff_at < row.cutoff_at
    if is_earlier and row.registered and cutoff_at < instant(session):
        raise CutoffInThePast(
            msg(
                "{count} {count:person is|people are} registered; choose a later time.",
                count=row.registered,
            )
        )


def _written(session: Session, row: MealSessionRow, values: dict[str, Any]) -> MealSession:
    session.connection().execute(
        update(SESSIONS)
        .where(SESSIONS.c.id == row.id)
        .values(**values, version=SESSIONS.c.version + 1)
    )
    meals = lock_meals(session, [row.id])
    seat_waiting(session, meals)
    write_seats(session, meals)
    session.expire_all()
    return as_sessions(session, [session.get_one(MealSessionRow, row.id)])[0]
