"""What check-ins are judged by, read by a few statements for all of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import false, or_
from sqlmodel import Session, col, select

from cleanplate_menu.actions.registering.whose import OWN_SEAT
from cleanplate_menu.models import (
    SESSIONS,
    CheckInRow,
    KnownPersonRow,
    MealSessionRow,
    RegistrationRow,
)
from cleanplate_shared.contracts.menu import CheckInItem
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus
from cleanplate_shared.identity import Identity, canteens_of
from cleanplate_shared.roles import KITCHEN
from cleanplate_shared.tables import KnownCanteenRow

Wanted = tuple[Identity, CheckInItem]
REGISTERED = RegistrationStatus.REGISTERED.value


@dataclass
class Known:
    """What a batch is judged by; grows with each accepted item.

    Attributes:
        meals: locked until the commit, with their canteens; nobody else checks in there.
        by_code: registrations of any meal by their codes.
        by_person: own seats that stand, by meal and person.
        people: those named by id, number or card.
        by_number: the same, by number; a number may be used at two canteens.
        by_card: the same, by card.
        hashes: content of the ids that came before.
        served: registrations that were used.
        eaten: meals and persons that were checked in.
    """

    meals: dict[UUID, tuple[MealSessionRow, KnownCanteenRow]]
    by_code: dict[str, list[tuple[RegistrationRow, MealSessionRow]]]
    by_person: dict[tuple[UUID, UUID], RegistrationRow]
    people: dict[UUID, KnownPersonRow]
    by_number: dict[str, list[KnownPersonRow]]
    by_card: dict[str, list[KnownPersonRow]]
    hashes: dict[UUID, str]
    served: set[UUID] = field(default_factory=set)
    eaten: set[tuple[UUID, UUID]] = field(default_factory=set)


def look_up(session: Session, wanted: Sequence[Wanted]) -> Known:
    """Lock the meals and read all that these items name."""
    items = [item for _, item in wanted]
    meals = _lock_meals(session, wanted)
    people = _people(session, items)
    persons = {*people, *(item.person_id for item in items if item.person_id)}
    known = Known(
        meals=meals,
        by_code=_by_code(session, {item.pickup_code for item in items if item.pickup_code}),
        by_person=_own_seats(session, meals, persons),
        people=people,
        by_number={},
        by_card={},
        hashes=_hashes(session, items),
    )
    for person in people.values():
        known.by_number.setdefault(person.number, []).append(person)
        if person.card:
            known.by_card.setdefault(person.card, []).append(person)
    _look_up_served(session, known, persons)
    return known


def _lock_meals(
    session: Session, wanted: Sequence[Wanted]
) -> dict[UUID, tuple[MealSessionRow, KnownCanteenRow]]:
    callers = {(caller.session_id, caller.issued_at): caller for caller, _ in wanted}.values()
    theirs = or_(false(), *(canteens_of(caller, KITCHEN) for caller in callers))
    found = (
        select(MealSessionRow, KnownCanteenRow)
        .join(KnownCanteenRow, col(KnownCanteenRow.id) == MealSessionRow.canteen_id)
        .where(col(MealSessionRow.id).in_({item.meal_session_id for _, item in wanted}), theirs)
        .order_by(col(MealSessionRow.id))
        .with_for_update(of=SESSIONS)
    )
    return {meal.id: (meal, canteen) for meal, canteen in session.exec(found)}


def _people(session: Session, items: Iterable[CheckInItem]) -> dict[UUID, KnownPersonRow]:
    ids = {item.person_id for item in items if item.person_id}
    numbers = {item.number for item in items if item.number}
    if not ids and not numbers:
        return {}
    named = or_(
        col(KnownPersonRow.id).in_(ids),
        col(KnownPersonRow.number).in_(numbers),
        col(KnownPersonRow.card).in_(numbers),
    )
    return {row.id: row for row in session.exec(select(KnownPersonRow).where(named))}


def _by_code(
    session: Session, codes: Collection[str]
) -> dict[str, list[tuple[RegistrationRow, MealSessionRow]]]:
    found: dict[str, list[tuple[RegistrationRow, MealSessionRow]]] = {}
    if not codes:
        return found
    coded = select(RegistrationRow, MealSessionRow).join(MealSessionRow)
    for registration, meal in session.exec(
        coded.where(col(RegistrationRow.pickup_code).in_(codes))
    ):
        found.setdefault(registration.pickup_code, []).append((registration, meal))
    return found


def _own_seats(
    session: Session, meals: Collection[UUID], persons: Collection[UUID]
) -> dict[tuple[UUID, UUID], RegistrationRow]:
    if not persons:
        return {}
    mine = select(RegistrationRow).where(
        col(RegistrationRow.meal_session_id).in_(meals),
        col(RegistrationRow.person_id).in_(persons),
        OWN_SEAT,
    )
    return {(row.meal_session_id, row.person_id): row for row in session.exec(mine)}


def _hashes(session: Session, items: Sequence[CheckInItem]) -> dict[UUID, str]:
    sent = select(CheckInRow).where(col(CheckInRow.id).in_([item.id for item in items]))
    return {row.id: row.content_hash for row in session.exec(sent)}


def _look_up_served(session: Session, known: Known, named: Collection[UUID]) -> None:
    coded = [registration for found in known.by_code.values() for registration, _ in found]
    registrations = {row.id for row in (*coded, *known.by_person.values())}
    persons = {*named, *(row.person_id for row in coded)}
    if not registrations and not persons:
        return
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
