"""Signing in, going on with a refresh token, and ending it."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, update
from sqlmodel import Session, col, select

from cleanplate_directory.actions import signing, throttle
from cleanplate_directory.actions.announcing import grants_of
from cleanplate_directory.actions.people import find_by_user_name, find_manageable
from cleanplate_directory.models import PersonRow, RefreshTokenRow, SignInRow
from cleanplate_shared.contracts.directory import SignInsEnded, TokenAnswer
from cleanplate_shared.errors import Unauthorized
from cleanplate_shared.events import publish
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.known import end_sign_ins

_REFRESH_LIFE = timedelta(days=30)
_GRACE = timedelta(seconds=30)  # two tabs, or an answer that got lost
_A_MOMENT = timedelta(milliseconds=1)


class WrongCredentials(Unauthorized, title=msg("User name or password is wrong")):
    """The user name and the password do not belong together."""


class RefreshRefused(Unauthorized, title=msg("Please sign in again")):
    """The refresh token is unknown, expired or ended."""


@dataclass(frozen=True)
class Attempt:
    """A sign-in under way: what the password is to be checked against."""

    person_id: UUID | None
    stored: str | None
    slot: throttle.Slot


def begin(session: Session, user_name: str, address: str, now: datetime) -> Attempt:
    """Count a check of a password before it is made.

    Raises:
        TooManyGuesses: the account or the address has had its failed checks for this minute.
    """
    slot = throttle.take_slot(session, user_name, address, now)
    person = find_by_user_name(session, user_name)
    return Attempt(
        person_id=person.id if person else None,
        stored=person.password_hash if person and person.active else None,
        slot=slot,
    )


def complete(session: Session, attempt: Attempt, now: datetime) -> TokenAnswer:
    """Sign in after the password was found right.

    Raises:
        WrongCredentials: the password was changed, or the person left, in the meantime.
    """
    person = _lock_person(session, attempt.person_id)
    if person is None or not person.active or person.password_hash != attempt.stored:
        raise WrongCredentials
    throttle.give_back(session, attempt.slot)
    sign_in = SignInRow(person_id=person.id, started_at=now)
    session.add(sign_in)
    session.flush()
    return issue(session, person, sign_in.id, now)


def issue(session: Session, person: PersonRow, sign_in_id: UUID, now: datetime) -> TokenAnswer:
    """Return a new access token with the person's grants of now, and a new refresh token."""
    subject = signing.Subject(
        person_id=person.id,
        sign_in_id=sign_in_id,
        name=person.name,
        unit_id=person.unit_id,
        must_change_password=person.must_change_password,
        grants=grants_of(session, [person.id]).get(person.id, []),
    )
    refresh_token = secrets.token_urlsafe(32)
    session.add(
        RefreshTokenRow(
            token_hash=_hash(refresh_token), sign_in_id=sign_in_id, expires_at=now + _REFRESH_LIFE
        )
    )
    session.flush()
    return TokenAnswer(
        access_token=signing.sign(session, subject, now),
        token_type="bearer",  # noqa: S106
        expires_in=int(signing.ACCESS_LIFE.total_seconds()),
        refresh_token=refresh_token,
    )


def end_if_reused(session: Session, refresh_token: str, now: datetime) -> None:
    """End the whole family if its token comes again: one of the two who have it is a thief."""
    token = session.get(RefreshTokenRow, _hash(refresh_token))
    if token is None or token.used_at is None or token.used_at + _GRACE > now:
        return
    _end_one(session, token.sign_in_id, now)


