"""Channels: a canteen's group chats, and one's own addresses; kept sealed, shown masked."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, update
from sqlmodel import Session, col, select

from cleanplate_menu.models import CHANNELS, ChannelRow, NoticeRow
from cleanplate_shared.contracts.menu_notices import Channel
from cleanplate_shared.errors import Conflict, NotFound, TooMany
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.notices import Channel as Address
from cleanplate_shared.notices import ChannelRefused, Notice
from cleanplate_shared.roles import MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow

_OWN_SCHEMES = {"mailto", "mailtos", "ntfy", "ntfys"}
_MOST_OF_CANTEEN, _MOST_OF_PERSON = 10, 3
_REST = timedelta(seconds=10)  # between two trials of a channel


class TooManyChannels(Conflict, title=msg("There are enough channels")):
    """A canteen has at most ten channels, a person at most three."""


def read_address(url: str, canteen_id: UUID | None) -> Address:
    """Return the address that somebody typed; one's own may be of e-mail or ntfy only.

    Raises:
        ChannelRefused: with what is wrong and what to write instead.
    """
    address = Address.of(url)
    if canteen_id is None and address.scheme not in _OWN_SCHEMES:
        raise ChannelRefused(msg("For yourself, use an e-mail (mailto) or an ntfy address."))
    return address


def check_owner(session: Session, caller: Identity, canteen_id: UUID | None) -> None:
    """Make sure that the caller may say where a canteen's notices go; everybody may for their own.

    Raises:
        NotFound, Forbidden: the canteen is not the caller's to manage.
    """
    if canteen_id is not None:
        find_canteen(session, caller, MANAGEMENT, canteen_id)


def add_channel(
    session: Session, caller: Identity, canteen_id: UUID | None, shown: str, sealed_url: str
) -> Channel:
    """Keep a channel of a canteen, as its manager, or of one's own.

    Raises:
        NotFound, Forbidden: the canteen is not the caller's to manage.
        TooManyChannels: there are as many as there may be.
    """
    check_owner(session, caller, canteen_id)
    person_id = caller.person_id if canteen_id is None else None
    row = ChannelRow(canteen_id=canteen_id, person_id=person_id, shown=shown, sealed_url=sealed_url)
    session.add(row)
    session.flush()
    there = select(func.count()).where(
        col(ChannelRow.canteen_id).is_not_distinct_from(canteen_id),
        col(ChannelRow.person_id).is_not_distinct_from(person_id),
    )
    most = _MOST_OF_PERSON if canteen_id is None else _MOST_OF_CANTEEN
    if session.exec(there).one() > most:
        raise TooManyChannels(msg("Remove one first; at most {most} are kept.", most=most))
    return _as_channel(row)


def list_channels(session: Session, caller: Identity, canteen_id: UUID | None) -> list[Channel]:
    """Return the channels of a canteen, as its manager, or one's own."""
    if canteen_id is None:
        whose = col(ChannelRow.person_id) == caller.person_id
    else:
        find_canteen(session, caller, MANAGEMENT, canteen_id)
        whose = col(ChannelRow.canteen_id) == canteen_id
    found = select(ChannelRow).where(whose).order_by(ChannelRow.shown, col(ChannelRow.id))
    return [_as_channel(row) for row in session.exec(found)]


def remove_channel(session: Session, caller: Identity, channel_id: UUID) -> None:
    """Forget a channel, and what waits for it.

    Raises:
        NotFound: there is none that is the caller's.
    """
    row = _find(session, caller, channel_id)
    session.execute(delete(NoticeRow).where(col(NoticeRow.channel_id) == row.id))
    session.delete(row)
    session.flush()


def begin_trial(session: Session, caller: Identity, channel_id: UUID, at: datetime) -> str:
    """Return a channel's sealed address, to be tried now.

    Raises:
        NotFound: there is none that is the caller's.
        TooMany: it was tried a moment ago.
    """
    row = _find(session, caller, channel_id)
    rested = or_(col(ChannelRow.tried_at).is_(None), col(ChannelRow.tried_at) <= at - _REST)
    this = update(CHANNELS).where(CHANNELS.c.id == row.id, rested).values(tried_at=at)
    if session.connection().execute(this).rowcount == 0:
        raise TooMany(msg("This channel was tried a moment ago."), retry_after=_REST.seconds)
    return row.sealed_url


def trial(locale: Locale) -> Notice:
    """Return the notice that tries a channel."""
    return Notice(
        msg("Cleanplate: test notice").in_(locale),
        msg("If you can read this, the channel works.").in_(locale),
    )


def _find(session: Session, caller: Identity, channel_id: UUID) -> ChannelRow:
    row = session.get(ChannelRow, channel_id)
    canteen = session.get(KnownCanteenRow, row.canteen_id) if row and row.canteen_id else None
    is_managed = canteen is not None and caller.holds(MANAGEMENT, canteen)
    if row is None or not (is_managed or row.person_id == caller.person_id):
        raise NotFound(msg("There is no such channel."))
    return row


def _as_channel(row: ChannelRow) -> Channel:
    return Channel(id=row.id, canteen_id=row.canteen_id, shown=row.shown)
