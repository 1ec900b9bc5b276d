"""Changing one's own password, and giving others one for once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col

from cleanplate_directory import domain
from cleanplate_directory.actions import sign_ins, throttle
from cleanplate_directory.actions.announcing import grants_of
from cleanplate_directory.actions.passwords import OneTimePassword
from cleanplate_directory.actions.people import find_manageable, person_of
from cleanplate_directory.models import PersonRow, RefreshTokenRow, SignInRow
from cleanplate_shared.contracts.directory import PersonCreated, TokenAnswer
from cleanplate_shared.errors import Conflict, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity


class NoPassword(Conflict, title=msg("There is no password to change")):
    """The account has no password, or it is not an account of this directory."""


class PasswordTooEasy(Unprocessable, title=msg("Please choose another password")):
    """The new password is the old one, the user name, or a few letters repeated."""


class NoUserName(Conflict, title=msg("The person has no user name")):
    """Who has no user name cannot sign in with a password."""


@dataclass(frozen=True)
class Change:
    """A change of password under way: what the old one is to be checked against."""

    stored: str
    slot: throttle.Slot


def begin_change(session: Session, caller: Identity, now: datetime, new: str, old: str) -> Change:
    """Count a check of the caller's old password before it is made.

    Raises:
        NoPassword: the caller has none.
        PasswordTooEasy: the new password is easily guessed.
        TooManyGuesses: the account has had its failed checks for this minute.
    """
    person = session.get(PersonRow, caller.person_id)
    if person is None or person.password_hash is None or person.user_name is None:
        raise NoPassword
    if domain.is_guessable(new, old, person.user_name):
        raise PasswordTooEasy(
            msg("Not the old one, not your user name, and more than a few different letters.")
        )
    slot = throttle.take_slot(session, person.user_name, None, now)
    return Change(person.password_hash, slot)


def complete_change(
    session: Session, caller: Identity, change: Change, stored: str, now: datetime
) -> TokenAnswer:
    """Set the new password; every other sign-in ends, this one goes on with a new token.

    Raises:
        WrongCredentials: the password was changed in the meantime.
    """
    person = session.get_one(
        PersonRow, caller.person_id, with_for_update=True, populate_existing=True
    )
    if person.password_hash != change.stored:
        raise sign_ins.WrongCredentials
    person.password_hash, person.must_change_password = stored, False
    throttle.give_back(session, change.slot)
    holds_from = sign_ins.end_all(session, person.id, now, but=caller.session_id)
    sign_in_id = _go_on(session, caller, now)
    session.flush()
    return sign_ins.issue(session, person, sign_in_id, holds_from)


def give_one_time_password(
    session: Session, caller: Identity, person_id: UUID, first: OneTimePassword, now: datetime
) -> PersonCreated:
    """Replace a person's password by one to be changed at the first sign-in; their sign-ins end.

    Raises:
        NotFound, RoleNotYours: as `people.find_manageable`.
        NoUserName: the person has none.
    """
    person = find_manageable(session, caller, person_id)
    if person.user_name is None:
        raise NoUserName
    person.password_hash, person.must_change_password = first.stored, True
    grants = grants_of(session, [person.id]).get(person.id, [])
    sign_ins.end_all(session, person.id, now)
    return PersonCreated(**person_of(person, grants).model_dump(), one_time_password=first.plain)


def _go_on(session: Session, caller: Identity, now: datetime) -> UUID:
    """Return the caller's sign-in without its old refresh tokens; a new one if it has ended."""
    kept = session.get(SignInRow, caller.session_id, with_for_update=True, populate_existing=True)
    if kept is None or kept.ended_at is not None or kept.person_id != caller.person_id:
        kept = SignInRow(person_id=caller.person_id, started_at=now)
        session.add(kept)
        session.flush()
    family = col(RefreshTokenRow.sign_in_id) == kept.id
    session.execute(delete(RefreshTokenRow).where(family))
    return kept.id
