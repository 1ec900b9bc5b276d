"""Who waits for a set that leaves the menu keeps the place in line, and is told."""

from collections.abc import Collection

from sqlalchemy import select
from sqlmodel import Session

from cleanplate_menu import domain
from cleanplate_menu.actions.notices.writing import Words, meal_of_day, write
from cleanplate_menu.actions.registering.line import lose_choice
from cleanplate_menu.models import CHANNELS, WAITING, MealSessionRow
from cleanplate_shared.clock import zone
from cleanplate_shared.db import instant
from cleanplate_shared.i18n import msg
from cleanplate_shared.tables import KnownCanteenRow


def keep_places(session: Session, meal: MealSessionRow, kept: Collection[str]) -> None:
    """Let those who wait for a set that is not `kept` wait for the meal; tell who has a channel.

    Args:
        session: the transaction that changes the menu.
        meal: locked.
        kept: the sets that stay what they were.
    """
    gone = select(WAITING.c.id, WAITING.c.choice, CHANNELS.c.id.label("channel_id"))
    found = session.connection().execute(
        gone.outerjoin(CHANNELS, CHANNELS.c.person_id == WAITING.c.person_id).where(
            WAITING.c.meal_session_id == meal.id,
            WAITING.c.choice.is_not(None),
            WAITING.c.choice.not_in(kept),
        )
    )
    waiting = found.all()
    lose_choice(session, {row.id for row in waiting})
    for letter in sorted({row.choice for row in waiting}):
        told = [row.channel_id for row in waiting if row.choice == letter and row.channel_id]
        write(session, _words(session, meal, letter), told, instant(session))


def _words(session: Session, meal: MealSessionRow, letter: str) -> Words:
    canteen, at = session.get_one(KnownCanteenRow, meal.canteen_id), instant(session)
    where = zone(canteen.time_zone)
    return Words(
        subject=f"set:{meal.id}:{letter}:{at.isoformat()}",
        title=msg("A set that you wait for is not offered any more"),
        body=msg(
            "{canteen}, {meal}: set {letter} is not offered any more. You keep your place in line "
            "and get what there is; if you do not want that, leave the line.",
            canteen=canteen.name,
            meal=meal_of_day(meal.meal, meal.day, at.astimezone(where).date()),
            letter=letter,
        ),
        expires_at=domain.end_of_day(meal.day, where),
    )
