"""Deleting what was given in advance, and bringing it back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from cleanplate_forecast.actions.given.imports import MOST_COLUMNS
from cleanplate_forecast.actions.given.listing import kind_of, list_columns, lock_given
from cleanplate_forecast.models import GivenDayRow, GivenRemovalRow
from cleanplate_shared.contracts.forecast_given import (
    GivenColumns,
    GivenRemoval,
    GivenRemovalCreate,
)
from cleanplate_shared.errors import Conflict, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import MANAGEMENT, READERS

_KEPT = timedelta(days=7)
_MOST_KEPT = 20


class NothingGiven(Conflict, title=msg("There are no such values")):
    """The column has no value on these days."""


class GivenSince(Conflict, title=msg("Other values were brought since then")):
    """What was deleted does not fit what has been brought since."""


def show_given(session: Session, caller: Identity, canteen_id: UUID, at: datetime) -> GivenColumns:
    """Return what was given of a canteen's days, and what was deleted of it in the last week."""
    find_canteen(session, caller, READERS, canteen_id)
    found = session.exec(
        _newest(canteen_id).where(GivenRemovalRow.removed_at > at - _KEPT).limit(_MOST_KEPT)
    )
    return GivenColumns(
        columns=list_columns(session, canteen_id), removals=[_shown(row) for row in found]
    )


def remove_given(
    session: Session,
    caller: Identity,
    canteen_id: UUID,
    wanted: GivenRemovalCreate,
    at: datetime,
) -> GivenRemoval:
    """Delete a column's values; forecasts made and models trained from now on do not see them.

    The twenty newest removals of a canteen can be brought back for a week.

    Raises:
        NothingGiven: as it says.
    """
    canteen = find_canteen(session, caller, MANAGEMENT, canteen_id)
    lock_given(session, [canteen.id])
    rows = [row for row in _days(session, canteen.id, wanted) if wanted.name in row.given]
    if not rows:
        raise NothingGiven(msg("This column has no value on these days; look at the list again."))
    taken = [[row.date.isoformat(), row.meal, row.given[wanted.name]] for row in rows]
    removal = GivenRemovalRow(canteen_id=canteen.id, name=wanted.name, removed_at=at, taken=taken)
    session.add(removal)
    for row in rows:
        _set(session, row, {name: said for name, said in row.given.items() if name != wanted.name})
    session.flush()
    _forget_older(session, canteen.id)
    return _shown(removal)


def bring_back(
    session: Session, caller: Identity, canteen_id: UUID, removal_id: UUID, at: datetime
) -> None:
    """Give back what a removal took; what was brought since for the same day and meal stays.

    Raises:
        NotFound: there is no such removal, or it was longer than a week ago.
        GivenSince: the column holds something else now, or a day has twenty columns.
    """
    canteen = find_canteen(session, caller, MANAGEMENT, canteen_id)
    lock_given(session, [canteen.id])
    removal = session.get(GivenRemovalRow, removal_id)
    if removal is None or removal.canteen_id != canteen.id or removal.removed_at <= at - _KEPT:
        raise NotFound(msg("What was deleted is kept for a week; this is not kept any more."))
    there = {(row.date, row.meal): row for row in _days(session, canteen.id, None)}
    _check_fits(removal, there)
    for day, meal, value in removal.taken:
        place = (date.fromisoformat(day), meal)
        row = there.get(place) or GivenDayRow(
            canteen_id=canteen.id, date=place[0], meal=meal, given={}
        )
        _set(session, row, {removal.name: value, **row.given})
    session.delete(removal)


def forget_removals(session: Session, at: datetime) -> None:
    """Forget what was deleted more than a week ago."""
    session.connection().execute(
        delete(GivenRemovalRow).where(col(GivenRemovalRow.removed_at) <= at - _KEPT)
    )


def _days(
    session: Session, canteen_id: UUID, wanted: GivenRemovalCreate | None
) -> Sequence[GivenDayRow]:
    query = select(GivenDayRow).where(GivenDayRow.canteen_id == canteen_id)
    if wanted and wanted.date_from:
        query = query.where(GivenDayRow.date >= wanted.date_from)
    if wanted and wanted.date_to:
        query = query.where(GivenDayRow.date <= wanted.date_to)
    return session.exec(query.order_by(col(GivenDayRow.date), col(GivenDayRow.meal))).all()


def _set(session: Session, row: GivenDayRow, given: dict[str, Any]) -> None:
    row.given = given
    if given:
        session.add(row)
    else:
        session.delete(row)


def _check_fits(removal: GivenRemovalRow, there: Mapping[tuple[date, str], GivenDayRow]) -> None:
    name, kinds = removal.name, {kind_of(value) for _, _, value in removal.taken}
    if {kind_of(row.given[name]) for row in there.values() if name in row.given} - kinds:
        raise GivenSince(
            msg("The column {name} has text where these are numbers, or the reverse.", name=name)
        )
    places = [(date.fromisoformat(day), meal) for day, meal, _ in removal.taken]
    if any(len({*there[at].given, name}) > MOST_COLUMNS for at in places if at in there):
        raise GivenSince(msg("At most {most} such columns of a canteen.", most=MOST_COLUMNS))


def _forget_older(session: Session, canteen_id: UUID) -> None:
    """Keep only the newest removals; a canteen cannot fill the disk by deleting."""
    for row in session.exec(_newest(canteen_id).offset(_MOST_KEPT)).all():
        session.delete(row)


def _newest(canteen_id: UUID) -> SelectOfScalar[GivenRemovalRow]:
    newest = col(GivenRemovalRow.removed_at).desc(), col(GivenRemovalRow.id)
    return select(GivenRemovalRow).where(GivenRemovalRow.canteen_id == canteen_id).order_by(*newest)


def _shown(row: GivenRemovalRow) -> GivenRemoval:
    return GivenRemoval(
        id=row.id,
        name=row.name,
        date_from=date.fromisoformat(row.taken[0][0]),
        date_to=date.fromisoformat(row.taken[-1][0]),
        values=len(row.taken),
        removed_at=row.removed_at,
        kept_until=row.removed_at + _KEPT,
    )
