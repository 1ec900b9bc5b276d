"""What every service forgets by the clock."""

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col

from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database
from cleanplate_shared.tables import AnsweredRow, InboxRow, RateCountRow

EVERY_SECONDS = 3600.0
_EVENTS_KEPT = timedelta(days=30)  # longer than a subscriber is ever away
_ANSWERS_KEPT = timedelta(days=3)  # longer than a program retries


def forget_old(db: Database, clock: Clock) -> None:
    """Forget handled events, first answers and rate counts that nobody will ask for again."""
    now = clock()
    with db.transaction() as session:
        session.execute(delete(InboxRow).where(col(InboxRow.at) < now - _EVENTS_KEPT))
        session.execute(delete(AnsweredRow).where(col(AnsweredRow.at) < now - _ANSWERS_KEPT))
        session.execute(delete(RateCountRow).where(col(RateCountRow.expires_at) < now.timestamp()))
