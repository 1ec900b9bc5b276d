"""What is done about given days by the clock."""

from cleanplate_forecast.actions.given import imports, removing
from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database


def forget_given(db: Database, clock: Clock) -> None:
    """Forget what was given of days too long ago to learn from, and what was deleted."""
    with db.transaction() as session:
        imports.forget_given(session, clock())
        removing.forget_removals(session, clock())
