"""Pages for management, on a desktop."""

from fastapi import APIRouter, Depends

from cleanplate_gateway.faces.desk import (
    balance,
    calendar,
    dish,
    dish_queue,
    dishes,
    forecast,
    given,
    haulers,
    home,
    imports,
    ingredients,
    inventory,
    ledger,
    manifests,
    meal,
    meals,
    new_person,
    people,
    places,
    promise,
    purchase,
    quantities,
    reconciliation,
    report,
    rules,
    scales,
    sorting,
    training,
    treatment,
    unit_modes,
    units,
    weighing_setup,
    weighings,
)
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_shared.errors import Forbidden
from cleanplate_shared.i18n import msg
from cleanplate_shared.roles import READERS


def _check_reader(person: PersonDep) -> None:
    """Spare diners pages that every service would refuse."""
    if person.roles.isdisjoint(READERS):
        raise Forbidden(msg("These pages are for management."))


router = APIRouter(prefix="/a", include_in_schema=False, dependencies=[Depends(_check_reader)])
for page in (
    home,
    report,
    promise,
    weighings,
    weighing_setup,
    balance,
    reconciliation,
    sorting,
    inventory,
    manifests,
    ledger,
    haulers,
    scales,
    treatment,
    forecast,
    training,
    purchase,
    ingredients,
    quantities,
    meals,
    meal,
    rules,
    dishes,
    dish,
    dish_queue,
    people,
    new_person,
    units,
    unit_modes,
    places,
    imports,
    given,
    calendar,
):
    router.include_router(page.router)
