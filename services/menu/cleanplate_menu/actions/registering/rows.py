"""What is asked for and what is stored: seat requests and registration rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Uuid, bindparam, select
from sqlmodel import Session

from cleanplate_menu import domain
from cleanplate_menu.actions.registering.refusals import SessionFull
from cleanplate_menu.models import REGISTRATIONS
from cleanplate_shared.bulk import BulkInsert, Lookup
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_registrations import (
    Registration,
    RegistrationKind,
    RegistrationSource,
    RegistrationStatus,
    Rice,
)
from cleanplate_shared.errors import ServiceError
from cleanplate_shared.i18n import msg
from cleanplate_shared.ids import new_ids

REGISTERED = RegistrationStatus.REGISTERED.value
_CODES_TRIED = 5
_INSERT = BulkInsert(REGISTRATIONS, REGISTRATIONS.columns.keys())
_PRESENT = select(REGISTRATIONS.c.id).where(
    REGISTRATIONS.c.id.in_(bindparam("ids", expanding=True))
)
# One look into the index of own seats for each place; its condition stands there in its own words.
_PLACE = {"meal": Uuid(), "person": Uuid()}
_STANDING = Lookup(
    """
    SELECT registration.meal_session_id AS meal, registration.person_id AS person
    FROM {given} JOIN registration
        ON registration.person_id = given.person AND registration.meal_session_id = given.meal
        AND registration.status = 'registered' AND registration.kind = 'person'
    """,
    columns=_PLACE,
    returned=_PLACE,
)


@dataclass(frozen=True)
class SeatRequest:
    """A seat that somebody wants; who may want it for whom is the caller's business.

    Attributes:
        headcount: seats; more than one only for guests and official meals.
        choice: which set of an A/B meal; None takes the first.
        made_by: who asked, if not the person.
        plan: what wants it without asking (pattern, opt_out); None where somebody wished it.
        standard_fen: of an official meal, per head.
        registration_id: where the client made one.
    """

    meal_session_id: UUID
    person_id: UUID
    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    choice: str | None = None
    dishes: tuple[UUID, ...] = ()
    kind: RegistrationKind = RegistrationKind.PERSON
    headcount: int = 1
    source: RegistrationSource = RegistrationSource.SELF
    made_by: UUID | None = None
    plan: str | None = None
    standard_fen: int | None = None
    note: str | None = None
    registration_id: UUID | None = None


Outcome = Registration | ServiceError
Stored = RowMapping
Place = tuple[UUID, UUID]  # a meal and a person


def standing_among(session: Session, places: Collection[Place]) -> set[Place]:
    """Return at which of these places (a meal, a person) that person has a seat of their own."""
    if not places:
        return set()
    wanted = [{"meal": meal.hex, "person": person.hex} for meal, person in places]
    return {(meal, person) for meal, person in _STANDING(session, wanted)}


def new_row(wanted: SeatRequest, choice: str | None, at: datetime) -> dict[str, Any]:
    """Return the row of a registration that stands from `at` on.

    `insert_rows` draws its pick-up code, and its id where the client made none.
    """
    return {
        "id": wanted.registration_id,
        "meal_session_id": wanted.meal_session_id,
        "person_id": wanted.person_id,
        "kind": wanted.kind.value,
        "headcount": wanted.headcount,
        "portion": wanted.portion.value,
        "rice": wanted.rice.value,
        "choice": choice,
        "status": REGISTERED,
        "pickup_code": "",
        "registered_at": at,
        "source": wanted.source.value,
        "made_by": wanted.made_by,
        "plan": wanted.plan,
        "offered_at": None,
        "standard_fen": wanted.standard_fen,
        "note": wanted.note,
        "is_withdrawn": False,
        "dishes": [str(dish) for dish in dict.fromkeys(wanted.dishes)],
    }


def insert_rows(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write registrations with fresh ids and pick-up codes; a code taken is drawn again."""
    for row, drawn in zip(rows, new_ids(len(rows)), strict=True):
        row["id"] = row["id"] or drawn
    left = list(rows)
    for _ in range(_CODES_TRIED):
        for row, code in zip(left, domain.pickup_codes(len(left)), strict=True):
            row["pickup_code"] = code
        if _INSERT(session, left) == len(left):
            return
        left = _not_present(session, left)
    if left:
        raise SessionFull(msg("No pickup code is free; please try again."))


def _not_present(session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    found = session.connection().scalars(_PRESENT, {"ids": [row["id"] for row in rows]})
    present = set(found)
    return [row for row in rows if row["id"] not in present]


def as_registration(row: Mapping[str, Any]) -> Registration:
    """Return a stored registration as the contract says it."""
    return Registration.model_validate(dict(row))
