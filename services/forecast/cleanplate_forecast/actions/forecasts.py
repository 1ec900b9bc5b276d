"""Forecasts of meal sessions: made from what is known, and kept to be scored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cleanplate_forecast.actions.ruled import forecast_ruled, today_in
from cleanplate_forecast.actions.training.learnt import is_learnt
from cleanplate_forecast.domain.columns import EARLY_HOURS
from cleanplate_forecast.domain.showup import SHOW_UP
from cleanplate_forecast.models import EARLY, SESSIONS, ForecastRow, SessionRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Day
from cleanplate_shared.contracts.forecast import SessionForecast
from cleanplate_shared.errors import Conflict, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.known import set_days
from cleanplate_shared.roles import READERS
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_shared.workdays import day_kind

_MOST_DUE = 100_000
_TENDED = timedelta(hours=2)
_A_DINER = 1.0


class NoHistory(Conflict, title=msg("There is no forecast yet")):
    """Nobody has eaten this meal here yet, and the registrations are not final."""


@dataclass(frozen=True)
class Made:
    """A forecast, and whether it says what the newest kept one says.

    Attributes:
        row: the kept one, or one to keep.
        provisional: the calendar of that year is not announced yet.
        is_kept: nothing new is to be kept.
    """

    row: ForecastRow
    provisional: bool
    is_kept: bool

    @property
    def answer(self) -> SessionForecast:
        """Return it as the contract has it."""
        return SessionForecast(
            meal_session_id=self.row.session_id,
            mean=self.row.mean,
            quantiles=self.row.quantiles,
            registered=self.row.registered,
            model=self.row.model,
            made_at=self.row.made_at,
            by_show_up=SHOW_UP in self.row.model,
            provisional_calendar=self.provisional,
        )


def make_forecast(session: Session, caller: Identity, session_id: UUID, at: datetime) -> Made:
    """Return the forecast of a meal session as of `at`, made now or kept before.

    A meal of a past day keeps the last forecast published before it; if there is none, one is made
    from what was known on its eve, and not kept: it was never published. Where a trained model
    forecasts all meals hourly, its last forecast is answered.

    Raises:
        NotFound: no such meal session, or the caller has nothing to do with its canteen.
        NoHistory: nothing to make it from.
    """
    row = session.get(SessionRow, session_id)
    if row is None:
        raise NotFound(msg("There is no such meal session."))
    canteen = find_canteen(session, caller, READERS, row.canteen_id)
    provisional = not day_kind(row.date, set_days(session)).announced
    newest = _newest(session, [session_id]).get(session_id)
    is_over = row.date < _today(canteen, at)
    if newest is not None and (is_over or _is_tended(row, newest, at)):
        return Made(newest, provisional, is_kept=True)
    made = forecast_ruled(session, [row], at).get(session_id)
    if made is None:
        raise NoHistory(
            msg("Nobody has eaten this meal here yet; a forecast comes with the cut-off.")
        )
    if newest is not None and _says_the_same(newest, made):
        return Made(newest, provisional, is_kept=True)
    return Made(made, provisional, is_kept=is_over)


def keep_forecast(session: Session, made: ForecastRow) -> None:
    """Keep a published forecast, unless the newest one kept says the same."""
    keep_forecasts(session, [made])


def keep_forecasts(session: Session, made: Sequence[ForecastRow]) -> None:
    """Keep forecasts, each unless the newest one kept of its session says the same."""
    newest = _newest(session, [row.session_id for row in made])
    rows = []
    for row in made:
        before = newest.get(row.session_id)
        if before is None or not _says_the_same(before, row):
            number = before.number + 1 if before else 1
            rows.append(ForecastRow(**row.model_dump() | {"number": number}))
    try:
        with session.begin_nested():
            session.add_all(rows)
            session.flush()
    except IntegrityError:  # somebody kept one of them just now; the next hour keeps the rest
        return


def forecast_many(
    session: Session, rows: Sequence[SessionRow], at: datetime
) -> dict[UUID, ForecastRow]:
    """Return the forecasts of sessions of one canteen: kept ones, else made now and not kept.

    A session that nothing is known about has none.
    """
    found = dict(_newest(session, [row.id for row in rows]))
    missing = [row for row in rows if row.id not in found]
    return found | forecast_ruled(session, missing, at)


def due_sessions(
    session: Session, at: datetime, ahead: timedelta, every: timedelta
) -> Sequence[SessionRow]:
    """Return the coming sessions that no forecast was made for lately, those of a canteen together.

    A session is due again `every`, and once more when its cut-off has passed.
    """
    first, last = at.date() - timedelta(days=1), at.date() + ahead
    looked = col(SessionRow.looked_at)
    is_due = (
        looked.is_(None)
        | (looked < at - every)
        | ((looked < col(SessionRow.cutoff_at)) & (col(SessionRow.cutoff_at) <= at))
    )
    return session.exec(
        select(SessionRow)
        .where(col(SessionRow.date).between(first, last), is_due)
        .order_by(col(SessionRow.canteen_id), col(SessionRow.meal), col(SessionRow.date))
        .limit(_MOST_DUE)
    ).all()


def forecast_due(
    session: Session, due: Sequence[SessionRow], learnt: Mapping[UUID, ForecastRow], at: datetime
) -> None:
    """Keep the forecasts of sessions that are due: the model's where it made one, else the rule's.

    How many have registered by now is kept too. A transaction stays short with a hundred at once.
    """
    ids = [row.id for row in due]
    session.connection().execute(
        update(SESSIONS).where(SESSIONS.c.id.in_(ids)).values(looked_at=at, **_registered_by(at))
    )
    by_rule = [row for row in due if row.id not in learnt]
    ruled = _rule_coming(session, by_rule, at) if by_rule else []
    keep_forecasts(session, [*(learnt[key] for key in ids if key in learnt), *ruled])


def forecast_again(session: Session, after: Day) -> None:
    """Have all sessions after a day be due at once, as a new model serves."""
    session.connection().execute(
        update(SessionRow).where(col(SessionRow.date) > after).values(looked_at=None)
    )


def _registered_by(at: datetime) -> dict[str, ColumnElement[int | None]]:
    """Return the present registrations for the next mark before the cut-off; the others stay.

    What is noted last is thus at most as old as the job's hour when the mark is passed.
    """
    cutoff = SESSIONS.c.cutoff_at
    until = (*EARLY_HOURS[1:], 2 * EARLY_HOURS[-1])
    return {
        EARLY[hours].name: case(
            (
                (cutoff >= at + timedelta(hours=hours)) & (cutoff < at + timedelta(hours=before)),
                SESSIONS.c.registered,
            ),
            else_=EARLY[hours],
        )
        for hours, before in zip(EARLY_HOURS, until, strict=True)
    }


def _rule_coming(session: Session, due: Sequence[SessionRow], at: datetime) -> list[ForecastRow]:
    today = today_in(session, {row.canteen_id for row in due}, at)
    coming = [row for row in due if row.canteen_id in today and row.date >= today[row.canteen_id]]
    return list(forecast_ruled(session, coming, at).values())


def _is_tended(row: SessionRow, newest: ForecastRow, at: datetime) -> bool:
    """Say whether the model made this forecast, and still looks at the session hourly."""
    looked_at = row.looked_at
    return is_learnt(newest) and looked_at is not None and looked_at > at - _TENDED


def _newest(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, ForecastRow]:
    rows = session.exec(
        select(ForecastRow)
        .where(col(ForecastRow.session_id).in_(ids))
        .order_by(col(ForecastRow.number))
    )
    return {row.session_id: row for row in rows}


def _says_the_same(one: ForecastRow, other: ForecastRow) -> bool:
    """Say whether two forecasts rest on the same, and differ by less than half a diner."""
    known = {"model", "registered", "final"}
    if one.model_dump(include=known) != other.model_dump(include=known):
        return False
    told, again = ({"mean": row.mean, **row.quantiles} for row in (one, other))
    return told.keys() == again.keys() and all(
        abs(told[name] - again[name]) < _A_DINER / 2 for name in told
    )


def _today(canteen: KnownCanteenRow, at: datetime) -> Day:
    return at.astimezone(zone(canteen.time_zone)).date()
