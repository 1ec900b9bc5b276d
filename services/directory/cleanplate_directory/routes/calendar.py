"""The working calendar over HTTP."""

from fastapi import APIRouter

from cleanplate_directory.actions import calendar
from cleanplate_directory.actions.calendar import DayBeingSet
from cleanplate_shared.contracts.common import Day, Page
from cleanplate_shared.contracts.directory import CalendarDay, DaySet
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import refusals
from cleanplate_shared.identity import AdminsDep, AnyoneDep
from cleanplate_shared.periods import PeriodDep, PeriodRefused

router = APIRouter(prefix="/calendar", tags=["calendar"])


@router.get("", responses=refusals(PeriodRefused))
def list_days(_: AnyoneDep, db: DatabaseDep, period: PeriodDep) -> Page[CalendarDay]:
    """Return what each day of a period is."""
    with db.reading() as session:
        return Page(items=calendar.list_days(session, period), next=None)


@router.put("/{day}", responses=refusals(DayBeingSet))
def set_day(day: Day, wanted: DaySet, caller: AdminsDep, db: DatabaseDep) -> CalendarDay:
    """Set whether a day is worked, against the published calendar."""
    with db.transaction() as session:
        return calendar.set_day(session, caller, day, wanted)
