"""Meal sessions as the menu service tells them."""

from collections.abc import Sequence

from sqlmodel import Session

from cleanplate_forecast.models import SESSIONS
from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.newest import keep_newest

_TOLD = {
    "canteen_id",
    "date",
    "meal",
    "cutoff_at",
    "capacity",
    "registered",
    "served",
    "walk_ins",
    "version",
}
_LONGEST = 2_000  # letters


def learn_sessions(session: Session, event: MealSessionsChanged) -> None:
    """Remember sessions as last described; what is not newer than what is known is ignored."""
    rows = [
        {
            "id": facts.meal_session_id,
            **facts.model_dump(include=_TOLD),
            "meal": facts.meal.value,
            "offered": _offered(facts.dishes),
        }
        for facts in event.sessions
    ]
    keep_newest(session, SESSIONS, rows)


def _offered(dishes: Sequence[str]) -> str:
    """Return the names in one order, so that the same dishes are the same text."""
    return " ".join(sorted(set(dishes)))[:_LONGEST]
