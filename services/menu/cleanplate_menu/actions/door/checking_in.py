"""Check-ins: who came to eat, from devices that may have been offline."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cleanplate_menu.actions.door.judging import judge
from cleanplate_menu.actions.door.known import Wanted, look_up
from cleanplate_menu.actions.door.withdrawing import withdraw
from cleanplate_menu.models import CHECK_INS, NO_SHOWS, SESSIONS, CheckInRow
from cleanplate_shared.contracts.common import Outcome
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Conflict, ServiceError
from cleanplate_shared.i18n import msg

CheckInOutcome = Outcome | ServiceError
_INSERT = (
    insert(CHECK_INS)
    .on_conflict_do_nothing()  # SQLite reads it the same way
    .returning(CHECK_INS.c.id)
)


def check_in(session: Session, wanted: Sequence[Wanted]) -> list[CheckInOutcome]:
    """Record who came, for any number of callers in one transaction; set-based.

    Returns:
        What became of each item, in their order: created, duplicate (the same item came before),
        or why it was refused. A refused item changes nothing of the others.
    """
    known = look_up(session, wanted)
    at = instant(session)
    outcomes: list[CheckInOutcome] = []
    rows: dict[int, CheckInRow] = {}
    for place, one in enumerate(wanted):
        try:
            row = judge(one, known, at)
        except ServiceError as error:
            outcomes.append(error)
            continue
        outcomes.append(Outcome.CREATED if row else Outcome.DUPLICATE)
        if row:
            rows[place] = row
    written = _write(session, list(rows.values()))
    for place, row in rows.items():
        if row.id not in written:
            outcomes[place] = Conflict(msg("Somebody sent the same check-ins just now; repeat."))
    return outcomes


def check_in_each(
    session: Session, batches: Sequence[Sequence[Wanted]]
) -> list[list[CheckInOutcome]]:
    """Record who came, for many batches in one transaction; the outcomes of each batch."""
    outcomes = iter(check_in(session, [one for batch in batches for one in batch]))
    return [[next(outcomes) for _ in batch] for batch in batches]


def _write(session: Session, rows: Sequence[CheckInRow]) -> set[UUID]:
    """Write check-ins; return the ids of those that no other process wrote just now."""
    if not rows:
        return set()
    connection = session.connection()
    written = set(connection.execute(_INSERT, [row.model_dump() for row in rows]).scalars())
    kept = [row for row in rows if row.id in written]
    touched = SESSIONS.c.id.in_({row.meal_session_id for row in kept})
    connection.execute(update(SESSIONS).where(touched).values(version=SESSIONS.c.version + 1))
    used = [row.registration_id for row in kept if row.registration_id]
    withdraw(session, NO_SHOWS.c.registration_id.in_(used))
    return written
