"""Taking back a check-in made by mistake."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import Session

from cleanplate_menu.actions.door.refusals import UndoTooLate
from cleanplate_menu.actions.sessions import find_session
from cleanplate_menu.models import CHECK_INS, SESSIONS, CheckInRow, MealSessionRow
from cleanplate_shared.db import instant
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import KITCHEN

UNDO_WITHIN = timedelta(minutes=10)
_FORGET = (
    update(CHECK_INS)
    .where(
        CHECK_INS.c.id == bindparam("check_in_id"),
        CHECK_INS.c.headcount > 0,
        CHECK_INS.c.received_at > bindparam("since"),
    )
    .values(headcount=0, registration_id=None, person_id=None)
)
_TOUCH = (
    update(SESSIONS)
    .where(SESSIONS.c.id == bindparam("session_id"))
    .values(version=SESSIONS.c.version + 1)
)


def undo_check_in(session: Session, caller: Identity, check_in_id: UUID) -> None:
    """Take a check-in back within ten minutes; a second time changes nothing.

    Its id stays, with nobody's name and a headcount of 0: a tablet that sends it again is told
    that it is there. The diner can be checked in anew.

    Raises:
        NotFound: there is none, or it is at a canteen the caller has nothing to do with.
        UndoTooLate: it is older than that.
    """
    row = session.get(CheckInRow, check_in_id)
    if row is None:
        raise NotFound(msg("There is no such check-in."))
    meal = find_session(session, caller, KITCHEN, row.meal_session_id)
    session.get_one(MealSessionRow, meal.id, with_for_update=True)
    since = instant(session) - UNDO_WITHIN
    connection = session.connection()
    undone = connection.execute(_FORGET, {"check_in_id": row.id, "since": since})
    if undone.rowcount == 1:
        connection.execute(_TOUCH, {"session_id": meal.id})
        return
    session.refresh(row)
    if row.headcount > 0:
        raise UndoTooLate(msg("Set the meal's attendance count instead."))
