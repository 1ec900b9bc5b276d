"""Keeping what others tell, each fact in its newest version."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session


def keep_newest(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; where one is there, overwrite it if ours has a newer version.

    Repeats and stale news change nothing, in any order. Columns that the rows do not name stay.
    """
    if not rows:
        return
    insert = insert_into(session, table)
    keys = [column.name for column in table.primary_key]
    upsert = insert.on_conflict_do_update(
        index_elements=keys,
        set_={name: insert.excluded[name] for name in rows[0] if name not in keys},
        where=table.c.version < insert.excluded.version,
    )
    session.connection().execute(upsert, rows)


def insert_into(session: Session, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that knows ON CONFLICT, as both databases write it."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)
