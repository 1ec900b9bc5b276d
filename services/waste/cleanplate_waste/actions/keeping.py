"""Weighings on their way to disk: ids, corrections, records, sums and devices, all or none."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlmodel import Session

from cleanplate_shared.newest import insert_into
from cleanplate_waste.actions import sums
from cleanplate_waste.actions.days import CanteenDay, tell_days
from cleanplate_waste.models import DEVICES, WEIGHING_KEYS, WEIGHINGS

Row = Mapping[str, Any]  # of `weighing`, with the `content_hash` of `weighing_key`

_KEY = [column.name for column in WEIGHING_KEYS.c]
_K = WEIGHING_KEYS.c
_CORRECTORS = select(_K.canteen_id, _K.corrects, _K.id).where(
    _K.corrects.in_(bindparam("ids", expanding=True))
)
_RECORD = [column.name for column in WEIGHINGS.c]


def keep(session: Session, rows: Sequence[Row]) -> set[UUID]:
    """Keep weighings whose ids are new, in the sums of their days too, and tell the days.

    Args:
        session: a transaction that holds the locks of the canteens.
        rows: their `corrected_by` is not looked at.

    Returns:
        The ids that were new.
    """
    kept = _take_ids(session, rows)
    new = [dict(row) for row in rows if row["id"] in kept]
    if not new:
        return kept
    replaced = _put_in_place(session, new)
    session.connection().execute(
        WEIGHINGS.insert(), [{name: row[name] for name in _RECORD} for row in new]
    )
    sums.add(session, sums.sums_of(new), sums.sums_of(replaced, -1))
    _note_devices(session, new)
    tell_days(session, {_day(row) for row in (*new, *replaced)})
    return kept


def find_rows(session: Session, ids: Collection[UUID]) -> list[dict[str, Any]]:
    """Return the records with these ids, as dictionaries."""
    if not ids:
        return []
    keys, records = WEIGHING_KEYS.c, WEIGHINGS.c
    mine = (records.id == keys.id) & (records.weighed_at == keys.weighed_at)
    found = select(WEIGHINGS).join(WEIGHING_KEYS, mine).where(keys.id.in_(ids))
    return [dict(row) for row in session.connection().execute(found).mappings()]


def correctors(session: Session, ids: Collection[UUID]) -> dict[tuple[UUID, UUID], UUID]:
    """Return which record took the place of which, as (canteen, record) -> record."""
    if not ids:
        return {}
    found = session.connection().execute(_CORRECTORS, {"ids": list(ids)})
    return {(canteen, of): by for canteen, of, by in found}


def _take_ids(session: Session, rows: Sequence[Row]) -> set[UUID]:
    insert = (
        insert_into(session, WEIGHING_KEYS)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(WEIGHING_KEYS.c.id)
    )
    if not rows:
        return set()
    keys = [{name: row[name] for name in _KEY} for row in rows]
    return set(session.connection().execute(insert, keys).scalars())


def _put_in_place(session: Session, new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Let corrections take the place of what they correct, whichever came first.

    Returns:
        The records of before that no longer count, as they were.
    """
    mine = {row["id"]: row for row in new}
    by_whom = correctors(session, mine)
    for row in new:
        row["corrected_by"] = by_whom.get((row["canteen_id"], row["id"]))
    before = {row["corrects"]: row for row in new if row["corrects"]}
    there = find_rows(session, before.keys() - mine.keys())
    replaced = [row for row in there if row["canteen_id"] == before[row["id"]]["canteen_id"]]
    for row in replaced:
        own = (WEIGHINGS.c.id == row["id"]) & (WEIGHINGS.c.weighed_at == row["weighed_at"])
        by = before[row["id"]]["id"]
        session.connection().execute(update(WEIGHINGS).where(own).values(corrected_by=by))
    return replaced


def _note_devices(session: Session, new: Iterable[Row]) -> None:
    newest: dict[tuple[UUID, str], Row] = {}
    for row in new:
        device = (row["canteen_id"], row["device_id"])
        if row["hash"] and row["sequence"] > newest.get(device, {"sequence": -1})["sequence"]:
            newest[device] = row
    if not newest:
        return
    insert, table = insert_into(session, DEVICES), DEVICES.c
    upsert = insert.on_conflict_do_update(
        index_elements=["canteen_id", "device_id"],
        set_={name: insert.excluded[name] for name in ("last_sequence", "last_hash")},
        where=table.last_sequence < insert.excluded.last_sequence,
    )
    session.connection().execute(
        upsert,
        [
            {
                "canteen_id": canteen,
                "device_id": device,
                "last_sequence": row["sequence"],
                "last_hash": row["hash"],
            }
            for (canteen, device), row in sorted(newest.items())
        ],
    )


def _day(row: Row) -> CanteenDay:
    return row["canteen_id"], row["date"]