def refresh(session: Session, refresh_token: str, now: datetime) -> TokenAnswer:
    """Exchange a refresh token for a new pair; it goes on with the grants of now.

    Raises:
        RefreshRefused: unknown, expired or ended, or the person left.
    """
    token = session.get(RefreshTokenRow, _hash(refresh_token))
    if token is None:
        raise RefreshRefused
    sign_in = _lock_sign_in(session, token.sign_in_id)
    session.expire(token)
    token = session.get(RefreshTokenRow, _hash(refresh_token))
    if token is None or token.expires_at <= now or sign_in.ended_at is not None:
        raise RefreshRefused
    if token.used_at is not None and token.used_at + _GRACE <= now:
        raise RefreshRefused
    person = session.get_one(PersonRow, sign_in.person_id)
    if not person.active:
        raise RefreshRefused
    token.used_at = token.used_at or now
    return issue(session, person, sign_in.id, now)


def revoke_refresh(session: Session, refresh_token: str, now: datetime) -> None:
    """End the sign-in that a refresh token belongs to; an unknown one is nobody's business."""
    token = session.get(RefreshTokenRow, _hash(refresh_token))
    if token is not None:
        _end_one(session, token.sign_in_id, now)


def end_all(
    session: Session, person_id: UUID, now: datetime, *, but: UUID | None = None
) -> datetime:
    """End a person's sign-ins everywhere, except one; return when new tokens hold from.

    The access tokens of all of them are void; the one that is kept needs a new one.
    """
    mine = update(SignInRow).where(
        col(SignInRow.person_id) == person_id, col(SignInRow.ended_at).is_(None)
    )
    if but is not None:
        mine = mine.where(col(SignInRow.id) != but)
    session.execute(mine.values(ended_at=now))
    return _void_access_tokens(session, person_id, now)


def end_all_of(session: Session, caller: Identity, person_id: UUID, now: datetime) -> None:
    """End the sign-ins of a person whom the caller manages.

    Raises:
        NotFound, RoleNotYours: as `people.find_manageable`.
    """
    find_manageable(session, caller, person_id)
    end_all(session, person_id, now)


def renew_tokens(session: Session, person_ids: Sequence[UUID], now: datetime) -> None:
    """Void the access tokens of people who lost a role; signed in they stay, with new ones."""
    mine = col(SignInRow.person_id).in_(person_ids) & col(SignInRow.ended_at).is_(None)
    for person_id in session.exec(select(SignInRow.person_id).where(mine).distinct()).all():
        _void_access_tokens(session, person_id, now)


def purge(session: Session, now: datetime) -> None:
    """Forget refresh tokens that expired, and sign-ins that have none left."""
    session.execute(delete(RefreshTokenRow).where(col(RefreshTokenRow.expires_at) <= now))
    has_token = exists().where(col(RefreshTokenRow.sign_in_id) == col(SignInRow.id))
    old = col(SignInRow.started_at) < now - timedelta(days=1)
    session.execute(delete(SignInRow).where(old, ~has_token))


def _end_one(session: Session, sign_in_id: UUID, now: datetime) -> None:
    """End one sign-in, with its access token; the person's other devices go on."""
    sign_in = _lock_sign_in(session, sign_in_id)
    if sign_in.ended_at is None:
        sign_in.ended_at = now
        _tell_ended(
            session,
            SignInsEnded(
                person_id=sign_in.person_id, sign_in_id=sign_in_id, issued_before=now + _A_MOMENT
            ),
        )


def _void_access_tokens(session: Session, person_id: UUID, now: datetime) -> datetime:
    _tell_ended(session, SignInsEnded(person_id=person_id, issued_before=now))
    return now + _A_MOMENT  # a float of seconds is not exact to the microsecond


def _tell_ended(session: Session, event: SignInsEnded) -> None:
    end_sign_ins(session, event)
    publish(session, event)


def _lock_person(session: Session, person_id: UUID | None) -> PersonRow | None:
    if person_id is None:
        return None
    return session.get(PersonRow, person_id, with_for_update=True, populate_existing=True)


def _lock_sign_in(session: Session, sign_in_id: UUID) -> SignInRow:
    return session.get_one(SignInRow, sign_in_id, with_for_update=True, populate_existing=True)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
