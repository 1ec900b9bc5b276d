"""Who of a unit is registered, as its secretary sees it."""

from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.groups.authority import check_unit
from cleanplate_menu.models import KnownPersonRow, MealSessionRow, RegistrationRow
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_groups import UnitRegistration
from cleanplate_shared.contracts.menu_registrations import (
    RegistrationKind,
    RegistrationStatus,
    Rice,
)
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import ANYONE


def list_of_unit(
    session: Session, caller: Identity, canteen_id: UUID, unit_id: UUID, period: Period
) -> list[UnitRegistration]:
    """Return the standing registrations of a unit's people at a canteen.

    Raises:
        NotFound: the caller registers nobody of this unit there.
    """
    canteen = find_canteen(session, caller, ANYONE, canteen_id)
    check_unit(session, caller, canteen, unit_id)
    found = (
        select(RegistrationRow)
        .join(MealSessionRow)
        .join(KnownPersonRow, col(KnownPersonRow.id) == RegistrationRow.person_id)
        .where(
            KnownPersonRow.unit_id == unit_id,
            MealSessionRow.canteen_id == canteen_id,
            col(MealSessionRow.day).between(period.first, period.last),
            RegistrationRow.kind == RegistrationKind.PERSON.value,
            RegistrationRow.status == RegistrationStatus.REGISTERED.value,
        )
        .order_by(col(MealSessionRow.day), col(RegistrationRow.id))
    )
    return [
        UnitRegistration(
            id=row.id,
            meal_session_id=row.meal_session_id,
            person_id=row.person_id,
            portion=Portion(row.portion),
            rice=Rice(row.rice),
            choice=row.choice,
        )
        for row in session.exec(found)
    ]
