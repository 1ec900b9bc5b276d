"""Reminders of a cut-off: to the canteen's chats, and to who usually eats and has not decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from cleanplate_menu import domain
from cleanplate_menu.actions.notices.writing import Words, meal_of_day, write
from cleanplate_menu.actions.people import may_eat
from cleanplate_menu.models import (
    SESSIONS,
    AbsenceRow,
    CanteenSettingsRow,
    ChannelRow,
    KnownPersonRow,
    MealSessionRow,
    RegistrationRow,
    WaitingRow,
)
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu_registrations import RegistrationKind, RegistrationStatus
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.tables import KnownCanteenRow

_AHEAD = timedelta(days=8)  # a reminder comes at most 7 days before, and then not at night
_WEEKS, _OFTEN = 5, 2  # who ate on 2 of the last 5 such weekdays usually eats
_USUAL_MINUTES = 60
_MINUTES_SAID = 120  # what is farther is said in hours


@dataclass(frozen=True)
class Due:
    """A meal whose cut-off people are to be reminded of now."""

    meal: MealSessionRow
    canteen: KnownCanteenRow


def due_reminders(session: Session, at: datetime) -> list[Due]:
    """Return the meals whose reminder is due and was not written yet."""
    found = (
        select(MealSessionRow, KnownCanteenRow, CanteenSettingsRow.remind_minutes)
        .select_from(MealSessionRow)
        .join(KnownCanteenRow, col(KnownCanteenRow.id) == MealSessionRow.canteen_id)
        .outerjoin(
            CanteenSettingsRow,
            col(CanteenSettingsRow.canteen_id) == MealSessionRow.canteen_id,
        )
        .where(
            col(MealSessionRow.cutoff_at) > at,
            col(MealSessionRow.cutoff_at) <= at + _AHEAD,
            ~col(MealSessionRow.is_reminded),
            col(MealSessionRow.is_imported).is_(False),
            col(MealSessionRow.closed_reason).is_(None),
        )
        .order_by(col(MealSessionRow.id))
    )
    return [
        Due(meal, canteen)
        for meal, canteen, minutes in session.exec(found)
        if _is_due(meal, canteen, _USUAL_MINUTES if minutes is None else minutes, at)
    ]


def remind(session: Session, due: Due, at: datetime) -> None:
    """Write the reminders of one meal; of two processes one writes them."""
    this = (SESSIONS.c.id == due.meal.id) & SESSIONS.c.is_reminded.is_(False)
    marked = session.connection().execute(update(SESSIONS).where(this).values(is_reminded=True))
    if marked.rowcount == 0:
        return
    chats = select(ChannelRow.id).where(ChannelRow.canteen_id == due.canteen.id)
    write(session, _words(due, _to_all(due, at), at), session.exec(chats).all(), at)
    write(session, _words(due, _to_one(due, at), at), _undecided(session, due.meal), at)


def _words(due: Due, body: Message, at: datetime) -> Words:
    return Words(
        subject=f"cutoff:{due.meal.id}",
        title=msg("{canteen}: {meal} closes soon", canteen=due.canteen.name, meal=_meal(due, at)),
        body=body,
        expires_at=min(due.meal.cutoff_at, domain.quiet_from(at, zone(due.canteen.time_zone))),
    )


def _to_all(due: Due, at: datetime) -> Message:
    return msg(
        "Registration for {meal} closes at {time}, in {left}. {count} {count:is|are} registered.",
        meal=_meal(due, at),
        time=_time(due),
        left=_left(int((due.meal.cutoff_at - at).total_seconds() // 60)),
        count=due.meal.registered,
    )


def _to_one(due: Due, at: datetime) -> Message:
    return msg(
        "Registration for {meal} closes at {time}. You have not registered yet.",
        meal=_meal(due, at),
        time=_time(due),
    )


def _meal(due: Due, at: datetime) -> Message:
    today = at.astimezone(zone(due.canteen.time_zone)).date()
    return meal_of_day(due.meal.meal, due.meal.day, today)


def _time(due: Due) -> str:
    return due.meal.cutoff_at.astimezone(zone(due.canteen.time_zone)).strftime("%m-%d %H:%M")


def _left(minutes: int) -> Message:
    if minutes <= _MINUTES_SAID:
        return msg("{minutes} {minutes:minute|minutes}", minutes=minutes)
    return msg("{hours} {hours:hour|hours}", hours=minutes // 60)


def _is_due(meal: MealSessionRow, canteen: KnownCanteenRow, minutes: int, at: datetime) -> bool:
    time_zone = zone(canteen.time_zone)
    if minutes == 0 or domain.is_quiet(at, time_zone):
        return False
    return domain.remind_at(meal.cutoff_at, minutes, time_zone) <= at


def _undecided(session: Session, meal: MealSessionRow) -> Sequence[UUID]:
    """Return the channels of who usually eats at such a meal and has not decided on this one."""
    found = (
        select(ChannelRow.id, KnownPersonRow)
        .join(KnownPersonRow, col(KnownPersonRow.id) == ChannelRow.person_id)
        .where(
            col(KnownPersonRow.id).in_(_usual(meal)),
            col(KnownPersonRow.id).not_in(_decided(meal)),
            col(KnownPersonRow.id).not_in(_absent(meal)),
            col(KnownPersonRow.id).not_in(
                select(WaitingRow.person_id).where(WaitingRow.meal_session_id == meal.id)
            ),
        )
    )
    return [
        channel_id for channel_id, person in session.exec(found) if may_eat(person, meal.canteen_id)
    ]


def _usual(meal: MealSessionRow) -> SelectOfScalar[UUID]:
    days = [meal.day - timedelta(weeks=n) for n in range(1, _WEEKS + 1)]
    return (
        select(RegistrationRow.person_id)
        .join(MealSessionRow)
        .where(
            MealSessionRow.canteen_id == meal.canteen_id,
            MealSessionRow.meal == meal.meal,
            col(MealSessionRow.day).in_(days),
            RegistrationRow.status == RegistrationStatus.REGISTERED.value,
            RegistrationRow.kind == RegistrationKind.PERSON.value,
        )
        .group_by(col(RegistrationRow.person_id))
        .having(func.count() >= _OFTEN)
    )


def _decided(meal: MealSessionRow) -> SelectOfScalar[UUID]:
    return select(RegistrationRow.person_id).where(
        RegistrationRow.meal_session_id == meal.id,
        RegistrationRow.kind == RegistrationKind.PERSON.value,
    )


def _absent(meal: MealSessionRow) -> SelectOfScalar[UUID]:
    return select(AbsenceRow.person_id).where(
        AbsenceRow.first_day <= meal.day, AbsenceRow.last_day >= meal.day
    )
