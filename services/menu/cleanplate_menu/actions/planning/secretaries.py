"""Secretaries: who may register for all people of a unit."""

from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.models import KnownPersonRow, UnitSecretaryRow
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import ANYONE, MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow


def may_act_for(
    session: Session, caller: Identity, person_id: UUID, canteen: KnownCanteenRow
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
