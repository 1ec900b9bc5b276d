"""What a diner is told of: a seat that became free, a meal given, a meal called off."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from cleanplate_menu import domain
from cleanplate_menu.actions.notices.writing import Words, meal_of_day, write
from cleanplate_menu.models import ChannelRow, MealSessionRow, NoticeRow, RegistrationRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu_registrations import RegistrationSource, RegistrationStatus
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.tables import KnownCanteenRow

_RECENT = timedelta(days=1)
_RECEIVED = (RegistrationSource.WAITING.value, RegistrationSource.GIFT.value)
_Found = tuple[RegistrationRow, MealSessionRow, KnownCanteenRow, UUID]


@dataclass(frozen=True)
class News:
    """What somebody is to be told, and through which channel; of which meal that is called off."""

    channel_id: UUID
    words: Words
    called_off: UUID | None = None


def find_news(session: Session, at: datetime) -> list[News]:
    """Return what people with a channel were not told yet, of the last day and of coming meals."""
    received = _about(
        session,
        col(RegistrationRow.source).in_(_RECEIVED),
        col(RegistrationRow.registered_at) > at - _RECENT,
    )
    called_off = _about(
        session,
        col(MealSessionRow.day) >= (at - _RECENT).date(),
        col(MealSessionRow.closed_reason).is_not(None),
    )
    news = [News(found[3], _received(found, at)) for found in received]
    news += [News(found[3], _called_off(found, at), found[1].id) for found in called_off]
    news = [one for one in news if one.words.expires_at > at]
    told = select(NoticeRow.channel_id, NoticeRow.subject).where(
        col(NoticeRow.subject).in_({one.words.subject for one in news}),
        col(NoticeRow.channel_id).in_({one.channel_id for one in news}),
    )
    known = set(session.exec(told)) if news else set()
    return [one for one in news if (one.channel_id, one.words.subject) not in known]


def tell(session: Session, news: Sequence[News], at: datetime) -> None:
    """Put news on their way, once each; nothing of meals that are held again by now."""
    closed = _still_closed(session, {one.called_off for one in news if one.called_off})
    for one in news:
        if one.called_off is None or one.called_off in closed:
            write(session, one.words, [one.channel_id], at)


def closing_of(meal_id: UUID) -> str:
    """Return the subject of the news that a meal is called off."""
    return f"closed:{meal_id}"


def _still_closed(session: Session, meals: Collection[UUID]) -> set[UUID]:
    """Return which of these meals are called off, and stay so until the transaction ends."""
    found = (
        select(MealSessionRow.id)
        .where(col(MealSessionRow.id).in_(meals), col(MealSessionRow.closed_reason).is_not(None))
        .order_by(col(MealSessionRow.id))
        .with_for_update(read=True)
    )
    return set(session.exec(found)) if meals else set()


def _about(session: Session, *where: ColumnElement[bool]) -> list[_Found]:
    found = (
        select(RegistrationRow, MealSessionRow, KnownCanteenRow, ChannelRow.id)
        .select_from(RegistrationRow)
        .join(MealSessionRow)
        .join(KnownCanteenRow, col(KnownCanteenRow.id) == MealSessionRow.canteen_id)
        .join(ChannelRow, col(ChannelRow.person_id) == RegistrationRow.person_id)
        .where(RegistrationRow.status == RegistrationStatus.REGISTERED.value, *where)
    )
    return list(session.exec(found))


def _received(found: _Found, at: datetime) -> Words:
    registration, meal, canteen, _ = found
    is_gift = registration.source == RegistrationSource.GIFT.value
    title = msg("A colleague gave you a meal") if is_gift else msg("A seat became free")
    body = msg(
        "You are registered for {meal} at {canteen}.", meal=_meal(found, at), canteen=canteen.name
    )
    return Words(f"seat:{registration.id}", title, body, _over(meal, canteen))


def _called_off(found: _Found, at: datetime) -> Words:
    _, meal, canteen, _ = found
    body = msg(
        "{canteen} does not hold {meal}, for which you are registered: {reason}",
        canteen=canteen.name,
        meal=_meal(found, at),
        reason=meal.closed_reason,
    )
    title = msg("A meal of yours is called off")
    return Words(closing_of(meal.id), title, body, _over(meal, canteen))


def _meal(found: _Found, at: datetime) -> Message:
    _, meal, canteen, _ = found
    return meal_of_day(meal.meal, meal.day, at.astimezone(zone(canteen.time_zone)).date())


def _over(meal: MealSessionRow, canteen: KnownCanteenRow) -> datetime:
    return domain.end_of_day(meal.day, zone(canteen.time_zone))
