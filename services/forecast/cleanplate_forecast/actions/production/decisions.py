"""What cooks decided in place of suggestions, looked back at: numbers, and nobody's name."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_forecast.actions.production.record import read_records
from cleanplate_forecast.actions.scores import MOST_DAYS, ScoresTooLong
from cleanplate_forecast.models import OverrideRow, SessionRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.forecast_scores import DecidedDish, DecisionRecord
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import READERS


def show_decisions(
    session: Session, caller: Identity, canteen_id: UUID, period: Period, at: datetime
) -> DecisionRecord:
    """Return what cooks decided about the meals of a period whose day is over.

    Raises:
        NotFound: the caller has nothing to do with the canteen.
        ScoresTooLong: more than a hundred days.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    if (period.last - period.first).days >= MOST_DAYS:
        raise ScoresTooLong(msg("Ask for at most {days} days.", days=MOST_DAYS))
    yesterday = at.astimezone(zone(canteen.time_zone)).date() - timedelta(1)
    meals = session.exec(
        select(SessionRow)
        .where(
            SessionRow.canteen_id == canteen_id,
            col(SessionRow.date).between(period.first, min(period.last, yesterday)),
            col(SessionRow.id).in_(select(OverrideRow.session_id)),
        )
        .order_by(col(SessionRow.date).desc(), col(SessionRow.meal))
    ).all()
    records = read_records(session, [meal.id for meal in meals])
    items = [
        DecidedDish(
            **dish.model_dump(), meal_session_id=meal.id, date=meal.date, meal=Meal(meal.meal)
        )
        for meal in meals
        for dish in records[meal.id]
        if dish.overrides
    ]
    known = [dish for dish in items if dish.difference_fen is not None]
    return DecisionRecord(
        items=items,
        known=len(known),
        suggestion_fen=sum(dish.suggestion.cost_fen or 0 for dish in known),
        cooked_fen=sum(dish.cooked.cost_fen or 0 for dish in known),
    )
