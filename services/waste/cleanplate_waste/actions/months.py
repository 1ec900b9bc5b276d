"""Months of readings, each a partition on PostgreSQL; SQLite keeps one table.

A query about some days then reads their months only, and an old month is dropped as a file, not
row by row. What is in no month yet lies in the table's default partition.
"""

from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlmodel import Session

# Table -> the column whose month counts.
PARTITIONED = {"weighing": "weighed_at", "tray": "at"}

_AHEAD = 2  # months that are made before they begin
_THERE = """
    SELECT c.relname FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
    WHERE p.relname = :table
"""
_FOUND = "SELECT DISTINCT date_trunc('month', {column}, 'UTC') FROM {table}_other"
# What others write into the default partition waits until the month is there.
_MAKE = """
    LOCK TABLE {table}_other IN ACCESS EXCLUSIVE MODE;
    CREATE TABLE {month} (LIKE {table} INCLUDING ALL);
    WITH moved AS (
        DELETE FROM {table}_other WHERE {column} >= '{first}' AND {column} < '{next}' RETURNING *
    ) INSERT INTO {month} SELECT * FROM moved;
    ALTER TABLE {table} ATTACH PARTITION {month} FOR VALUES FROM ('{first}') TO ('{next}');
"""


def missing_months(session: Session, table: str, today: date) -> list[date]:
    """Return the first days of the months that have readings, or soon will, and no partition."""
    if session.get_bind().dialect.name != "postgresql":
        return []
    there = set(session.connection().execute(text(_THERE), {"table": table}).scalars())
    found = session.connection().execute(
        text(_FOUND.format(table=table, column=PARTITIONED[table]))
    )
    months = {instant.astimezone(UTC).date() for instant in found.scalars()}
    month = today.replace(day=1)
    for _ in range(_AHEAD + 1):
        months.add(month)
        month = _next(month)
    return sorted(month for month in months if _name(table, month) not in there)


def make_month(session: Session, table: str, month: date) -> None:
    """Give a month its partition, and move what is there of it."""
    session.connection().exec_driver_sql(
        _MAKE.format(
            table=table,
            column=PARTITIONED[table],
            month=_name(table, month),
            first=_instant(month),
            next=_instant(_next(month)),
        )
    )


def _name(table: str, month: date) -> str:
    return f"{table}_{month:%Y_%m}"


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _instant(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).isoformat()
