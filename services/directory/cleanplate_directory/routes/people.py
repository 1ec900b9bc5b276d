"""People over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from cleanplate_directory.actions import password_changes, people, sign_ins
from cleanplate_directory.actions.password_changes import NoUserName
from cleanplate_directory.actions.passwords import SignInBusy
from cleanplate_directory.actions.people import (
    CardTaken,
    CursorUnreadable,
    NoOrganization,
    NumberTaken,
    UserNameTaken,
)
from cleanplate_directory.actions.scope import RoleNotYours
from cleanplate_directory.routes.wired import PasswordsDep, RevocationsDep
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.directory import CardSet, Person, PersonCreate, PersonCreated
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import NotFound, refusals
from cleanplate_shared.idempotency import OnceDep
from cleanplate_shared.identity import ManagementDep

router = APIRouter(prefix="/people", tags=["people"])

Search = Annotated[str, Query(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]
Cursor = Annotated[str | None, Query(max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("", responses=refusals(CursorUnreadable))
def list_people(
    caller: ManagementDep, db: DatabaseDep, q: Search = "", cursor: Cursor = None, limit: Limit = 50
) -> Page[Person]:
    """Return the people whom the caller manages, by number."""
    with db.reading() as session:
        return people.list_people(session, caller, q.strip(), cursor, limit)


@router.post(
    "",
    status_code=201,
    responses=refusals(
        NotFound,
        RoleNotYours,
        NumberTaken,
        UserNameTaken,
        CardTaken,
        NoOrganization,
        SignInBusy,
    ),
)
def add_person(
    wanted: PersonCreate,
    caller: ManagementDep,
    db: DatabaseDep,
    once: OnceDep,
    passwords: PasswordsDep,
) -> PersonCreated:
    """Add a person; with a user name they get a one-time password, shown only now."""
    first = passwords.one_time() if wanted.user_name else None
    with db.transaction() as session:
        return once(
            session,
            caller,
            PersonCreated,
            lambda: people.add_person(session, caller, wanted, first),
        )


@router.put("/{person_id}/card", responses=refusals(NotFound, RoleNotYours, CardTaken))
def set_card(person_id: UUID, wanted: CardSet, caller: ManagementDep, db: DatabaseDep) -> Person:
    """Give a person a staff card, replace a lost one, or take it away; the old one is void."""
    with db.transaction() as session:
        return people.set_card(session, caller, person_id, wanted)


@router.post(
    "/{person_id}/one-time-password",
    responses=refusals(NotFound, RoleNotYours, NoUserName, SignInBusy),
)
def give_one_time_password(
    person_id: UUID,
    caller: ManagementDep,
    db: DatabaseDep,
    passwords: PasswordsDep,
    revocations: RevocationsDep,
    now: NowDep,
) -> PersonCreated:
    """Give a person a new password for once; their sign-ins end."""
    first = passwords.one_time()
    with db.transaction() as session:
        given = password_changes.give_one_time_password(session, caller, person_id, first, now)
    revocations.forget()
    return given


@router.post(
    "/{person_id}/sign-ins:end", status_code=204, responses=refusals(NotFound, RoleNotYours)
)
def end_sign_ins(
    person_id: UUID,
    caller: ManagementDep,
    db: DatabaseDep,
    revocations: RevocationsDep,
    now: NowDep,
) -> None:
    """End a person's sign-ins on every device, at once."""
    with db.transaction() as session:
        sign_ins.end_all_of(session, caller, person_id, now)
    revocations.forget()
