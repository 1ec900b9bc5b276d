"""What is kept of plans without anybody asking, and what is forgotten of who decided."""

from datetime import datetime, timedelta

from sqlalchemy import exists, update
from sqlmodel import Session, col, select

from cleanplate_forecast.actions import forecasts
from cleanplate_forecast.actions.production.plans import keep_plan, plan_of
from cleanplate_forecast.models import (
    ForecastRow,
    OverrideRow,
    ProductionPlanRow,
    SessionMenuRow,
    SessionRow,
)

NAMES_KEPT = timedelta(days=90)
_AT_ONCE = 20
_DAY = timedelta(1)


def meals_without_plan(session: Session, at: datetime) -> list[SessionRow]:
    """Return meals of about today whose cut-off has passed and of which no plan is kept."""
    has_plan = exists().where(col(ProductionPlanRow.session_id) == SessionRow.id)
    has_forecast = exists().where(col(ForecastRow.session_id) == SessionRow.id)
    found = (
        select(SessionRow)
        .join(SessionMenuRow, col(SessionMenuRow.session_id) == SessionRow.id)
        .where(
            col(SessionRow.date).between(at.date() - _DAY, at.date() + _DAY),
            col(SessionRow.cutoff_at).between(at - _DAY, at),
            has_forecast,
            ~has_plan,
        )
        .order_by(col(SessionRow.cutoff_at).desc(), col(SessionRow.id))
        .limit(_AT_ONCE)
    )
    return list(session.exec(found))


def keep_plan_of(session: Session, meal: SessionRow, at: datetime) -> None:
    """Keep what is suggested for a meal, so that its record has something to compare with."""
    row = forecasts.forecast_many(session, [meal], at).get(meal.id)
    if row is not None:
        made = forecasts.Made(row, provisional=False, is_kept=True)
        keep_plan(session, plan_of(session, meal, made, at))


def forget_names(session: Session, at: datetime) -> None:
    """Forget who decided, of decisions of more than 90 days ago; what and why stays."""
    old = (col(OverrideRow.made_at) < at - NAMES_KEPT) & col(OverrideRow.made_by).is_not(None)
    session.execute(update(OverrideRow).where(old).values(made_by=None, made_by_name=None))
