"""Judging one check-in by what is known; no database."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cleanplate_menu.actions.door.known import REGISTERED, Known, Wanted
from cleanplate_menu.actions.door.refusals import (
    AmbiguousNumber,
    CodeOrPerson,
    IdentitiesForgotten,
    OtherCanteen,
    OtherMeal,
    RegistrationCancelled,
    UnknownCode,
)
from cleanplate_menu.actions.people import may_eat
from cleanplate_menu.actions.registering.refusals import AlreadyServed
from cleanplate_menu.models import CheckInRow, KnownPersonRow, MealSessionRow, RegistrationRow
from cleanplate_shared.contracts.menu import CheckInItem
from cleanplate_shared.contracts.menu_registrations import RegistrationKind
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.idempotency import IdempotencyKeyReused
from cleanplate_shared.roles import KITCHEN

_MEALS: dict[str, Message] = {
    "breakfast": msg("breakfast"),
    "lunch": msg("lunch"),
    "dinner": msg("dinner"),
}


def judge(wanted: Wanted, known: Known, at: datetime) -> CheckInRow | None:
    """Return the row of a new check-in, or None for one that is there already.

    Raises:
        ServiceError: why it is refused; nothing is known of it then.
    """
    caller, item = wanted
    meal, canteen = known.meals.get(item.meal_session_id, (None, None))
    if meal is None or canteen is None or not caller.holds(KITCHEN, canteen):
        raise NotFound(msg("There is no such meal."))
    content = _content_hash(item)
    if known.hashes.get(item.id, content) != content:
        raise IdempotencyKeyReused(msg("This id came before with another content."))
    if item.id in known.hashes:
        return None
    if meal.is_forgotten:
        raise IdentitiesForgotten(msg("Set the meal's attendance count instead."))
    registration, person_id = _who(item, meal, known)
    _use(known, meal, registration, person_id)
    known.hashes[item.id] = content
    return CheckInRow(
        id=item.id,
        meal_session_id=meal.id,
        registration_id=registration.id if registration else None,
        person_id=person_id,
        headcount=registration.headcount if registration else 1,
        at=item.at,
        received_at=at,
        content_hash=content,
    )


def _use(
    known: Known,
    meal: MealSessionRow,
    registration: RegistrationRow | None,
    person_id: UUID | None,
) -> None:
    """Note that this registration and this person ate; refuse the second time."""
    place = (meal.id, person_id) if person_id else None
    if (registration and registration.id in known.served) or place in known.eaten:
        raise AlreadyServed(msg("This diner has been checked in for this meal."))
    if registration:
        known.served.add(registration.id)
    if place:
        known.eaten.add(place)


def _who(
    item: CheckInItem, meal: MealSessionRow, known: Known
) -> tuple[RegistrationRow | None, UUID | None]:
    """Return the registration and the person behind an item; both None for an uncounted walk-in.

    A group has a code and nobody's name: its host may have a seat of their own.
    """
    if sum(map(bool, (item.pickup_code, item.person_id, item.number))) > 1:
        raise CodeOrPerson
    if item.pickup_code:
        registration = _by_code(item.pickup_code, meal, known)
        is_person = registration.kind == RegistrationKind.PERSON.value
        return registration, registration.person_id if is_person else None
    if item.number:
        person_id = _by_number(item.number, meal, known)
        return known.by_person.get((meal.id, person_id)), person_id
    if item.person_id is None:
        return None, None
    registered = known.by_person.get((meal.id, item.person_id))
    if registered is None and not _may_eat(known.people.get(item.person_id), meal):
        raise NotFound(msg("Nobody with this id eats at this canteen."))
    return registered, item.person_id


def _may_eat(person: KnownPersonRow | None, meal: MealSessionRow) -> bool:
    return person is not None and may_eat(person, meal.canteen_id)


def _by_number(number: str, meal: MealSessionRow, known: Known) -> UUID:
    """Return whose staff number or card this is: one of those registered, or one who eats here."""
    held = _here(known.by_card.get(number, []), meal, known)
    if any((meal.id, person_id) in known.by_person for person_id in held):
        eating = held
    else:
        eating = held | _here(known.by_number.get(number, []), meal, known)
    if not eating:
        raise NotFound(msg("Nobody with this number eats at this canteen."))
    if len(eating) > 1:
        raise AmbiguousNumber(msg("Use the pick-up code instead."))
    return eating.pop()


def _here(people: Sequence[KnownPersonRow], meal: MealSessionRow, known: Known) -> set[UUID]:
    registered = {person.id for person in people if (meal.id, person.id) in known.by_person}
    return registered or {person.id for person in people if _may_eat(person, meal)}


def _by_code(code: str, meal: MealSessionRow, known: Known) -> RegistrationRow:
    found = known.by_code.get(code, [])
    for registration, of in found:
        if of.id == meal.id:
            if registration.status != REGISTERED:
                raise RegistrationCancelled(msg("Check the diner in without the code."))
            return registration
    if not found:
        raise UnknownCode(msg("Type the code again, or check the diner in without it."))
    for _, of in found:
        if of.canteen_id == meal.canteen_id:
            raise OtherMeal(msg("It is for {meal} on {day}.", meal=_MEALS[of.meal], day=of.day))
    raise OtherCanteen(msg("The diner is registered at another canteen."))


def _content_hash(item: CheckInItem) -> str:
    """Return a hash of what was said; a field of a later version changes nothing unless said."""
    unsaid = {"number"} if item.number is None else set()
    return hashlib.sha256(item.model_dump_json(exclude=unsaid).encode()).hexdigest()
