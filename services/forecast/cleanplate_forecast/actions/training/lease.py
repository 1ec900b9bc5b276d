"""One training at a time, and one a night, however many replicas there are.

The lease is a row. It is taken by a guarded UPDATE that one of them wins, and lasts as long as its
holder renews it. Whose holder died is free when it runs out; another replica then takes over.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

from sqlalchemy import CursorResult, Update, case, func, or_, select, update
from sqlmodel import Session, col

from cleanplate_forecast.models import SessionRow, TrainingLeaseRow, TrainingRunRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.forecast_training import TrainingOutcome, TrainingStage
from cleanplate_shared.db import instant
from cleanplate_shared.newest import insert_into
from cleanplate_shared.tables import KnownCanteenRow

LASTS = timedelta(minutes=2)
_NIGHT = (time(2), time(5))
_NIGHT_MISSED = timedelta(hours=30)
_WITHOUT_MODEL = timedelta(hours=6)
_MOST_TAKEOVERS = 3
_LEAST_MEALS, _LEAST_AGE = 60, timedelta(days=28)
_LEASES = TrainingLeaseRow.metadata.tables["training_lease"]


@dataclass(frozen=True)
class Lease:
    """The right to train, and the number of the training."""

    holder: UUID
    number: int


def is_due(session: Session, at: datetime, *, has_model: bool) -> bool:
    """Say whether a training should begin; `take` decides."""
    lease = session.get(TrainingLeaseRow, 1)
    if lease is not None and lease.asked_at is not None:
        return lease.expires_at is None or lease.expires_at < at
    since = _since(session, at, has_model=has_model)
    if since is None or not _is_enough(session, at):
        return False
    if lease is None or lease.started_at is None:
        return True
    died = lease.expires_at is not None and lease.expires_at < at
    return died or (lease.expires_at is None and lease.started_at < since)


def local_time(session: Session, at: datetime) -> datetime | None:
    """Return an instant by the clock of most canteens; None if there is none."""
    zones = (
        select(col(KnownCanteenRow.time_zone))
        .group_by(col(KnownCanteenRow.time_zone))
        .order_by(func.count().desc(), col(KnownCanteenRow.time_zone))
        .limit(1)
    )
    name = session.scalar(zones)
    return None if name is None else at.astimezone(zone(name))


def take(session: Session, at: datetime, *, has_model: bool) -> Lease | None:
    """Take the lease and begin a training; None if another has it, or none is due.

    A training that died is taken over at most three times in a row; then the next night counts.
    """
    statement = insert_into(session, _LEASES).values(id=1, takeovers=0).on_conflict_do_nothing()
    session.connection().execute(statement)
    holder, now = uuid4(), instant(session)
    since = _since(session, at, has_model=has_model) or datetime.min.replace(tzinfo=now.tzinfo)
    held, died = col(TrainingLeaseRow.holder), col(TrainingLeaseRow.expires_at) < now
    started, asked = col(TrainingLeaseRow.started_at), col(TrainingLeaseRow.asked_at)
    may_again = (col(TrainingLeaseRow.takeovers) < _MOST_TAKEOVERS) | (started < since)
    is_wanted = or_(started.is_(None), started < since, asked.is_not(None))
    took = _change(
        session,
        update(TrainingLeaseRow)
        .where((held.is_(None) & is_wanted) | (held.is_not(None) & died & may_again))
        .values(
            holder=holder,
            expires_at=now + LASTS,
            started_at=now,
            asked_at=None,
            takeovers=case((held.is_(None), 0), else_=col(TrainingLeaseRow.takeovers) + 1),
        ),
    )
    return Lease(holder, _begin(session, holder, now)) if took else None


def renew(session: Session, lease: Lease) -> bool:
    """Hold the lease for another two minutes; False if it is lost."""
    return _change(
        session,
        update(TrainingLeaseRow)
        .where(col(TrainingLeaseRow.holder) == lease.holder)
        .values(expires_at=instant(session) + LASTS),
    )


def release(session: Session, lease: Lease) -> bool:
    """Give the lease back; False if it was lost before, and nothing may be published."""
    return _change(
        session,
        update(TrainingLeaseRow)
        .where(col(TrainingLeaseRow.holder) == lease.holder)
        .values(holder=None, expires_at=None, takeovers=0),
    )


def _change(session: Session, statement: Update) -> bool:
    done = session.connection().execute(statement)
    return isinstance(done, CursorResult) and done.rowcount == 1


def _begin(session: Session, holder: UUID, now: datetime) -> int:
    """Number a training; those whose process died are lost."""
    number = (session.scalar(select(func.max(col(TrainingRunRow.number)))) or 0) + 1
    session.connection().execute(
        update(TrainingRunRow)
        .where(col(TrainingRunRow.ended_at).is_(None))
        .values(ended_at=now, outcome=TrainingOutcome.LOST.value, stage=TrainingStage.ENDED.value)
    )
    session.add(
        TrainingRunRow(
            number=number,
            holder=holder,
            stage=TrainingStage.READING.value,
            share=0.0,
            started_at=now,
        )
    )
    session.flush()
    return number


def _since(session: Session, at: datetime, *, has_model: bool) -> datetime | None:
    """Return before when the last training must have begun for another one to be due.

    At night it is since two o'clock, by the clock of most canteens; by day only if a night was
    missed, or if no model serves. None if there is no canteen.
    """
    local = local_time(session, at)
    if local is None:
        return None
    begins, ends = (datetime.combine(local.date(), hour, local.tzinfo) for hour in _NIGHT)
    if begins <= local < ends:
        return begins
    return at - (_NIGHT_MISSED if has_model else _WITHOUT_MODEL)


def _is_enough(session: Session, at: datetime) -> bool:
    """Say whether there is enough to learn from, and four weeks to be judged by."""
    old = (
        select(col(SessionRow.id))
        .where(col(SessionRow.served).is_not(None), col(SessionRow.date) < (at - _LEAST_AGE).date())
        .offset(_LEAST_MEALS - 1)
        .limit(1)
    )
    return session.scalar(old) is not None
