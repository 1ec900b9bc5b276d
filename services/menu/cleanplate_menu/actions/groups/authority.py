"""For whom somebody may register: oneself, the people of one's unit, or of one's canteen."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.people import may_eat
from cleanplate_menu.models import KnownPersonRow, UnitSecretaryRow
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import ANYONE, MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow

Office = tuple[UUID, UUID]  # a canteen and a unit


def offices_of(session: Session, caller: Identity) -> set[Office]:
    """Return the canteens and units whose people the caller registers as their secretary."""
    found = select(UnitSecretaryRow.canteen_id, UnitSecretaryRow.unit_id).where(
        UnitSecretaryRow.person_id == caller.person_id
    )
    return set(session.exec(found))


def may_act_in(
    caller: Identity, unit_id: UUID | None, canteen: KnownCanteenRow, offices: Collection[Office]
) -> bool:
    """Say whether the caller registers people of a unit at a canteen, as manager or secretary."""
    if caller.holds(MANAGEMENT, canteen):
        return True
    return caller.holds(ANYONE, canteen) and (canteen.id, unit_id) in offices


def check_unit(session: Session, caller: Identity, canteen: KnownCanteenRow, unit_id: UUID) -> None:
    """Make sure that the caller registers people of a unit.

    Raises:
        NotFound: neither manager nor secretary.
    """
    if not may_act_in(caller, unit_id, canteen, offices_of(session, caller)):
        raise NotFound(msg("There is no such unit for you at this canteen."))


class Authority:
    """For whom one caller may register, known before the first of many rows is looked at."""

    def __init__(
        self, session: Session, caller: Identity, canteens: Mapping[UUID, KnownCanteenRow]
    ) -> None:
        self._caller = caller
        self._canteens = canteens
        self._offices = offices_of(session, caller)

    def eats(self, canteen_id: UUID) -> bool:
        """Say whether the caller has anything to do with a canteen."""
        canteen = self._canteens.get(canteen_id)
        return canteen is not None and self._caller.holds(ANYONE, canteen)

    def covers(self, person: KnownPersonRow, canteen_id: UUID) -> bool:
        """Say whether the caller may register a person, who must eat there."""
        canteen = self._canteens.get(canteen_id)
        if canteen is None or not may_eat(person, canteen_id):
            return False
        return person.id == self._caller.person_id or may_act_in(
            self._caller, person.unit_id, canteen, self._offices
        )


def find_canteens(session: Session, ids: Collection[UUID]) -> dict[UUID, KnownCanteenRow]:
    """Return the known ones of these canteens."""
    found = select(KnownCanteenRow).where(col(KnownCanteenRow.id).in_(ids))
    return {row.id: row for row in session.exec(found)}
