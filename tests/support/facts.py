"""What other services would tell the report service."""

import uuid
from datetime import UTC, date, datetime

from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts
from cleanplate_shared.contracts.waste import DaysWeighed, DayWaste, Stream, StreamTotal
from support.services import CANTEEN

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)


def a_day(
    day: str,
    served: int | None = 100,
    *,
    canteen_id: uuid.UUID = CANTEEN,
    complete: bool = True,
    version: int = 1,
    **grams: int,
) -> DayWaste:
    """A day on which plate waste was 5 kg and nothing else, unless told otherwise."""
    weighed = {Stream(name): net for name, net in (grams or {"plate": 5000}).items()}
    return DayWaste(
        canteen_id=canteen_id,
        date=date.fromisoformat(day),
        served=served,
        streams=[
            StreamTotal(stream=stream, net_grams=net, covered=True)
            for stream, net in weighed.items()
        ],
        complete=complete,
        version=version,
    )


def a_session(  # noqa: PLR0913
    day: str,
    registered: int | None = 110,
    served: int | None = 100,
    *,
    session_id: uuid.UUID | None = None,
    canteen_id: uuid.UUID = CANTEEN,
    no_shows: int = 15,
    walk_ins: int = 5,
    version: int = 1,
) -> SessionFacts:
    """A lunch with 110 registered, of whom 15 stayed away, and 5 who came without."""
    return SessionFacts(
        meal_session_id=session_id or uuid.uuid4(),
        canteen_id=canteen_id,
        date=date.fromisoformat(day),
        meal=Meal.LUNCH,
        cutoff_at=NOW,
        capacity=500,
        registered=registered,
        portions={},
        served=served,
        no_shows=no_shows,
        walk_ins=walk_ins,
        dishes=[],
        version=version,
    )


def weighed(*days: DayWaste) -> DaysWeighed:
    return DaysWeighed(days=list(days))


def held(*sessions: SessionFacts) -> MealSessionsChanged:
    return MealSessionsChanged(sessions=list(sessions))
