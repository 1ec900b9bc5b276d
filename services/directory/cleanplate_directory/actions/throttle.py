"""Guessing is slow: a few failed checks per minute and account, and per address.

A slot is taken before the password is looked at and given back when it was right, so that a
thousand guesses at once are still ten checks. Slots are in the database: all processes share them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from cleanplate_directory.models import SignInWindowRow
from cleanplate_shared.errors import TooMany
from cleanplate_shared.i18n import msg

PER_ACCOUNT = 10
PER_ADDRESS = 100  # a whole office may share one
_SECONDS = 60.0


class TooManyGuesses(TooMany, title=msg("Too many failed sign-ins")):
    """Too many wrong passwords in the last minute; who is signed in already is not affected."""


@dataclass(frozen=True)
class Slot:
    """A check that is allowed; it counts as failed until it is given back."""

    keys: tuple[str, ...]
    at: float


def take_slot(session: Session, user_name: str, address: str | None, now: datetime) -> Slot:
    """Allow one check of an account's password, and count it.

    Raises:
        TooManyGuesses: the account or the address has had its failed checks for this minute.
    """
    account = hashlib.sha256(user_name.casefold().encode("utf-8", "replace")).hexdigest()
    limits = {f"account:{account}": PER_ACCOUNT}
    if address is not None:
        limits[f"address:{address}"] = PER_ADDRESS
    at = now.timestamp()
    rows = _locked(session, tuple(limits))
    for row in rows:
        row.recent = [taken for taken in row.recent if taken > at - _SECONDS]
        if len(row.recent) >= limits[row.key]:
            wait = max(1, ceil(row.recent[0] + _SECONDS - at))
            raise TooManyGuesses(
                msg("Please try again in {seconds} {seconds:second|seconds}.", seconds=wait),
                retry_after=wait,
            )
    for row in rows:
        row.recent = [*row.recent, at]
        row.last_at = at
    return Slot(tuple(limits), at)


def give_back(session: Session, slot: Slot) -> None:
    """Forget a check that did not fail."""
    for row in _locked(session, slot.keys):
        kept = list(row.recent)
        if slot.at in kept:
            kept.remove(slot.at)
        row.recent = kept


def purge(session: Session, now: datetime) -> None:
    """Forget windows that no longer matter."""
    old = col(SignInWindowRow.last_at) < now.timestamp() - _SECONDS
    session.execute(delete(SignInWindowRow).where(old))


def _locked(session: Session, keys: tuple[str, ...]) -> Sequence[SignInWindowRow]:
    """Return the windows of `keys`, made if new, locked until the transaction ends."""
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    new = [{"key": key, "recent": [], "last_at": 0.0} for key in sorted(keys)]
    session.execute(insert(SignInWindowRow).on_conflict_do_nothing(), new)
    wanted = select(SignInWindowRow).where(col(SignInWindowRow.key).in_(keys))
    found = wanted.order_by(SignInWindowRow.key).with_for_update()
    return session.exec(found.execution_options(populate_existing=True)).all()
