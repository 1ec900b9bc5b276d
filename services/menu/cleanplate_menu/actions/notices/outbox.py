"""The way out: notices that are due, claimed by one process, sent outside any transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from cleanplate_menu.models import ChannelRow, KnownPersonRow, NoticeRow
from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database
from cleanplate_shared.i18n import DEFAULT, Message, msg
from cleanplate_shared.notices import Notice, Waiting

_KEPT = timedelta(days=30)
_UNSETTLED = col(NoticeRow.settled_at).is_(None)


class NoticeOutbox:
    """This service's table of notices, as `Notifier.deliver_due` knows it.

    A notice is claimed before it is sent and settled after, so it is never lost; it goes out twice
    only if the process dies between the two.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def claim(self, now: datetime, until: datetime, most: int) -> Sequence[Waiting]:
        """Take at most `most` notices that are due, and not too late to be of use."""
        with self._db.reading() as session:  # the write lock is taken only if there is something
            if not _is_anything_due(session, now):
                return []
        with self._db.transaction() as session:
            _give_up_late(session, now)
            return _claim(session, now, until, most)

    def sent(self, notice_id: UUID, at: datetime) -> None:
        """Mark a notice as sent."""
        self._write(notice_id, settled_at=at, problem=None)

    def failed(self, notice_id: UUID, retry_at: datetime | None, reason: Message) -> None:
        """Set when a notice is due again; None gives it up."""
        problem = reason.in_(DEFAULT)
        if retry_at is None:
            self._write(notice_id, settled_at=self._clock(), problem=problem)
        else:
            self._write(notice_id, due_at=retry_at, problem=problem)

    def _write(self, notice_id: UUID, **values: object) -> None:
        with self._db.transaction() as session:
            this = col(NoticeRow.id) == notice_id
            session.execute(update(NoticeRow).where(this, _UNSETTLED).values(values))


def forget(session: Session, now: datetime) -> None:
    """Forget what was settled a month ago, and channels of people who have left."""
    old = col(NoticeRow.settled_at) < now - _KEPT
    session.execute(delete(NoticeRow).where(old))
    gone = select(KnownPersonRow.id).where(col(KnownPersonRow.active).is_(False))
    whose = select(ChannelRow.id).where(col(ChannelRow.person_id).in_(gone))
    session.execute(delete(NoticeRow).where(col(NoticeRow.channel_id).in_(whose)))
    session.execute(delete(ChannelRow).where(col(ChannelRow.person_id).in_(gone)))


def _is_anything_due(session: Session, now: datetime) -> bool:
    due = select(NoticeRow.id).where(_UNSETTLED, col(NoticeRow.due_at) <= now)
    return session.exec(due.limit(1)).first() is not None


def _give_up_late(session: Session, now: datetime) -> None:
    late = _UNSETTLED, col(NoticeRow.due_at) <= now, col(NoticeRow.expires_at) <= now
    problem = col(NoticeRow.problem)
    said = msg("It was too late to send it.").in_(DEFAULT)
    session.execute(
        update(NoticeRow).where(*late).values(settled_at=now, problem=func.coalesce(problem, said))
    )


def _claim(session: Session, now: datetime, until: datetime, most: int) -> list[Waiting]:
    found = session.exec(
        select(NoticeRow, ChannelRow.sealed_url)
        .join(ChannelRow, col(ChannelRow.id) == NoticeRow.channel_id)
        .where(_UNSETTLED, col(NoticeRow.due_at) <= now)
        .order_by(col(NoticeRow.due_at), col(NoticeRow.id))
        .limit(most)
        .with_for_update(of=NoticeRow, skip_locked=True)
    ).all()
    claimed = [
        Waiting(row.id, sealed, Notice(row.title, row.body), row.tries + 1) for row, sealed in found
    ]
    session.execute(
        update(NoticeRow)
        .where(col(NoticeRow.id).in_([one.id for one in claimed]))
        .values(tries=col(NoticeRow.tries) + 1, due_at=until)
    )
    return claimed
