"""What every service learns from the directory: canteens, set days, sign-ins that were ended."""

from datetime import date

from sqlmodel import Session, select

from cleanplate_shared.contracts.directory import CalendarDaySet, CanteenChanged, SignInsEnded
from cleanplate_shared.events import Handlers
from cleanplate_shared.revocation import revoke
from cleanplate_shared.tables import KnownCanteenRow, SetDayRow


def learn_canteen(session: Session, event: CanteenChanged) -> None:
    """Remember a canteen as the directory last described it."""
    known = session.get(KnownCanteenRow, event.canteen.id)
    if known is None or known.version < event.version:
        session.merge(
            KnownCanteenRow(**event.canteen.model_dump(), path=event.path, version=event.version)
        )


def end_sign_ins(session: Session, event: SignInsEnded) -> None:
    """Refuse the older tokens of a person, or of one of their sign-ins, from now on."""
    revoke(session, event.sign_in_id or event.person_id, event.issued_before)


def learn_day(session: Session, event: CalendarDaySet) -> None:
    """Remember a day that somebody set."""
    known = session.get(SetDayRow, event.day)
    if known is None or known.version < event.version:
        session.merge(SetDayRow(day=event.day, is_workday=event.is_workday, version=event.version))


def set_days(session: Session) -> dict[date, bool]:
    """Return the days set by hand, for `workdays.day_kind`."""
    return {row.day: row.is_workday for row in session.exec(select(SetDayRow))}


KNOWN_HANDLERS: Handlers = {
    CalendarDaySet.name: (CalendarDaySet, learn_day),
    CanteenChanged.name: (CanteenChanged, learn_canteen),
    SignInsEnded.name: (SignInsEnded, end_sign_ins),
}
