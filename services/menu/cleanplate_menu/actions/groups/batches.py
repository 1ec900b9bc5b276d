"""Registrations in batches: each item has its own outcome, all of them one transaction."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.groups.resolving import resolve
from cleanplate_menu.actions.imports.places import chunks
from cleanplate_menu.actions.registering.meals import lock_meals, write_seats
from cleanplate_menu.actions.registering.seats import SeatRequest
from cleanplate_menu.actions.registering.taking import take
from cleanplate_menu.models import RegistrationRow
from cleanplate_shared.batch import done, refused
from cleanplate_shared.contracts.common import ItemResult
from cleanplate_shared.contracts.menu_groups import RegistrationItem
from cleanplate_shared.contracts.menu_registrations import RegistrationKind
from cleanplate_shared.errors import ServiceError
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.idempotency import IdempotencyKeyReused
from cleanplate_shared.identity import Identity

Verdict = bool | ServiceError  # whether the registration was there before, or why there is none


def register_items(
    session: Session, caller: Identity, items: Sequence[RegistrationItem], locale: Locale
) -> list[ItemResult]:
    """Register people; each item has its own outcome, in their order."""
    verdicts = register_many(session, caller, items)
    return [
        refused(item.id, verdict, locale)
        if isinstance(verdict, ServiceError)
        else done(item.id, again=verdict)
        for item, verdict in zip(items, verdicts, strict=True)
    ]


def register_many(
    session: Session, caller: Identity, items: Sequence[RegistrationItem]
) -> list[Verdict]:
    """Register people, each item by itself; an item that came before changes nothing.

    Refused: MealOrPlace, PersonOrNumber, NotFound (no such meal for the caller), UnknownDiner,
    IdempotencyKeyReused (the id came with another content), and what `seats.take_seats` refuses.
    """
    wanted = resolve(session, caller, items)
    requests: dict[UUID, SeatRequest] = {}  # of those that share an id, the first
    for item, one in zip(items, wanted, strict=True):
        if isinstance(one, SeatRequest):
            requests.setdefault(item.id, one)
    return _judge(items, wanted, requests, _take(session, requests))


def _take(session: Session, requests: Mapping[UUID, SeatRequest]) -> dict[UUID, Verdict]:
    """Take the seats of those requests whose id is new; ids are looked up behind the lock."""
    meals = lock_meals(session, {one.meal_session_id for one in requests.values()})
    there = _stored(session, requests)
    verdicts: dict[UUID, Verdict] = {
        key: True if _is_same(row, requests[key]) else _reused() for key, row in there.items()
    }
    new = {key: one for key, one in requests.items() if key not in there}
    outcomes = take(session, meals, list(new.values()))
    write_seats(session, meals)
    for key, outcome in zip(new, outcomes, strict=True):
        verdicts[key] = outcome if isinstance(outcome, ServiceError) else False
    return verdicts


def _judge(
    items: Sequence[RegistrationItem],
    wanted: Sequence[SeatRequest | ServiceError],
    requests: Mapping[UUID, SeatRequest],
    verdicts: Mapping[UUID, Verdict],
) -> list[Verdict]:
    """Return the verdict of each item; an id that comes again in the batch is a repeat."""
    judged: list[Verdict] = []
    seen: set[UUID] = set()
    for item, one in zip(items, wanted, strict=True):
        if isinstance(one, ServiceError):
            judged.append(one)
        elif one != requests[item.id]:
            judged.append(_reused())
        else:
            verdict = verdicts[item.id]
            is_refused = isinstance(verdict, ServiceError)
            judged.append(verdict if is_refused or item.id not in seen else True)
            seen.add(item.id)
    return judged


def _stored(session: Session, ids: Collection[UUID]) -> dict[UUID, RegistrationRow]:
    rows: dict[UUID, RegistrationRow] = {}
    for some in chunks(ids):
        found = select(RegistrationRow).where(col(RegistrationRow.id).in_(some))
        rows |= {row.id: row for row in session.exec(found)}
    return rows


def _is_same(row: RegistrationRow, wanted: SeatRequest) -> bool:
    """Say whether a stored registration is what is wanted again; a choice left out is any."""
    there = (row.meal_session_id, row.person_id, row.kind, row.portion, row.rice)
    asked = (
        wanted.meal_session_id,
        wanted.person_id,
        RegistrationKind.PERSON.value,
        wanted.portion.value,
        wanted.rice.value,
    )
    return there == asked and wanted.choice in {None, row.choice}


def _reused() -> IdempotencyKeyReused:
    return IdempotencyKeyReused(msg("This id came before with another content."))
