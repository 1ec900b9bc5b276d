"""Seats of a meal: taken and freed by one guarded statement each.

The UPDATE decides and holds the session's row until the commit, so whatever follows in the same
transaction (the registration, the check-in) is alone with this meal.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import Session

from cleanplate_menu.models import SESSIONS

_THIS = SESSIONS.c.id == bindparam("session_id")
_IN_TIME = SESSIONS.c.cutoff_at > bindparam("at", type_=SESSIONS.c.cutoff_at.type)
_TAKE = (
    update(SESSIONS)
    .where(_THIS, _IN_TIME, SESSIONS.c.registered < SESSIONS.c.capacity)
    .values(registered=SESSIONS.c.registered + 1, version=SESSIONS.c.version + 1)
)
_FREE = (
    update(SESSIONS)
    .where(_THIS, _IN_TIME)
    .values(registered=SESSIONS.c.registered - 1, version=SESSIONS.c.version + 1)
)


def take_seat(session: Session, session_id: UUID, at: datetime) -> bool:
    """Take a seat if one is free and registration is open; say whether it was taken."""
    return session.connection().execute(_TAKE, {"session_id": session_id, "at": at}).rowcount == 1


def free_seat(session: Session, session_id: UUID, at: datetime) -> bool:
    """Give a seat back while registration is open; say whether it was."""
    return session.connection().execute(_FREE, {"session_id": session_id, "at": at}).rowcount == 1
