"""A month of three thousand canteens, read from three years of their days, over HTTP."""

import asyncio
import statistics
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects import postgresql, sqlite

from bench.installation import with_canteen
from cleanplate_gateway.cli.serving import collect_less_often
from cleanplate_gateway.embedded import Suite, first_administrator
from cleanplate_gateway.installation import OVERSIGHT
from cleanplate_shared.periods import Period
from cleanplate_shared.tables import KNOWN_CANTEENS
from cleanplate_shared.topology import SERVICES
from cleanplate_waste.actions.province import canteen_sums

CANTEENS, DAYS = 3000, 3 * 365
_MONTH = Period(date(2026, 3, 1), date(2026, 3, 31))
_LOOKS = 7
_FILL = """
    WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < :last)
    INSERT INTO canteen_day (canteen_id, date, version, net_grams, served, is_complete)
    SELECT id, {day}, 1, 40000 + d.i * 7919 % 20000, 300 + d.i % 200, d.i % 11 > 0
    FROM known_canteen, d
"""
_DAY = {
    "postgresql": "DATE '2023-10-01' + d.i",
    "sqlite": "date('2023-10-01', d.i || ' days')",
}


def measure(postgresql_url: str, folder: Path, figures: dict[str, float]) -> dict[str, str]:
    """Note how long a month's sums of a province take; return the databases' plans."""
    plans = {}
    for name, url in (
        ("PostgreSQL", postgresql_url),
        ("SQLite", f"sqlite:///{folder / 'province_waste.sqlite3'}"),
    ):
        times, plan = asyncio.run(_look(url, folder, name))
        what = f"{name}, month of {CANTEENS} canteens x {DAYS} days"
        figures[f"{what}: median ms"] = 1000 * statistics.median(times)
        figures[f"{what}: slowest ms of {_LOOKS}"] = 1000 * max(times)
        plans[what] = plan
    return plans


async def _look(url: str, folder: Path, name: str) -> tuple[list[float], str]:
    urls = {one: f"sqlite:///{folder / f'{name}_{one}.sqlite3'}" for one in SERVICES}
    urls["waste"] = url
    async with Suite(urls.__getitem__, jobs_on=False).running() as suite:
        first_administrator(suite.services["directory"], OVERSIGHT)
        made = await with_canteen(suite, folder)
        engine = suite.services["waste"].state.db.engine
        _fill(engine)
        query = {"date_from": str(_MONTH.first), "date_to": str(_MONTH.last), "limit": "5000"}
        collect_less_often()  # as `cleanplate serve` does
        times = []
        for _ in range(_LOOKS):
            begun = perf_counter()
            page = await made.get("/api/v1/waste/summary/canteens", **query)
            times.append(perf_counter() - begun)
        if sum(item["days"] > 0 for item in page["items"]) != CANTEENS:
            raise RuntimeError("not all canteens were answered")
        return times, _plan(engine)


def _fill(engine: Engine) -> None:
    """Add canteens to the one that is there, and three years of days to all."""
    dialect = engine.dialect.name
    with engine.begin() as connection:
        (sample,) = connection.execute(select(KNOWN_CANTEENS)).mappings()
        more = [{**sample, "id": uuid4(), "name": f"Canteen {n}"} for n in range(1, CANTEENS)]
        connection.execute(KNOWN_CANTEENS.insert(), more)
        connection.execute(text(_FILL.format(day=_DAY[dialect])), {"last": DAYS - 1})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if dialect == "postgresql" else "ANALYZE"))


def _plan(engine: Engine) -> str:
    is_sqlite = engine.dialect.name == "sqlite"
    dialect = sqlite.dialect() if is_sqlite else postgresql.dialect()  # type: ignore[no-untyped-call]
    query = canteen_sums(_MONTH).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    how = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN (ANALYZE, COSTS OFF)"
    with engine.connect() as connection:
        rows: Sequence[Sequence[object]] = connection.exec_driver_sql(f"{how} {query}").all()
    return "\n".join(str(row[-1]) for row in rows)
