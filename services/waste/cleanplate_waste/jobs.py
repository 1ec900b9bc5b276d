"""What runs by the clock."""

from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database
from cleanplate_waste.actions import months


def make_months(db: Database, clock: Clock) -> None:
    """Give every month of readings its partition (PostgreSQL), one transaction each."""
    for table in months.PARTITIONED:
        with db.reading() as session:
            missing = months.missing_months(session, table, clock().date())
        for month in missing:
            with db.transaction() as session:
                months.make_month(session, table, month)
