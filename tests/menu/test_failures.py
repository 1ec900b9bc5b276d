import uuid
from datetime import timedelta

import pytest
from sqlmodel import col, select

from cleanplate_menu.models import MealSessionRow
from menu.test_no_shows import call, lunch, mine, no_show, on, shown_rates
from support.door import known
from support.menus import import_file, open_meal
from support.services import CANTEEN, OTHER_CANTEEN


async def report(service, registration_id: str, person, kind="sold_out", **body):
    path = f"/registrations/{registration_id}/failures"
    return await call(service, "POST", path, person=person, kind=kind, **body)


@pytest.mark.parametrize(
    ("hour", "status"), [(-0.001, 409), (0, 201), (12, 201), (4 * 24 - 0.001, 201), (4 * 24, 409)]
)
async def test_a_failure_is_reported_on_the_day_and_three_days_after(service, hour, status):
    diner = known(service, "A1")
    meal, (made,) = await lunch(service, diner)
    service.clock.at = on(meal, hour)
    assert (await report(service, made["id"], diner)).status_code == status


async def test_a_registration_has_one_report_by_its_diner(service):
    diner = known(service, "A1")
    meal, (made,) = await lunch(service, diner)
    service.clock.at = on(meal, 12)
    assert (await report(service, made["id"], uuid.uuid4())).status_code == 404
    assert (await report(service, made["id"], diner)).status_code == 201
    again = await report(service, made["id"], diner, kind="other")
    assert again.json()["type"] == "AlreadyReported"


@pytest.mark.parametrize(
    ("kind", "state"), [("sold_out", "withdrawn"), ("long_wait", "withdrawn"), ("other", "graced")]
)
async def test_whom_the_canteen_failed_did_not_stay_away(service, kind, state):
    _, away, key = await no_show(service)
    assert (await report(service, key, away, kind)).status_code == 201
    assert [one["state"] for one in await mine(service, away)] == [state]


async def test_a_manager_reads_reports_without_names_and_replies(service):
    _, away, key = await no_show(service)
    made = (await report(service, key, away, "long_wait", note="排队四十分钟")).json()
    days = {name: str((service.clock.at + timedelta(n)).date())
            for name, n in (("date_from", -3), ("date_to", 3))}  # fmt: skip
    listed = await call(service, "GET", f"/canteens/{CANTEEN}/failures", "manager", **days)
    assert [one["note"] for one in listed.json()["items"]] == ["排队四十分钟"]
    assert str(away) not in listed.text
    assert "A2" not in listed.text
    for role, canteen, status in (("diner", CANTEEN, 403), ("manager", OTHER_CANTEEN, 404)):
        refused = await call(
            service, "POST", f"/failures/{made['id']}:reply", role, canteen=canteen, reply="x"
        )
        assert refused.status_code == status
    answer = await call(
        service, "POST", f"/failures/{made['id']}:reply", "manager", reply="明天加开窗口"
    )
    assert answer.status_code == 200
    own = await call(service, "GET", "/failures/mine", person=away, **days)
    assert [one["reply"] for one in own.json()["items"]] == ["明天加开窗口"]
    others = await call(service, "GET", "/failures/mine", person=uuid.uuid4(), **days)
    assert others.json()["items"] == []


async def test_a_closed_meal_failed_all_its_registrations_and_nobody_stayed_away(service):
    meal, away, key = await no_show(service)
    closed, _ = await lunch(service, *(known(service, f"B{n}") for n in range(3)), meal="dinner")
    with service.db.transaction() as session:
        row = session.get_one(MealSessionRow, uuid.UUID(closed["id"]))
        row.closed_reason = "停水"
    await report(service, key, away)
    service.clock.at = on(closed, 23)
    service.run_jobs()
    failures = (await shown_rates(service, meal["date"][:7]))["failures"]
    assert failures["closed_meals"] == 1
    assert failures["failed_by_closing"] == 3
    assert failures["reported"]["sold_out"] == 1
    assert failures["replied"] == 0


def sheet(*rows: str) -> bytes:
    return "\n".join(["日期,食堂,餐次,就餐人数,计数来源", *rows]).encode()


def counted(service) -> list[tuple[int | None, str | None]]:
    with service.db.reading() as session:
        rows = session.exec(select(MealSessionRow).order_by(col(MealSessionRow.meal))).all()
        return [(row.served_count, row.served_source) for row in rows]


async def test_counts_are_imported_once_and_wholly(service):
    meal = await open_meal(service)
    await open_meal(service, meal="dinner")
    rows = [
        f"{meal['date']},机关第一食堂,dinner,80,till",
        f"{meal['date']},机关第一食堂,lunch,412,turnstile",
    ]
    bad = sheet(*rows, f"{meal['date']},机关第一食堂,breakfast,3,plates")
    refused = await import_file(service, "counts", bad)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "unknown_meal"
    assert counted(service) == [(None, None), (None, None)]
    first = (await import_file(service, "counts", sheet(*rows))).json()
    assert (first["updated"], first["unchanged"]) == (2, 0)
    assert counted(service) == [(80, "till"), (412, "turnstile")]
    again = (await import_file(service, "counts", sheet(*rows))).json()
    assert (again["updated"], again["unchanged"]) == (0, 2)


async def test_a_count_file_names_a_meal_once_and_knows_its_sources(service):
    meal = await open_meal(service)
    row = f"{meal['date']},机关第一食堂,lunch,412,turnstile"
    for table in (sheet(row, row), sheet(row.replace("turnstile", "guess"))):
        assert (await import_file(service, "counts", table)).status_code == 422
    assert counted(service) == [(None, None)]
