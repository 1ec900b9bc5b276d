"""Check-ins: who came to eat, in batches from devices that may have been offline."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import insert, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cleanplate_menu.actions.people import find_people, may_eat
from cleanplate_menu.actions.registrations import AlreadyServed
from cleanplate_menu.models import (
    CHECK_INS,
    SESSIONS,
    CheckInRow,
    KnownPersonRow,
    MealSessionRow,
    RegistrationRow,
)
from cleanplate_shared.batch import done, refused
from cleanplate_shared.contracts.common import ItemResult
from cleanplate_shared.contracts.menu import CheckInItem
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus
from cleanplate_shared.errors import Conflict, NotFound, ServiceError, Unprocessable
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.idempotency import IdempotencyKeyReused
from cleanplate_shared.identity import Identity, canteens_of
from cleanplate_shared.roles import KITCHEN
from cleanplate_shared.tables import KnownCanteenRow

_REGISTERED = RegistrationStatus.REGISTERED.value
_MEALS = {"breakfast": msg("breakfast"), "lunch": msg("lunch"), "dinner": msg("dinner")}


class UnknownCode(NotFound, title=msg("Nobody has this pickup code")):
    """No registration has this code."""


class OtherMeal(Conflict, title=msg("This code is for another meal")):
    """The code belongs to another meal of this canteen."""


class OtherCanteen(Conflict, title=msg("This code is for another canteen")):
    """The code belongs to a meal of another canteen."""


class RegistrationCancelled(Conflict, title=msg("This registration was cancelled")):
    """The code belongs to a registration that was cancelled."""


class IdentitiesForgotten(Conflict, title=msg("This meal is too long ago")):
    """The meal's check-ins were turned into totals."""


class CodeOrPerson(Unprocessable, title=msg("Send a code or a person, not both")):
    """An item names a diner twice."""


@dataclass
class _Known:
    """What a batch is judged by; grows with each accepted item."""

    meals: dict[UUID, MealSessionRow]
    by_code: dict[str, list[tuple[RegistrationRow, MealSessionRow]]]
    by_person: dict[tuple[UUID, UUID], RegistrationRow]
    people: dict[UUID, KnownPersonRow]
    hashes: dict[UUID, str]
    served: set[UUID] = field(default_factory=set)
    eaten: set[tuple[UUID, UUID]] = field(default_factory=set)


def check_in(
    session: Session, caller: Identity, items: Sequence[CheckInItem], locale: Locale
) -> list[ItemResult]:
    """Record who came; each item has its own outcome.

    Raises:
        Conflict: another device sent one of these ids at this very moment.
    """
    known = _look_up(session, caller, items)
    results: list[ItemResult] = []
    rows: list[CheckInRow] = []
    for item in items:
        try:
            row = _decide(item, known)
        except ServiceError as error:
            results.append(refused(item.id, error, locale))
        else:
            results.append(done(item.id, again=row is None))
            rows += [row] if row else []
    if rows:
        _write(session, rows)
    return results


def _look_up(session: Session, caller: Identity, items: Sequence[CheckInItem]) -> _Known:
    meals = _lock_meals(session, caller, {item.meal_session_id for item in items})
    codes = {item.pickup_code for item in items if item.pickup_code}
    people = {item.person_id for item in items if item.person_id}
    by_code: dict[str, list[tuple[RegistrationRow, MealSessionRow]]] = {}
    coded = select(RegistrationRow, MealSessionRow).join(MealSessionRow)
    for registration, meal in session.exec(
        coded.where(col(RegistrationRow.pickup_code).in_(codes))
    ):
        by_code.setdefault(registration.pickup_code, []).append((registration, meal))
    mine = select(RegistrationRow).where(
        col(RegistrationRow.meal_session_id).in_(meals),
        col(RegistrationRow.person_id).in_(people),
        RegistrationRow.status == _REGISTERED,
    )
    registered = {(r.meal_session_id, r.person_id): r for r in session.exec(mine)}
    sent = select(CheckInRow).where(col(CheckInRow.id).in_([item.id for item in items]))
    hashes = {row.id: row.content_hash for row in session.exec(sent)}
    known = _Known(meals, by_code, registered, find_people(session, people), hashes)
    _look_up_served(session, known, people)
    return known


