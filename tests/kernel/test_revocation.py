"""A sign-in that was ended in one process is refused by another within two seconds."""

import uuid
from datetime import UTC, datetime, timedelta

from cleanplate_shared import revocation
from cleanplate_shared.db import Database
from cleanplate_shared.revocation import Revocations, revoke

SOMEBODY, ISSUED = uuid.uuid4(), datetime.now(UTC) - timedelta(minutes=1)


async def test_another_process_hears_of_it_within_two_seconds(databases, monkeypatch):
    url, at = databases.url("report"), [1000.0]
    monkeypatch.setattr(revocation.time, "monotonic", lambda: at[0])
    here, there = Database(url, {}), Database(url, {})
    other = Revocations(there)
    assert not await other.covers([SOMEBODY], ISSUED)
    with here.transaction() as session:
        revoke(session, SOMEBODY, datetime.now(UTC))
    at[0] += 2
    assert await other.covers([SOMEBODY], ISSUED)
    assert not await other.covers([SOMEBODY], datetime.now(UTC) + timedelta(seconds=1))
    assert not await other.covers([uuid.uuid4()], ISSUED)
    for db in (here, there):
        db.engine.dispose()


async def test_an_older_end_does_not_undo_a_newer_one(databases):
    db = Database(databases.url("report"), {})
    for minutes in (0, -5):
        with db.transaction() as session:
            revoke(session, SOMEBODY, datetime.now(UTC) + timedelta(minutes=minutes))
    assert await Revocations(db).covers([SOMEBODY], ISSUED)
    db.engine.dispose()
