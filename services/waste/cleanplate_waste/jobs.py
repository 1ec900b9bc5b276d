"""What runs by the clock."""

from datetime import timedelta

from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database
from cleanplate_shared.service import Job
from cleanplate_waste.actions import months, province, retention, tiers
from cleanplate_waste.actions.days import lock_canteens, tell_days


def make_months(db: Database, clock: Clock) -> None:
    """Give every month of readings its partition (PostgreSQL), one transaction each."""
    for table in months.PARTITIONED:
        with db.reading() as session:
            missing = months.missing_months(session, table, clock().date())
        for month in missing:
            with db.transaction() as session:
                months.make_month(session, table, month)


def sum_days(db: Database, _: Clock) -> None:
    """Sum the days that were told before sums were kept, and tell them again."""
    while True:
        with db.reading() as session:
            if not province.unsummed_days(session):
                return
        with db.transaction() as session:
            days = province.unsummed_days(session)
            lock_canteens(session, {canteen for canteen, _ in days})
            tell_days(session, days)


def judge_months(db: Database, clock: Clock) -> None:
    """Judge the months whose weighings or collected weights changed; tell their data tiers."""
    while True:
        with db.reading() as session:
            stale = tiers.stale_months(session, clock())
        if not stale:
            return
        with db.transaction() as session:
            tiers.judge_months(session, stale, clock())


def forget_people(photos_days: int, names_days: int) -> Job:
    """Return the job that forgets photos of weighings, and who signed manifests, when it is time.

    Args:
        photos_days: how long photos of weighings are kept.
        names_days: how long the names on manifests and their photos are kept.
    """
    periods = (
        (retention.forget_weighing_photos, timedelta(photos_days)),
        (retention.forget_manifest_photos, timedelta(names_days)),
        (retention.forget_signers, timedelta(names_days)),
    )

    def forget(db: Database, clock: Clock) -> None:
        for forget_some, kept in periods:
            is_left = True
            while is_left:
                with db.transaction() as session:
                    is_left = forget_some(session, clock() - kept) > 0

    return forget
