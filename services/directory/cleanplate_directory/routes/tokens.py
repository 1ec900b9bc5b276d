"""Signing in and out, and the public keys that tokens are checked with."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool

from cleanplate_directory.actions import sign_ins, signing, throttle
from cleanplate_directory.actions.passwords import SignInBusy
from cleanplate_directory.actions.sign_ins import Attempt, RefreshRefused, WrongCredentials
from cleanplate_directory.actions.signing import PublicKeys
from cleanplate_directory.actions.throttle import TooManyGuesses
from cleanplate_directory.routes.wired import PasswordsDep, RevocationsDep
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.directory import RefreshRequest, TokenAnswer
from cleanplate_shared.db import Database, DatabaseDep
from cleanplate_shared.errors import refusals
from cleanplate_shared.limits import PublicDep

router = APIRouter(tags=["sign-in"])

UserNameField = Annotated[str, Form(min_length=1, max_length=200)]
PasswordField = Annotated[
    str, Form(min_length=1, max_length=1000, json_schema_extra={"format": "password"})
]


@router.post("/token", responses=refusals(WrongCredentials, TooManyGuesses, SignInBusy))
async def sign_in(
    request: Request,
    _: PublicDep,
    username: UserNameField,
    password: PasswordField,
    db: DatabaseDep,
    passwords: PasswordsDep,
    now: NowDep,
) -> TokenAnswer:
    """Sign in with user name and password (OAuth 2 password form)."""
    address = request.client.host if request.client else "unknown"
    attempt = await run_in_threadpool(_begin, db, username, address, now)
    try:
        right = await asyncio.wrap_future(passwords.check(attempt.stored, password))
    except SignInBusy:
        await run_in_threadpool(_give_back, db, attempt)
        raise
    if not right:
        raise WrongCredentials
    return await run_in_threadpool(_complete, db, attempt, now)


@router.post("/token/refresh", responses=refusals(RefreshRefused))
def refresh_token(
    _: PublicDep,
    wanted: RefreshRequest,
    db: DatabaseDep,
    revocations: RevocationsDep,
    now: NowDep,
) -> TokenAnswer:
    """Exchange a refresh token for a new pair; one that comes twice ends the sign-in."""
    with db.transaction() as session:
        sign_ins.end_if_reused(session, wanted.refresh_token, now)
    revocations.forget()
    with db.transaction() as session:
        return sign_ins.refresh(session, wanted.refresh_token, now)


@router.post("/token/revoke", status_code=204)
def revoke_token(
    _: PublicDep,
    wanted: RefreshRequest,
    db: DatabaseDep,
    revocations: RevocationsDep,
    now: NowDep,
) -> None:
    """Sign out: end the sign-in that a refresh token belongs to, with its access token."""
    with db.transaction() as session:
        sign_ins.revoke_refresh(session, wanted.refresh_token, now)
    revocations.forget()


@router.get("/jwks.json")
def list_keys(_: PublicDep, db: DatabaseDep, now: NowDep) -> PublicKeys:
    """Return the public keys of access tokens (JWKS)."""
    with db.reading() as session:
        return signing.public_keys(session, now)


def _begin(db: Database, user_name: str, address: str, now: datetime) -> Attempt:
    with db.transaction() as session:
        return sign_ins.begin(session, user_name, address, now)


def _complete(db: Database, attempt: Attempt, now: datetime) -> TokenAnswer:
    with db.transaction() as session:
        return sign_ins.complete(session, attempt, now)


def _give_back(db: Database, attempt: Attempt) -> None:
    with db.transaction() as session:
        throttle.give_back(session, attempt.slot)
