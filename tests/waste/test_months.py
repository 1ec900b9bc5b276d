"""On PostgreSQL each month of weighings is a partition of its own."""

import pytest
from sqlalchemy import text

from waste.devices import Device
from waste.kitchen import kept, outcomes
from waste.test_chains import faults
from waste.test_trays import a_tray, send

IN_OTHER = "SELECT count(*) FROM weighing_other"
OF_MARCH = """
    EXPLAIN SELECT sum(net_grams) FROM weighing
    WHERE weighed_at >= '2026-03-01T00:00Z' AND weighed_at < '2026-04-01T00:00Z'
"""
MONTHS = ("2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-03-02T04:30:00Z")


pytestmark = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)


def found(service, sql):
    with service.db.reading() as session:
        return session.connection().execute(text(sql)).scalars().all()


def partitions(service, table="weighing"):
    parts = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{}'::regclass"
    return set(found(service, parts.format(table)))


async def test_readings_move_to_their_month_and_stay_what_they_are(service):
    device = Device()
    items = [device.weighs(weighed_at=at) for at in MONTHS]
    await outcomes(service, *items)
    assert found(service, IN_OTHER) == [3]
    service.run_jobs()
    assert {"weighing_2025_12", "weighing_2026_01", "weighing_2026_03"} < partitions(service)
    assert found(service, IN_OTHER) == [0]
    assert found(service, "SELECT count(*) FROM weighing_2025_12") == [1]
    assert await outcomes(service, *items) == ["duplicate"] * 3
    assert await outcomes(service, device.weighs(weighed_at=MONTHS[2])) == ["created"]
    assert found(service, "SELECT count(*) FROM weighing_2026_03") == [2]
    assert kept(service)[0] == 4
    assert faults(service) == set()


async def test_what_is_weighed_now_has_its_month_before_it_begins(service):
    service.run_jobs()
    before = partitions(service)
    assert len(before) == 4  # the default, this month and two more
    service.run_jobs()
    assert partitions(service) == before


async def test_a_query_of_a_month_reads_that_month_only(service):
    device = Device()
    await outcomes(service, *[device.weighs(weighed_at=at) for at in MONTHS])
    service.run_jobs()
    plan = "\n".join(found(service, OF_MARCH))
    assert "weighing_2026_03" in plan
    assert "weighing_2026_01" not in plan
    assert "weighing_other" not in plan


def outcome_of(results):
    (result,) = results
    return result["problem"]["type"] if result["problem"] else result["outcome"]


async def test_trays_have_months_too_and_count_once_across_them(service):
    item = a_tray(at=MONTHS[0])
    assert outcome_of(await send(service, item)) == "created"
    service.run_jobs()
    assert "tray_2025_12" in partitions(service, "tray")
    assert outcome_of(await send(service, item)) == "duplicate"
    other = item | {"at": MONTHS[1]}
    assert outcome_of(await send(service, other)) == "IdempotencyKeyReused"
    assert found(service, "SELECT sum(trays) FROM tray_count") == [1]
