"""Putting notices on their way: once per channel and subject."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cleanplate_menu.models import NOTICES
from cleanplate_shared.i18n import DEFAULT, Message, msg

_INSERT = insert(NOTICES).on_conflict_do_nothing()  # SQLite reads it the same way
_MEALS = {"breakfast": msg("breakfast"), "lunch": msg("lunch"), "dinner": msg("dinner")}


@dataclass(frozen=True)
class Words:
    """What a notice says, to whichever channel.

    Attributes:
        subject: makes it once per channel.
        expires_at: when nobody needs to be told any more.
    """

    subject: str
    title: Message
    body: Message
    expires_at: datetime


def write(session: Session, words: Words, channels: Collection[UUID], at: datetime) -> None:
    """Write one notice per channel; a channel that was told of this subject is not told again."""
    rows = [
        {
            "id": uuid4(),
            "channel_id": channel_id,
            "subject": words.subject,
            "title": words.title.in_(DEFAULT),
            "body": words.body.in_(DEFAULT),
            "due_at": at,
            "expires_at": words.expires_at,
            "tries": 0,
            "settled_at": None,
            "problem": None,
        }
        for channel_id in channels
    ]
    if rows:
        session.connection().execute(_INSERT, rows)


def meal_of_day(meal: str, day: date, today: date) -> Message:
    """Return a meal as a person would say it: tomorrow's lunch."""
    name = _MEALS[meal]
    if day == today:
        return msg("today's {meal}", meal=name)
    if day == today + timedelta(1):
        return msg("tomorrow's {meal}", meal=name)
    return msg("the {meal} of {day}", meal=name, day=day.isoformat())
