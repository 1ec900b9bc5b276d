"""What the owner of the machine does, who has the database anyway; not reachable over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_directory.actions import places, signing
from cleanplate_directory.actions.passwords import OneTimePassword
from cleanplate_directory.actions.people import find_by_user_name
from cleanplate_directory.models import GrantRow, OrganizationRow, PersonRow
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.roles import Grant, Role

# The local administrator is nobody in the directory; audit trails show this id.
LOCAL_ADMINISTRATOR = UUID("00000000-0000-4000-8000-00000000ad00")


@dataclass(frozen=True)
class OneTimeSignIn:
    """The sign-in of a new installation's administrator."""

    user_name: str
    password: str


def is_empty(session: Session) -> bool:
    """Say whether nobody is in the directory yet."""
    return session.exec(select(PersonRow.id).limit(1)).first() is None


def add_first_admin(
    session: Session, organization: str, user_name: str, first: OneTimePassword
) -> OneTimeSignIn | None:
    """Make the highest organisation and its administrator; None if somebody is there already."""
    if not is_empty(session):
        return None
    roots = select(OrganizationRow).where(col(OrganizationRow.parent_id).is_(None))
    root = session.exec(roots).first() or places.add_root(session, organization)
    person = PersonRow(
        organization_id=root.id,
        number=user_name,
        name=user_name,
        user_name=user_name,
        password_hash=first.stored,
    )
    session.add(person)
    session.flush()
    session.add(GrantRow(person_id=person.id, role=Role.ADMIN, organization_id=root.id))
    return OneTimeSignIn(user_name, first.plain)


def local_admin_token(session: Session, now: datetime) -> str:
    """Return an access token of an administrator of everything."""
    roots = select(OrganizationRow.id).where(col(OrganizationRow.parent_id).is_(None))
    subject = signing.Subject(
        person_id=LOCAL_ADMINISTRATOR,
        sign_in_id=LOCAL_ADMINISTRATOR,
        name="cleanplate",
        unit_id=None,
        must_change_password=False,
        grants=[Grant(role=Role.ADMIN, organization_id=root) for root in session.exec(roots)],
    )
    return signing.sign(session, subject, now)


def set_password(session: Session, user_name: str, stored: str) -> None:
    """Give a person a password that they keep.

    Raises:
        NotFound: nobody signs in by that name.
    """
    person = find_by_user_name(session, user_name)
    if person is None:
        raise NotFound(msg("There is no such person."))
    person.password_hash, person.must_change_password = stored, False
