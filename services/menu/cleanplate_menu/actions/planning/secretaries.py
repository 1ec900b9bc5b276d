"""Secretaries: who may register for all people of a unit."""

from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.models import KnownPersonRow, UnitSecretaryRow
from cleanplate_shared.identity import Identity, Place
from cleanplate_shared.roles import ANYONE, MANAGEMENT


def may_act_for(
    session: Session, caller: Identity, person_id: UUID, canteen: Place
) -> bool:
    """Say whether the caller may do at a canteen what a person may do there.

    The person may, a manager of the canteen, and a secretary of the person's unit there. Whether
    the person eats there at all is not asked here.
    """
    if person_id == caller.person_id or caller.holds(MANAGEMENT, canteen):
        return True
    if not caller.holds(ANYONE, canteen):
        return False
    secretary = (
        select(UnitSecretaryRow.person_id)
        .join(KnownPersonRow, col(KnownPersonRow.unit_id) == UnitSecretaryRow.unit_id)
        .where(
            UnitSecretaryRow.canteen_id == canteen.id,
            UnitSecretaryRow.person_id == caller.person_id,
            KnownPersonRow.id == person_id,
        )
    )
    return session.exec(secretary).first() is not None
