"""Days that are worked or not, against the published calendar."""

from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cleanplate_directory.models import OrganizationRow
from cleanplate_shared import workdays
from cleanplate_shared.contracts.directory import CalendarDay, CalendarDaySet, DaySet
from cleanplate_shared.errors import Conflict, Forbidden
from cleanplate_shared.events import publish
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.known import learn_day, set_days
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import ADMINS
from cleanplate_shared.tables import SetDayRow


class DayBeingSet(Conflict, title=msg("Somebody sets the same day just now")):
    """Two administrators set the same day for the first time at once; try again."""


def list_days(session: Session, period: Period) -> list[CalendarDay]:
    """Return what each day of the period is."""
    by_hand = set_days(session)
    length = (period.last - period.first).days + 1
    return [_day(period.first + timedelta(days=n), by_hand) for n in range(length)]


def set_day(session: Session, caller: Identity, day: date, wanted: DaySet) -> CalendarDay:
    """Set whether a day is worked, for the whole installation, and tell everybody.

    Raises:
        Forbidden: the caller administers only a part of the installation.
        DayBeingSet: somebody else sets it at the same time.
    """
    mine = [g.organization_id for g in caller.grants if g.role in ADMINS and g.organization_id]
    below = col(OrganizationRow.parent_id).is_not(None)
    parts = session.exec(
        select(OrganizationRow.id).where(col(OrganizationRow.id).in_(mine), below)
    ).all()
    if not set(mine) - set(parts):
        raise Forbidden(msg("The calendar counts for everybody; ask the highest administrator."))
    known = session.get(SetDayRow, day, with_for_update=True)
    if known is None or known.is_workday != wanted.is_workday:
        version = known.version + 1 if known else 1
        event = CalendarDaySet(day=day, is_workday=wanted.is_workday, version=version)
        try:
            with session.begin_nested():
                learn_day(session, event)
        except IntegrityError as error:
            raise DayBeingSet from error
        publish(session, event)
    return _day(day, set_days(session))


def _day(day: date, by_hand: dict[date, bool]) -> CalendarDay:
    return CalendarDay.model_validate(workdays.day_kind(day, by_hand), from_attributes=True)
