"""What is done about given days by the clock."""

from cleanplate_forecast.actions.given import imports
from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database


def forget_given(db: Database, clock: Clock) -> None:
    """Forget what was given of days that are too long ago to learn from."""
    with db.transaction() as session:
        imports.forget_given(session, clock().date())
