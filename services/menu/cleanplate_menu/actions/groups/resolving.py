"""What an item of a batch means: which meal, whom, and whether the caller may."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.groups.authority import Authority, find_canteens
from cleanplate_menu.actions.imports.places import chunks
from cleanplate_menu.actions.people import find_people
from cleanplate_menu.actions.registering.seats import SeatRequest
from cleanplate_menu.models import KnownPersonRow, MealSessionRow
from cleanplate_shared.contracts.menu_groups import RegistrationItem
from cleanplate_shared.contracts.menu_registrations import RegistrationSource
from cleanplate_shared.errors import NotFound, ServiceError, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity

Place = tuple[UUID, date, str]  # canteen, day, meal


class MealOrPlace(Unprocessable, title=msg("Name the meal once")):
    """An item names its meal twice, or not at all."""


class PersonOrNumber(Unprocessable, title=msg("Send a person or a number, not both")):
    """An item names a person twice."""


class UnknownDiner(NotFound, title=msg("Nobody whom you may register")):
    """Nobody with this number or id eats there, or the caller may not register them."""


@dataclass(frozen=True)
class _Known:
    """What items are resolved by."""

    authority: Authority
    meals: Mapping[UUID, MealSessionRow]
    at: Mapping[Place, MealSessionRow]
    people: Mapping[UUID, KnownPersonRow]
    numbers: Mapping[str, Sequence[KnownPersonRow]]


def resolve(
    session: Session, caller: Identity, items: Sequence[RegistrationItem]
) -> list[SeatRequest | ServiceError]:
    """Return the seat that each item asks for, or why the caller cannot ask for it.

    Refused: MealOrPlace, PersonOrNumber, NotFound (no such meal for the caller), UnknownDiner.
    """
    known = _look_up(session, caller, items)
    wanted: list[SeatRequest | ServiceError] = []
    for item in items:
        try:
            wanted.append(_request(item, caller, known))
        except ServiceError as refusal:
            wanted.append(refusal)
    return wanted


def _look_up(session: Session, caller: Identity, items: Sequence[RegistrationItem]) -> _Known:
    meals = _meals(session, {item.meal_session_id for item in items if item.meal_session_id})
    at = _meals_at(session, items)
    canteen_ids = {row.canteen_id for row in (*meals.values(), *at.values())}
    return _Known(
        authority=Authority(session, caller, find_canteens(session, canteen_ids)),
        meals=meals,
        at=at,
        people=find_people(session, {item.person_id for item in items if item.person_id}),
        numbers=_by_number(session, {item.number for item in items if item.number}),
    )


def _meals(session: Session, ids: Collection[UUID]) -> dict[UUID, MealSessionRow]:
    found = select(MealSessionRow).where(col(MealSessionRow.id).in_(ids))
    return {row.id: row for row in session.exec(found)}


def _meals_at(session: Session, items: Sequence[RegistrationItem]) -> dict[Place, MealSessionRow]:
    places = [(item.canteen_id, item.date) for item in items if item.canteen_id and item.date]
    if not places:
        return {}
    found = select(MealSessionRow).where(
        col(MealSessionRow.canteen_id).in_({canteen for canteen, _ in places}),
        col(MealSessionRow.day).in_({day for _, day in places}),
    )
    return {(row.canteen_id, row.day, row.meal): row for row in session.exec(found)}


def _by_number(session: Session, numbers: Collection[str]) -> dict[str, list[KnownPersonRow]]:
    people: dict[str, list[KnownPersonRow]] = {}
    for some in chunks(numbers):
        found = select(KnownPersonRow).where(col(KnownPersonRow.number).in_(some))
        for row in session.exec(found):
            people.setdefault(row.number, []).append(row)
    return people


def _request(item: RegistrationItem, caller: Identity, known: _Known) -> SeatRequest:
    meal = _meal(item, known)
    if meal is None or not known.authority.eats(meal.canteen_id):
        raise NotFound(msg("There is no such meal."))
    person_id = _person(item, caller, meal.canteen_id, known)
    is_own = person_id == caller.person_id
    return SeatRequest(
        meal_session_id=meal.id,
        person_id=person_id,
        portion=item.portion,
        rice=item.rice,
        choice=item.choice,
        source=RegistrationSource.SELF if is_own else RegistrationSource.PROXY,
        made_by=None if is_own else caller.person_id,
        registration_id=item.id,
    )


def _meal(item: RegistrationItem, known: _Known) -> MealSessionRow | None:
    by_place = (item.canteen_id, item.date, item.meal)
    if item.meal_session_id and not any(by_place):
        return known.meals.get(item.meal_session_id)
    if item.meal_session_id is None and item.canteen_id and item.date and item.meal:
        return known.at.get((item.canteen_id, item.date, item.meal.value))
    raise MealOrPlace(msg("Send meal_session_id, or canteen_id with date and meal."))


def _person(item: RegistrationItem, caller: Identity, canteen_id: UUID, known: _Known) -> UUID:
    """Return whom an item registers.

    Who does not exist and who is not the caller's to register are refused alike, so that nobody
    learns from it who works here.
    """
    if item.person_id and item.number:
        raise PersonOrNumber
    if item.number is None and item.person_id in {None, caller.person_id}:
        return caller.person_id
    by_id = known.people.get(item.person_id) if item.person_id else None
    for row in known.numbers.get(item.number, []) if item.number else filter(None, [by_id]):
        if known.authority.covers(row, canteen_id):
            return row.id
    raise UnknownDiner(msg("Nobody whom you may register here has this number."))
