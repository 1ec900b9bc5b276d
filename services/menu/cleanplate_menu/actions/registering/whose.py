"""Whose registrations stand: conditions in the very words of the indexes that answer them.

A database uses a partial index where it can see the index's condition in the question; a value that
is bound later it does not see.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal_column, or_

from cleanplate_menu.models import REGISTRATIONS

_STANDS = REGISTRATIONS.c.status == literal_column("'registered'")
_IS_OWN = REGISTRATIONS.c.kind == literal_column("'person'")
OWN_SEAT = and_(_STANDS, _IS_OWN)
BESIDES = or_(
    REGISTRATIONS.c.status != literal_column("'registered'"),
    REGISTRATIONS.c.kind != literal_column("'person'"),
)


def standing_of(person_id: UUID) -> ColumnElement[bool]:
    """Return the SQL condition of a person's own seats and the groups that they host."""
    theirs = REGISTRATIONS.c.person_id == person_id
    return or_(and_(theirs, OWN_SEAT), and_(theirs, BESIDES, _STANDS))
