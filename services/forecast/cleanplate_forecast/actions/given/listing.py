"""What was given in advance of a canteen's days, column by column."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import Session, col

from cleanplate_forecast.models import GIVEN_IMPORTS, GivenDayRow, GivenImportRow
from cleanplate_shared.contracts.forecast_given import GivenColumn, GivenKind
from cleanplate_shared.newest import insert_into
from cleanplate_shared.tables import KnownCanteenRow

_MOST_LISTED = 200


@dataclass
class _Counted:
    kind: GivenKind
    first: date
    last: date
    values: int = 0


def list_columns(session: Session, canteen_id: UUID) -> list[GivenColumn]:
    """Return what a canteen's columns hold, by name; at most 200."""
    imported = {
        row.name: row.at
        for row in session.scalars(
            select(GivenImportRow).where(col(GivenImportRow.canteen_id) == canteen_id)
        )
    }
    found = _counted(session, canteen_id)
    return [
        GivenColumn(
            name=name,
            kind=one.kind,
            date_from=one.first,
            date_to=one.last,
            values=one.values,
            imported_at=imported.get(name),
        )
        for name, one in sorted(found.items())[:_MOST_LISTED]
    ]


def kind_of(value: float | str) -> GivenKind:
    """Return what a column with such a value holds."""
    return GivenKind.TEXT if isinstance(value, str) else GivenKind.NUMBERS


def lock_given(session: Session, canteen_ids: Collection[UUID]) -> None:
    """Let nobody else write what is given of these canteens until the transaction ends."""
    locked = select(col(KnownCanteenRow.id)).where(col(KnownCanteenRow.id).in_(canteen_ids))
    session.execute(locked.order_by(col(KnownCanteenRow.id)).with_for_update()).all()


def note_import(session: Session, columns: Collection[tuple[UUID, str]], at: datetime) -> None:
    """Note when columns of canteens were brought last."""
    if not columns:
        return
    insert = insert_into(session, GIVEN_IMPORTS)
    upsert = insert.on_conflict_do_update(
        index_elements=["canteen_id", "name"], set_={"at": insert.excluded["at"]}
    )
    rows = [{"canteen_id": canteen, "name": name, "at": at} for canteen, name in sorted(columns)]
    session.connection().execute(upsert, rows)


def forget_imports(session: Session, before: datetime) -> None:
    """Forget when columns were brought that can have no value any more."""
    session.connection().execute(delete(GIVEN_IMPORTS).where(GIVEN_IMPORTS.c.at < before))


def _counted(session: Session, canteen_id: UUID) -> Mapping[str, _Counted]:
    found: dict[str, _Counted] = {}
    for day, name, value in _values(session, canteen_id):
        one = found.setdefault(name, _Counted(kind_of(value), day, day))
        one.kind, one.last = kind_of(value), day
        one.values += 1
    return found


def _values(session: Session, canteen_id: UUID) -> Iterator[tuple[date, str, float | str]]:
    """Yield day, column and value in order of the days."""
    rows = session.execute(
        select(col(GivenDayRow.date), col(GivenDayRow.given))
        .where(col(GivenDayRow.canteen_id) == canteen_id)
        .order_by(col(GivenDayRow.date))
    )
    for day, given in rows:
        for name, value in given.items():
            yield day, name, value
