"""What runs by the clock."""

from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database
from cleanplate_waste.actions import months, province, tiers
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
