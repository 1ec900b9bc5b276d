"""The signed-in person and their password."""

import asyncio

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from cleanplate_directory.actions import password_changes, places, throttle
from cleanplate_directory.actions.password_changes import Change, NoPassword, PasswordTooEasy
from cleanplate_directory.actions.passwords import SignInBusy
from cleanplate_directory.actions.sign_ins import WrongCredentials
from cleanplate_directory.actions.throttle import TooManyGuesses
from cleanplate_directory.routes.wired import PasswordsDep, RevocationsDep
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.directory import Me, PasswordChange, TokenAnswer
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import refusals
from cleanplate_shared.identity import AnyoneDep

router = APIRouter(prefix="/me", tags=["me"])


@router.get("")
def read_me(caller: AnyoneDep, db: DatabaseDep) -> Me:
    """Return who is signed in, and the canteens that their roles reach."""
    with db.reading() as session:
        canteens = places.list_canteens(session, caller)
    return Me(
        id=caller.person_id,
        name=caller.name,
        roles=sorted(caller.roles),
        canteen_ids=[canteen.id for canteen in canteens],
        unit_id=caller.unit_id,
        must_change_password=caller.must_change_password,
    )


@router.post(
    "/password",
    responses=refusals(WrongCredentials, NoPassword, PasswordTooEasy, TooManyGuesses, SignInBusy),
)
async def change_password(
    caller: AnyoneDep,
    wanted: PasswordChange,
    db: DatabaseDep,
    passwords: PasswordsDep,
    revocations: RevocationsDep,
    now: NowDep,
) -> TokenAnswer:
    """Change one's own password; every other sign-in ends, this one goes on."""
    old, new = wanted.old_password.get_secret_value(), wanted.new_password.get_secret_value()

    def begin() -> Change:
        with db.transaction() as session:
            return password_changes.begin_change(session, caller, now, new, old)

    def give_back(change: Change) -> None:
        with db.transaction() as session:
            throttle.give_back(session, change.slot)

    def complete(change: Change, stored: str) -> TokenAnswer:
        with db.transaction() as session:
            return password_changes.complete_change(session, caller, change, stored, now)

    change = await run_in_threadpool(begin)
    try:
        right = await asyncio.wrap_future(passwords.check(change.stored, old))
    except SignInBusy:
        await run_in_threadpool(give_back, change)
        raise
    if not right:
        raise WrongCredentials
    stored = await asyncio.wrap_future(passwords.hash(new))
    answer = await run_in_threadpool(complete, change, stored)
    revocations.forget()
    return answer
