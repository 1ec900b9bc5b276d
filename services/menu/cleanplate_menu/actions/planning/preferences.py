"""What a diner usually takes and does not eat (忌口): theirs to see, counts for the kitchen."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from cleanplate_menu.actions.planning.locks import hold_people
from cleanplate_menu.actions.planning.meals import lock_meals_ahead, where_anything
from cleanplate_menu.actions.planning.restamping import Made, Portioned, restamp
from cleanplate_menu.actions.sessions import find_session
from cleanplate_menu.domain import planning
from cleanplate_menu.models import PREFERENCES, REGISTRATIONS, DinerPreferenceRow
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu import Allergen
from cleanplate_shared.contracts.menu_planning import Diet, Preferences, SessionDiets
from cleanplate_shared.contracts.menu_registrations import (
    RegistrationKind,
    RegistrationStatus,
    Rice,
)
from cleanplate_shared.identity import Identity
from cleanplate_shared.newest import insert_into
from cleanplate_shared.roles import KITCHEN


def show_preferences(session: Session, caller: Identity) -> Preferences:
    """Return what the caller usually takes; a full portion if they never said."""
    row = session.get(DinerPreferenceRow, caller.person_id)
    if row is None:
        return Preferences()
    return Preferences(
        portion=Portion(row.portion),
        rice=Rice(row.rice),
        diets=[Diet(code) for code in row.diets.split()],
        avoids=[Allergen(code) for code in row.avoids.split()],
    )


def set_preferences(session: Session, caller: Identity, wanted: Preferences) -> Preferences:
    """Set what the caller usually takes; what their unit registered follows until the cut-off."""
    hold_people(session, [caller.person_id])
    before = show_preferences(session, caller)
    values = {
        "portion": wanted.portion.value,
        "rice": wanted.rice.value,
        "diets": _codes(wanted.diets, Diet),
        "avoids": _codes(wanted.avoids, Allergen),
    }
    written = insert_into(session, PREFERENCES).on_conflict_do_update(
        index_elements=["person_id"], set_=values
    )
    session.connection().execute(written, {"person_id": caller.person_id, **values})
    session.expire_all()
    meals = lock_meals_ahead(session, where_anything(caller.person_id))
    restamp(
        session,
        Made(caller.person_id, planning.OPT_OUT, [meal.id for meal in meals]),
        Portioned(before.portion.value, before.rice.value),
        Portioned(wanted.portion.value, wanted.rice.value),
    )
    return show_preferences(session, caller)


def count_diets(session: Session, caller: Identity, meal_session_id: UUID) -> SessionDiets:
    """Return how many of a meal's registered diners eat so, or avoid that; no names.

    Raises:
        NotFound, Forbidden: the meal's kitchen is not the caller's.
    """
    meal = find_session(session, caller, KITCHEN, meal_session_id)
    found = (
        select(PREFERENCES.c.diets, PREFERENCES.c.avoids, func.count())
        .select_from(REGISTRATIONS)
        .outerjoin(PREFERENCES, PREFERENCES.c.person_id == REGISTRATIONS.c.person_id)
        .where(
            REGISTRATIONS.c.meal_session_id == meal.id,
            REGISTRATIONS.c.status == RegistrationStatus.REGISTERED.value,
            REGISTRATIONS.c.kind == RegistrationKind.PERSON.value,
        )
        .group_by(PREFERENCES.c.diets, PREFERENCES.c.avoids)
    )
    counts = SessionDiets(
        meal_session_id=meal.id,
        registered=0,
        diets=dict.fromkeys(Diet, 0),
        avoids=dict.fromkeys(Allergen, 0),
    )
    for diets, avoids, count in session.connection().execute(found):
        counts.registered += count
        for diet in (diets or "").split():
            counts.diets[Diet(diet)] += count
        for allergen in (avoids or "").split():
            counts.avoids[Allergen(allergen)] += count
    return counts


def _codes(given: Iterable[str], known: Iterable[str]) -> str:
    """Return each code once, in the order in which the contract has them."""
    chosen = set(given)
    return " ".join(code for code in known if code in chosen)
