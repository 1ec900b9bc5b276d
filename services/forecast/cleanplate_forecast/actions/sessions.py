"""Meal sessions as the menu service tells them."""

from sqlmodel import Session, col, select

from cleanplate_forecast.models import SessionRow
from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts

_TOLD = {
    "canteen_id",
    "date",
    "meal",
    "cutoff_at",
    "capacity",
    "registered",
    "served",
    "version",
}


def learn_sessions(session: Session, event: MealSessionsChanged) -> None:
    """Remember sessions as last described; what is not newer than what is known is ignored."""
    newest: dict[object, SessionFacts] = {}
    for facts in event.sessions:
        before = newest.get(facts.meal_session_id)
        if before is None or before.version < facts.version:
            newest[facts.meal_session_id] = facts
    found = session.exec(select(SessionRow).where(col(SessionRow.id).in_(newest)))
    known = {row.id: row for row in found}
    for facts in newest.values():
        row = known.get(facts.meal_session_id)
        told = facts.model_dump(include=_TOLD)
        if row is None:
            session.add(SessionRow(id=facts.meal_session_id, **told))
        elif row.version < facts.version:
            session.add(row.sqlmodel_update(told))
