"""What was published stays what it was when the tables change."""

from datetime import UTC, date, datetime
from uuid import uuid4

from alembic import command
from sqlalchemy import text
from sqlmodel import select

from cleanplate_forecast.models import ForecastRow, SessionRow
from cleanplate_shared import migrate
from cleanplate_shared.db import Database
from support.services import CANTEEN

BEFORE = "0ff61248b61c"  # a forecast had three columns of quantiles
AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
PUBLISHED = {"0.1": 8.0, "0.5": 9.25, "0.9": 11.0}


def test_three_columns_of_quantiles_become_one_and_back(databases):
    db = Database(databases.url("forecast"), {})
    config = migrate._config("cleanplate_forecast", db.engine, [])
    meal = uuid4()
    with db.transaction() as session:
        session.add(
            SessionRow(
                id=meal, canteen_id=CANTEEN, date=date(2026, 3, 3), meal="lunch", cutoff_at=AT,
                capacity=100, version=1,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            ForecastRow(
                session_id=meal, number=1, model="rule", as_of=date(2026, 3, 2), registered=7,
                final=True, mean=9.5, quantiles=PUBLISHED, made_at=AT,
            )
        )  # fmt: skip
    command.downgrade(config, BEFORE)
    with db.engine.connect() as connection:
        kept = connection.execute(text("SELECT q10, q50, q90 FROM forecast")).one()
    assert tuple(kept) == tuple(PUBLISHED.values())
    command.upgrade(config, "heads")
    with db.reading() as session:
        assert session.exec(select(ForecastRow)).one().quantiles == PUBLISHED
    db.engine.dispose()
