"""Ended sign-ins: tokens of a person issued before an instant are refused by every service."""

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select
from starlette.concurrency import run_in_threadpool

from cleanplate_shared.clock import now
from cleanplate_shared.db import Database
from cleanplate_shared.tables import RevokedRow

_LONGEST_TOKEN = timedelta(hours=1)  # older tokens have expired by themselves
_FRESH_SECONDS = 2.0  # another process of this service learns of a revocation within this time


class Revocations:
    """The revoked persons of one service's database, read again every few seconds."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._issued_before: dict[UUID, datetime] = {}
        self._read_at = -_FRESH_SECONDS

    async def covers(self, subject_ids: Collection[UUID], issued_at: datetime) -> bool:
        """Say whether a token of this person and sign-in, issued at that instant, is revoked."""
        if time.monotonic() - self._read_at >= _FRESH_SECONDS:
            self._read_at = time.monotonic()
            self._issued_before = await run_in_threadpool(self._read)
        limits = [self._issued_before.get(subject_id) for subject_id in subject_ids]
        return any(limit is not None and issued_at < limit for limit in limits)

    def forget(self) -> None:
        """Read again at the next request."""
        self._read_at = -_FRESH_SECONDS

    def _read(self) -> dict[UUID, datetime]:
        recent = col(RevokedRow.issued_before) > now() - _LONGEST_TOKEN
        with self._db.reading() as session:
            rows = session.exec(select(RevokedRow).where(recent))
            return {row.subject_id: row.issued_before for row in rows}


def revoke(session: Session, subject_id: UUID, issued_before: datetime) -> None:
    """Refuse tokens issued before that instant, in the caller's transaction.

    Args:
        session: of the caller.
        subject_id: a person, or one of their sign-ins.
        issued_before: later tokens hold.
    """
    row = session.get(RevokedRow, subject_id)
    if row is None:
        session.add(RevokedRow(subject_id=subject_id, issued_before=issued_before))
    elif row.issued_before < issued_before:
        row.issued_before = issued_before