def _lock_meals(
    session: Session, caller: Identity, wanted: set[UUID]
) -> dict[UUID, MealSessionRow]:
    """Return the caller's meals among those wanted; nobody else checks in there until we end."""
    found = (
        select(MealSessionRow)
        .join(KnownCanteenRow, col(KnownCanteenRow.id) == MealSessionRow.canteen_id)
        .where(col(MealSessionRow.id).in_(wanted), canteens_of(caller, KITCHEN))
        .order_by(col(MealSessionRow.id))
        .with_for_update(of=SESSIONS)
    )
    return {row.id: row for row in session.exec(found)}


def _look_up_served(session: Session, known: _Known, people: set[UUID]) -> None:
    registrations = [r.id for found in known.by_code.values() for r, _ in found]
    registrations += [row.id for row in known.by_person.values()]
    persons = people | {r.person_id for found in known.by_code.values() for r, _ in found}
    earlier = select(CheckInRow).where(
        col(CheckInRow.meal_session_id).in_(known.meals),
        or_(
            col(CheckInRow.registration_id).in_(registrations),
            col(CheckInRow.person_id).in_(persons),
        ),
    )
    for row in session.exec(earlier):
        if row.registration_id:
            known.served.add(row.registration_id)
        if row.person_id:
            known.eaten.add((row.meal_session_id, row.person_id))


def _decide(item: CheckInItem, known: _Known) -> CheckInRow | None:
    """Return the row of a new check-in, or None for one that is there already."""
    meal = known.meals.get(item.meal_session_id)
    if meal is None:
        raise NotFound(msg("There is no such meal."))
    content = _content_hash(item)
    if known.hashes.get(item.id, content) != content:
        raise IdempotencyKeyReused(msg("This id came before with another content."))
    if item.id in known.hashes:
        return None
    if meal.is_forgotten:
        raise IdentitiesForgotten(msg("Set the meal's attendance count instead."))
    registration, person_id = _who(item, meal, known)
    place = (meal.id, person_id) if person_id else None
    if (registration and registration.id in known.served) or place in known.eaten:
        raise AlreadyServed(msg("This diner has been checked in for this meal."))
    known.hashes[item.id] = content
    if registration:
        known.served.add(registration.id)
    if place:
        known.eaten.add(place)
    return CheckInRow(
        id=item.id,
        meal_session_id=meal.id,
        registration_id=registration.id if registration else None,
        person_id=person_id,
        at=item.at,
        content_hash=content,
    )


def _who(
    item: CheckInItem, meal: MealSessionRow, known: _Known
) -> tuple[RegistrationRow | None, UUID | None]:
    """Return the registration and the person behind an item; both None for an uncounted walk-in."""
    if item.pickup_code and item.person_id:
        raise CodeOrPerson
    if item.pickup_code:
        registration = _by_code(item.pickup_code, meal, known)
        return registration, registration.person_id
    if item.person_id is None:
        return None, None
    registered = known.by_person.get((meal.id, item.person_id))
    person = known.people.get(item.person_id)
    if registered is None and (person is None or not may_eat(person, meal.canteen_id)):
        raise NotFound(msg("Nobody with this id eats at this canteen."))
    return registered, item.person_id


def _by_code(code: str, meal: MealSessionRow, known: _Known) -> RegistrationRow:
    found = known.by_code.get(code, [])
    for registration, of in found:
        if of.id == meal.id:
            if registration.status != _REGISTERED:
                raise RegistrationCancelled(msg("Check the diner in without the code."))
            return registration
    if not found:
        raise UnknownCode(msg("Type the code again, or check the diner in without it."))
    for _, of in found:
        if of.canteen_id == meal.canteen_id:
            raise OtherMeal(msg("It is for {meal} on {day}.", meal=_MEALS[of.meal], day=of.day))
    raise OtherCanteen(msg("The diner is registered at another canteen."))


def _content_hash(item: CheckInItem) -> str:
    return hashlib.sha256(item.model_dump_json().encode()).hexdigest()


def _write(session: Session, rows: Sequence[CheckInRow]) -> None:
    try:
        session.connection().execute(insert(CHECK_INS), [row.model_dump() for row in rows])
    except IntegrityError as error:
        raise Conflict(msg("Somebody sent the same check-ins just now; please repeat.")) from error
    touched = {row.meal_session_id for row in rows}
    session.connection().execute(
        update(SESSIONS).where(SESSIONS.c.id.in_(touched)).values(version=SESSIONS.c.version + 1)
    )
