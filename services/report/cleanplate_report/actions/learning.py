"""Keep what other services tell, each fact in its newest version.

The facts are totals with a version, so repeats and stale news change nothing in any order.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from cleanplate_report.models import (
    DayStreamRow,
    DayWasteRow,
    OrganizationNameRow,
    SessionFactRow,
    Table,
)
from cleanplate_shared import known
from cleanplate_shared.contracts.directory import CanteenChanged
from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.contracts.waste import DaysWeighed, DayWaste

_FACT = set(SessionFactRow.model_fields)


def learn_days(session: Session, event: DaysWeighed) -> None:
    """Remember the waste of days."""
    _keep_newest(session, DayWasteRow, [_day(day) for day in event.days])
    streams = [
        {
            "canteen_id": day.canteen_id,
            "date": day.date,
            "version": day.version,
            **total.model_dump(mode="json"),
        }
        for day in event.days
        for total in day.streams
    ]
    _keep_newest(session, DayStreamRow, streams)


def learn_sessions(session: Session, event: MealSessionsChanged) -> None:
    """Remember who registered and who came."""
    facts = [{**fact.model_dump(include=_FACT), "meal": fact.meal.value} for fact in event.sessions]
    _keep_newest(session, SessionFactRow, facts)


def learn_canteen(session: Session, event: CanteenChanged) -> None:
    """Remember a canteen, and what the organisations above it are called."""
    known.learn_canteen(session, event)
    for organization_id, name in event.organization_names.items():
        session.merge(OrganizationNameRow(id=organization_id, name=name))


def _day(day: DayWaste) -> dict[str, Any]:
    return {
        "canteen_id": day.canteen_id,
        "date": day.date,
        "served": day.served,
        "complete": day.complete and day.served is not None,
        "version": day.version,
    }


def _keep_newest(session: Session, row_type: type[Table], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; where one is there, overwrite it if ours has a newer version."""
    if not rows:
        return
    table: SqlTable = row_type.__table__  # type: ignore[attr-defined]
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if on_sqlite else postgresql.insert)(table)
    keys = [column.name for column in table.primary_key]
    upsert = insert.on_conflict_do_update(
        index_elements=keys,
        set_={c.name: insert.excluded[c.name] for c in table.columns if c.name not in keys},
        where=table.c.version < insert.excluded.version,
    )
    session.execute(upsert, list(rows))
