"""What is done about quantities by the clock."""

from cleanplate_forecast.actions.production import keeping
from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database


def keep_plans(db: Database, clock: Clock) -> None:
    """Keep what is suggested for the meals whose cut-off has just passed."""
    at = clock()
    with db.reading() as session:
        meals = keeping.meals_without_plan(session, at)
    for meal in meals:
        with db.transaction() as session:
            keeping.keep_plan_of(session, meal, at)


def forget_names(db: Database, clock: Clock) -> None:
    """Forget who decided about dishes long ago."""
    with db.transaction() as session:
        keeping.forget_names(session, clock())
