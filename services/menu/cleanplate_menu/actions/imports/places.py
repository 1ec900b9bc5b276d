"""What the imports share: the meals that are there already."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, insert, select, update
from sqlmodel import Session

from cleanplate_menu.models import SESSIONS

Place = tuple[UUID, date, str]  # canteen, day, meal: what makes a session one
_CHUNK = 5_000
ItemT = TypeVar("ItemT")


def sessions_at(session: Session, places: Collection[Place]) -> dict[Place, RowMapping]:
    """Return the sessions at these places, locked until the commit."""
    if not places:
        return {}
    days = [day for _, day, _ in places]
    found = (
        select(SESSIONS)
        .where(SESSIONS.c.canteen_id.in_({canteen for canteen, _, _ in places}))
        .where(SESSIONS.c.day.between(min(days), max(days)))
        .order_by(SESSIONS.c.id)
        .with_for_update()
    )
    rows = session.connection().execute(found).mappings()
    return {
        place: row
        for row in rows
        if (place := (row["canteen_id"], row["day"], row["meal"])) in places
    }


def insert_sessions(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write new sessions; what a row does not say is empty."""
    blank = {
        "registered": 0,
        "served_count": None,
        "is_imported": False,
        "is_registered": True,
        "is_forgotten": False,
        **dict.fromkeys(("past_full", "past_half", "past_small", "past_came", "past_walk_ins"), 0),
        "version": 1,
        "told_version": 0,
    }
    if rows:
        session.connection().execute(insert(SESSIONS), [blank | row for row in rows])


def change_sessions(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write changed sessions; each row holds `id` and the same columns as the others."""
    if not rows:
        return
    columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
    changed = (
        update(SESSIONS)
        .where(SESSIONS.c.id == bindparam("key"))
        .values(**columns, version=SESSIONS.c.version + 1)
    )
    session.connection().execute(
        changed,
        [
            {"key": row["id"]}
            | {f"new_{name}": value for name, value in row.items() if name != "id"}
            for row in rows
        ],
    )


def chunks(items: Collection[ItemT]) -> Iterator[list[ItemT]]:
    """Yield the items in lists that a database takes as parameters of one statement."""
    listed = list(items)
    for start in range(0, len(listed), _CHUNK):
        yield listed[start : start + _CHUNK]
