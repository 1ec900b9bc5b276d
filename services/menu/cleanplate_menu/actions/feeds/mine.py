"""A diner's own calendar, at an address that only they know."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from cleanplate_menu.actions.feeds.calendars import calendar, midnight_utc, own_entry
from cleanplate_menu.actions.feeds.menus import hours_of
from cleanplate_menu.actions.feeds.words import meal_name, plain
from cleanplate_menu.actions.registering.whose import standing_of
from cleanplate_menu.models import (
    FEED_KEYS,
    FeedKeyRow,
    KnownPersonRow,
    MealSessionRow,
    RegistrationRow,
)
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_feeds import FeedAddress
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.tables import KnownCanteenRow

_NEW = insert(FEED_KEYS)
_REPLACE = _NEW.on_conflict_do_update(  # SQLite reads it the same way
    index_elements=["person_id"], set_={"digest": _NEW.excluded.digest}
)
_BACK, _AHEAD = timedelta(30), timedelta(60)


def make_address(session: Session, caller: Identity) -> FeedAddress:
    """Make the caller's calendar address; the one before is void."""
    secret = secrets.token_urlsafe(32)
    values = {"person_id": caller.person_id, "digest": _digest(secret)}
    session.connection().execute(_REPLACE, values)
    return FeedAddress(path=f"/api/v1/menu/feeds/mine/{secret}.ics")


def void_address(session: Session, caller: Identity) -> None:
    """Make the caller's calendar address void; a second time changes nothing."""
    session.execute(delete(FeedKeyRow).where(col(FeedKeyRow.person_id) == caller.person_id))


def read_calendar(session: Session, secret: str, at: datetime, locale: Locale) -> bytes:
    """Return the meals that the owner of an address has registered for.

    Raises:
        NotFound: nobody has this address, or its owner has left.
    """
    key = session.exec(select(FeedKeyRow).where(FeedKeyRow.digest == _digest(secret))).first()
    person = session.get(KnownPersonRow, key.person_id) if key else None
    if key is None or (person is not None and not person.active):
        raise NotFound(msg("There is no such calendar."))
    today = at.date()
    found = (
        select(MealSessionRow, KnownCanteenRow)
        .join(RegistrationRow, col(RegistrationRow.meal_session_id) == MealSessionRow.id)
        .join(KnownCanteenRow, col(KnownCanteenRow.id) == MealSessionRow.canteen_id)
        .where(
            standing_of(key.person_id),
            col(MealSessionRow.closed_reason).is_(None),
            col(MealSessionRow.day).between(today - _BACK, today + _AHEAD),
        )
        .order_by(col(MealSessionRow.day), col(MealSessionRow.id))
        .distinct()
    )
    entries = [
        own_entry(
            meal.id,
            f"{meal_name(Meal(meal.meal), locale)} · {plain(canteen.name)}",
            *hours_of(meal, zone(canteen.time_zone)),
        )
        for meal, canteen in session.exec(found)
    ]
    return calendar(msg("My meals").in_(locale), entries, midnight_utc(at))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
