"""A meal that was called off is held after all: who was told of the one is told of the other."""

from datetime import datetime

from sqlalchemy import Row, delete, select, update
from sqlmodel import Session

from cleanplate_menu import domain
from cleanplate_menu.actions.notices.news import closing_of
from cleanplate_menu.actions.notices.writing import Words, meal_of_day, write
from cleanplate_menu.models import NOTICES, MealSessionRow
from cleanplate_shared.clock import zone
from cleanplate_shared.i18n import msg
from cleanplate_shared.tables import KnownCanteenRow


def tell_reopened(session: Session, meal: MealSessionRow, at: datetime) -> None:
    """Tell who was told that a locked meal is called off; what is not sent yet never is.

    The notices of this closing are given its instant, so that another one is told again.
    """
    closing = NOTICES.c.subject == closing_of(meal.id)
    found = session.connection().execute(select(NOTICES).where(closing).with_for_update()).all()
    unsettled = NOTICES.c.settled_at.is_(None)
    session.connection().execute(delete(NOTICES).where(closing, unsettled))
    past = update(NOTICES).where(closing).values(subject=f"{closing_of(meal.id)}:{at.isoformat()}")
    session.connection().execute(past)
    told = [row.channel_id for row in found if _may_be_known(row)]
    write(session, _words(session, meal, at), told, at)


def _may_be_known(row: Row[tuple[object, ...]]) -> bool:
    """Say whether a notice went out, or was perhaps on its way when its sender died."""
    return row.problem is None if row.settled_at else row.tries > 0


def _words(session: Session, meal: MealSessionRow, at: datetime) -> Words:
    canteen = session.get_one(KnownCanteenRow, meal.canteen_id)
    where = zone(canteen.time_zone)
    said = meal_of_day(meal.meal, meal.day, at.astimezone(where).date())
    return Words(
        subject=f"held:{meal.id}:{at.isoformat()}",
        title=msg("A meal of yours is held after all"),
        body=msg(
            "{canteen} holds {meal} after all. Whoever was registered still is.",
            canteen=canteen.name,
            meal=said,
        ),
        expires_at=domain.end_of_day(meal.day, where),
    )
