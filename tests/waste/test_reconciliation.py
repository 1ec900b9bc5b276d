import uuid
from datetime import UTC, datetime, time, timedelta

import pytest

from cleanplate_waste.models import ManifestRow
from support.identities import bearer
from support.services import CANTEEN, OTHER_CANTEEN
from waste.kitchen import a_weighing, cook, manager, send
from waste.weeks import BASE, MONDAY, a_week, ask, collect, told_tiers

MARCH = {"first": MONDAY, "last": MONDAY + timedelta(days=29)}
IMPORT = f"{BASE}/imports/collections"
HEADER = "日期,食堂,净重千克,收运单位\n"


def a_manifest(day, received=None, state="closed", net=1, lot=None):
    return ManifestRow(
        canteen_id=CANTEEN, kind="food", state=state, date=day, hauler_id=None, hauler_name="x",
        licence_number=None, licence=None, plate="x", lot_id=lot,
        destination=None if lot else "codigestion", containers=[], net_grams=net,
        received_grams=received, opened_at=datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip


def keep(service, *rows):
    with service.db.transaction() as session:
        session.add_all(rows)


def run_jobs_in_april(service):
    service.clock.at = datetime(2026, 4, 20, tzinfo=UTC)
    service.run_jobs()
    service.clock.at = datetime.now(UTC)


async def bring(service, lines, caller=None, **params):
    content = (HEADER + "\n".join(lines) + "\n").encode()
    return await service.client.post(
        IMPORT, files={"file": ("c.csv", content)}, params=params, headers=caller or manager()
    )


async def test_a_week_says_what_was_weighed_and_what_was_collected(service):
    await a_week(service)
    assert (await collect(service, 26_250)).status_code == 201
    found = await ask(service, "reconciliation")
    [week, *rest] = found["weeks"]
    assert (week["logged_grams"], week["collected_grams"]) == (25_000, 26_250)
    assert (week["outcome"], week["rho"], week["median_rho"]) == ("compared", 1.05, 1.05)
    assert {one["outcome"] for one in rest} == {"not_weighed"}
    assert found["factor"]["value"] == pytest.approx(25 / 26.25)
    assert (found["factor"]["low"], found["factor"]["missing_weeks"]) == (None, 7)
    assert (found["tier"]["tier"], found["tier"]["completeness"]) == ("A", 1.0)
    assert [(one["month"], one["tier"]["tier"]) for one in found["months"]] == [("2026-03", "A")]


async def test_eight_weeks_have_an_interval(service):
    for number in range(8):
        await a_week(service, number, net=900 + 20 * number, days=1)
        await collect(service, 6_000, number, weekday=0)
    found = await ask(service, "reconciliation", MONDAY, MONDAY + timedelta(weeks=8))
    factor = found["factor"]
    assert factor["weeks"] == 8
    assert factor["low"] < factor["value"] < factor["high"]


async def test_a_week_with_a_stream_that_nobody_weighed_is_not_compared(service):
    await a_week(service)
    await a_week(service, 1, streams=("plate", "unserved"))
    await collect(service, 25_000)
    await collect(service, 99_000, 1)
    found = await ask(service, "reconciliation")
    assert [week["outcome"] for week in found["weeks"][:2]] == ["compared", "gap"]
    assert found["factor"]["value"] == 1.0


async def test_a_manifest_wins_over_a_statement_of_its_day_and_of_no_other(service):
    await a_week(service)
    await collect(service, 20_000, weekday=1)
    await collect(service, 5_000, weekday=4)
    keep(service, a_manifest(MONDAY + timedelta(days=1), received=21_000))
    found = await ask(service, "reconciliation")
    assert found["weeks"][0]["collected_grams"] == 26_000
    listed = (await ask(service, "collections"))["items"]
    assert [(one["net_grams"], one["counts"]) for one in listed] == [(5_000, True), (20_000, False)]


@pytest.mark.parametrize(
    "manifest",
    [
        {"received": None},
        {"received": 24_000, "state": "disputed"},
        {"received": None, "state": "handed_over"},
    ],
)
async def test_a_manifest_without_the_haulers_weight_proves_nothing(service, manifest):
    await a_week(service)
    keep(service, a_manifest(MONDAY, net=25_000, **manifest))
    [week, *_] = (await ask(service, "reconciliation"))["weeks"]
    assert (week["outcome"], week["collected_grams"]) == ("hauler_silent", None)
    await collect(service, 25_000, weekday=0)
    [week, *_] = (await ask(service, "reconciliation"))["weeks"]
    assert (week["outcome"], week["rho"]) == ("compared", 1.0)


async def test_what_is_treated_on_site_counts_and_what_was_voided_does_not(service):
    await a_week(service)
    keep(
        service,
        a_manifest(MONDAY, net=25_000, lot=uuid.uuid4()),
        a_manifest(MONDAY, received=9_000, state="voided"),
        a_manifest(MONDAY, received=9_000, state="draft"),
    )
    [week, *_] = (await ask(service, "reconciliation"))["weeks"]
    assert week["collected_grams"] == 25_000


async def test_a_withdrawn_line_counts_no_more_and_stays_on_record(service):
    await a_week(service)
    wrong = (await collect(service, 99_000)).json()
    path = f"{BASE}/collections/{wrong['id']}"
    for _ in range(2):
        assert (await service.client.delete(path, headers=manager())).status_code == 204
    assert (await ask(service, "collections"))["items"] == []
    assert (await ask(service, "reconciliation"))["factor"] is None
    assert (await service.client.delete(path, headers=manager(OTHER_CANTEEN))).status_code == 404


async def test_statements_are_kept_once_however_often_they_are_brought(service):
    lines = ["2026-03-02,机关第一食堂,182.5,城洁", "2026-03-02,机关第一食堂,182.5,城洁"]
    first = await bring(service, lines)
    assert first.json() == {"created": 2, "updated": 0, "unchanged": 0, "dry_run": False}
    assert (await bring(service, lines)).json()["unchanged"] == 2
    assert (await bring(service, lines[:1], dry_run=True)).json()["dry_run"]
    items = (await ask(service, "collections"))["items"]
    assert [one["net_grams"] for one in items] == [182_500, 182_500]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("2026-03-02,没有的食堂,1,城洁", "canteen"),
        ("2026-03-02,机关第一食堂,0,城洁", "net_kg"),
        ("2026-03-02,机关第一食堂,1.2345,城洁", "net_kg"),
        ("2026-03-02,机关第一食堂,NaN,城洁", "net_kg"),
        ("2026-03-02,机关第一食堂,1,", "hauler"),
    ],
)
async def test_one_bad_line_is_named_and_nothing_is_kept(service, line, column):
    answer = await bring(service, ["2026-03-02,机关第一食堂,5,城洁", line])
    assert answer.status_code == 422
    assert [error["column"] for error in answer.json()["errors"]] == [column]
    assert (await ask(service, "collections"))["items"] == []


async def test_what_drains_away_changes_the_ratio_and_the_months(service):
    await a_week(service)
    await collect(service, 22_000)
    assert (await ask(service, "reconciliation"))["tier"]["tier"] == "B"
    path = f"{BASE}/canteens/{CANTEEN}/reconciliation-terms"
    answer = await service.client.put(path, json={"loss_permille": 100}, headers=manager())
    assert answer.json() == {"loss_permille": 100}
    found = await ask(service, "reconciliation")
    assert (found["tier"]["tier"], found["terms"]["loss_permille"]) == ("A", 100)
    assert [tier for month, tier, _ in told_tiers(service) if month == "2026-03"] == ["B", "A"]


async def test_the_tier_stands_beside_the_rates_of_a_period(service):
    await a_week(service)
    rates = await ask(service, "summary", **MARCH, by="day")
    assert (rates["tier"]["tier"], rates["tier"]["reason"]) == ("C", "not_compared")
    await collect(service, 25_000)
    rates = await ask(service, "summary", **MARCH, by="day")
    assert (rates["tier"]["tier"], rates["tier"]["compared_weeks"]) == ("A", 1)


async def test_a_few_days_are_judged_by_the_last_four_weeks(service):
    for number in range(5):
        await a_week(service, number, days=1)
        await collect(service, 5_000 if number else 50_000, number, weekday=0)
    thursday = MONDAY + timedelta(weeks=4, days=3)
    tier = (await ask(service, "summary", thursday, thursday, by="day"))["tier"]
    assert (tier["tier"], tier["rho"], tier["weeks"]) == ("A", 1.0, 4)


async def test_a_month_that_is_judged_again_is_told_only_if_it_changed(service):
    await a_week(service)
    await collect(service, 13_000, weekday=1)
    await collect(service, 12_000, weekday=2)
    await collect(service, 100, weekday=3)
    tiers = [one for one in told_tiers(service) if one[0] == "2026-03"]
    assert tiers == [("2026-03", "C", 1), ("2026-03", "A", 2)]


async def test_the_clock_judges_months_whose_weighings_changed_and_no_others(service):
    await a_week(service)
    await collect(service, 25_000)
    before = told_tiers(service)
    run_jobs_in_april(service)
    assert told_tiers(service) == before
    await send(service, a_weighing("plate", 100_000, 0, MONDAY))
    run_jobs_in_april(service)
    assert told_tiers(service)[len(before) :] == [("2026-03", "C", 2)]


async def test_the_clock_finds_manifests_too(service):
    await a_week(service)
    keep(service, a_manifest(MONDAY, received=25_000))
    run_jobs_in_april(service)
    assert told_tiers(service) == [("2026-03", "A", 1)]


async def test_a_week_that_is_not_over_is_not_judged(service):
    await a_week(service)
    await collect(service, 25_000)
    sunday = datetime.combine(MONDAY + timedelta(days=6), time(12), UTC)
    for at, weeks in ((sunday, 0), (sunday + timedelta(days=1), 1)):
        service.clock.at = at
        then = bearer(
            "manager",
            CANTEEN,
            iat=at.timestamp(),
            exp=(at + timedelta(hours=1)).timestamp(),
        )
        found = await ask(service, "reconciliation", caller=then)
        assert len(found["weeks"]) == weeks


async def test_only_who_manages_a_canteen_says_what_was_collected(service):
    body = {
        "canteen_id": str(CANTEEN), "date": "2026-03-02", "net_grams": 1, "hauler": "x",
    }  # fmt: skip
    for caller, status in ((cook(), 403), (manager(OTHER_CANTEEN), 404)):
        answer = await service.client.post(f"{BASE}/collections", json=body, headers=caller)
        assert answer.status_code == status
