from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cleanplate_shared.contracts.directory import CalendarDaySet
from cleanplate_shared.tables import KnownCanteenRow
from support.identities import bearer
from support.menus import MENU
from support.services import CANTEEN, OTHER_CANTEEN

# Monday 5 January 2026. New Year's days off are made up on Sunday 4 January; the Spring Festival's
# on Saturday 14 February and Saturday 28 February.
MONDAY = date(2026, 1, 5)
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
LUNCH = {
    "meal": "lunch", "cutoff_days_before": 1, "cutoff_time": "16:00", "serves_from": "11:30",
    "serves_until": "13:00", "capacity": 300, "service_mode": "set",
}  # fmt: skip


def signed_in(role="manager", canteen=CANTEEN):
    """Return the header of somebody signed in at any time of these years."""
    end = datetime(2030, 1, 1, tzinfo=UTC).timestamp()
    start = datetime(2025, 12, 1, tzinfo=UTC).timestamp()
    return bearer(role, canteen, iat=start, exp=end)


async def send(service, method, path, body=None, who=None):
    return await service.client.request(
        method, f"{MENU}/{path}", json=body, headers=who or signed_in()
    )


async def dish(service, name="汤"):
    body = {"canteen_id": str(CANTEEN), "name": name, "kind": "soup", "portion_grams": 300}
    return (await send(service, "POST", "dishes", body)).json()["id"]


async def plan(service, day, **changes):
    body = {"canteen_id": str(CANTEEN), "date": day.isoformat(), "meal": "lunch", "capacity": 50,
            "cutoff_at": f"{day.isoformat()}T01:00:00Z"}  # fmt: skip
    made = await send(service, "POST", "meal-sessions", body | changes)
    assert made.status_code == 201, made.text
    return made.json()


async def copied(service, to, from_week=MONDAY, **more):
    body = {"canteen_id": str(CANTEEN), "from_week": from_week.isoformat(), "week": to.isoformat()}
    done = await send(service, "POST", "weeks:copy", body | more)
    assert done.status_code == 200, done.text
    return done.json()


async def meals_of(service, monday):
    path = f"meal-sessions?canteen_id={CANTEEN}&date_from={monday}&date_to={monday + timedelta(6)}"
    return (await send(service, "GET", path)).json()["items"]


async def rules(service, *wanted):
    done = await send(service, "PUT", f"canteens/{CANTEEN}/meal-rules", {"rules": list(wanted)})
    assert done.status_code == 200, done.text
    return done.json()["rules"]


@pytest.fixture
async def week(service):
    """A planned week, Monday to Friday, on the Friday before it."""
    service.clock.at = datetime(2026, 1, 2, 2, tzinfo=UTC)
    soup, rice = await dish(service, "汤"), await dish(service, "饭")
    for number in range(5):
        day = MONDAY + timedelta(number)
        meal = await plan(
            service, day, capacity=100 + number, service_mode="choice",
            serves_from=f"{day}T03:30:00Z", serves_until=f"{day}T05:00:00Z",
        )  # fmt: skip
        dishes = [{"dish_id": rice, "choice": "B"}, {"dish_id": soup, "choice": "A"}]
        changed = await send(service, "PATCH", f"meal-sessions/{meal['id']}", {"dishes": dishes})
        assert changed.status_code == 200, changed.text
    return service


async def test_a_week_is_copied_with_dishes_hours_mode_and_seats_and_its_own_cutoffs(week):
    await rules(week, LUNCH)
    target = MONDAY + timedelta(7)
    answer = await copied(week, target)
    assert [meal["date"] for meal in answer["made"]] == [
        (target + timedelta(number)).isoformat() for number in range(5)
    ]
    assert (answer["skipped"], answer["left_out"]) == ([], [])
    for number, meal in enumerate(await meals_of(week, target)):
        day = target + timedelta(number)
        assert [(each["name"], each["choice"]) for each in meal["dishes"]] == [
            ("饭", "B"), ("汤", "A")
        ]  # fmt: skip
        assert (meal["capacity"], meal["service_mode"]) == (100 + number, "choice")
        hours = [datetime.fromisoformat(meal[key]) for key in ("serves_from", "serves_until")]
        assert [f"{at.astimezone(SHANGHAI):%m-%d %H:%M}" for at in hours] == [
            f"{day:%m-%d} 11:30", f"{day:%m-%d} 13:00"
        ]  # fmt: skip
        cutoff = datetime.fromisoformat(meal["cutoff_at"]).astimezone(SHANGHAI)
        assert cutoff.isoformat() == f"{day - timedelta(1)}T16:00:00+08:00"


async def test_meals_that_are_there_are_left_alone_and_late_ones_are_not_made(week):
    target = MONDAY + timedelta(7)
    there = await plan(week, target + timedelta(2), capacity=7)
    week.clock.at = datetime(2026, 1, 12, 13, tzinfo=UTC)  # Monday 21:00, after Tuesday's cut-off
    answer = await copied(week, target)
    assert [(each["date"], each["reason"]) for each in answer["skipped"]] == [
        ("2026-01-12", "too_late"), ("2026-01-13", "too_late"), ("2026-01-14", "exists")
    ]  # fmt: skip
    assert [each["date"] for each in answer["made"]] == ["2026-01-15", "2026-01-16"]
    (now,) = [meal for meal in await meals_of(week, target) if meal["date"] == there["date"]]
    assert now == there
    assert (await copied(week, target))["made"] == []


async def test_rest_days_get_no_meal_and_make_up_days_only_one_that_was_asked_for(week):
    festival = date(2026, 2, 9)  # its Saturday is worked
    answer = await copied(week, festival)
    assert len(answer["made"]) == 5
    assert answer["skipped"] == [{"date": "2026-02-14", "meal": "lunch", "reason": "make_up_day"}]
    asked = await copied(week, festival, make_up_as=5)
    assert [each["date"] for each in asked["made"]] == ["2026-02-14"]
    assert (await meals_of(week, festival))[-1]["capacity"] == 104  # Friday's
    holidays = await copied(week, date(2026, 2, 16))
    assert holidays["made"] == []
    assert {each["reason"] for each in holidays["skipped"]} == {"rest_day"}


async def test_a_day_that_the_installation_set_counts_before_the_calendar(week):
    target = MONDAY + timedelta(7)
    closed, open_ = target, target + timedelta(5)
    for version, (day, is_workday) in enumerate(((closed, False), (open_, True)), start=1):
        await week.tell(CalendarDaySet(day=day, is_workday=is_workday, version=version))
    answer = await copied(week, target, make_up_as=1)
    assert [each["date"] for each in answer["made"]] == [
        (target + timedelta(number)).isoformat() for number in (1, 2, 3, 4, 5)
    ]
    assert [each["reason"] for each in answer["skipped"]] == ["rest_day"]


@pytest.mark.parametrize(
    ("day", "utc"),
    [(date(2027, 3, 26), "08:30"), (date(2027, 3, 29), "07:30"),
     (date(2026, 10, 23), "07:30"), (date(2026, 10, 26), "08:30")],
)  # fmt: skip
async def test_cutoffs_and_hours_are_of_the_canteens_clock_across_a_change(week, day, utc):
    with week.db.transaction() as session:
        row = session.get(KnownCanteenRow, CANTEEN)
        row.time_zone = "Europe/Berlin"
    await rules(week, LUNCH | {"cutoff_days_before": 0, "cutoff_time": "09:30"})
    await copied(week, day)
    (meal,) = [each for each in await meals_of(week, day) if each["date"] == day.isoformat()]
    assert datetime.fromisoformat(meal["cutoff_at"]) == datetime.fromisoformat(f"{day}T{utc}:00Z")
    begins = datetime.fromisoformat(meal["serves_from"]).astimezone(BERLIN)
    assert f"{begins:%H:%M}" == "04:30"  # 03:30 UTC in the winter it is copied from


async def test_a_kept_week_is_planned_again(week):
    body = {"canteen_id": str(CANTEEN), "name": "冬季", "week": (MONDAY + timedelta(3)).isoformat()}
    kept = await send(week, "POST", "menu-templates", body)
    assert kept.status_code == 201, kept.text
    template = kept.json()
    assert [meal["weekday"] for meal in template["meals"]] == [1, 2, 3, 4, 5]
    assert template["meals"][0]["serves_from"] == "11:30"
    again = await send(week, "POST", "menu-templates", body)
    assert (again.status_code, again.json()["type"]) == (409, "TemplateExists")
    empty = body | {"name": "空", "week": "2026-03-02"}
    assert (await send(week, "POST", "menu-templates", empty)).json()["type"] == "WeekEmpty"
    place = f"menu-templates/{template['id']}"
    applied = await send(week, "POST", f"{place}:apply", {"week": "2026-03-02"})
    assert len(applied.json()["made"]) == 5, applied.text
    (monday, *_) = await meals_of(week, date(2026, 3, 2))
    assert [each["name"] for each in monday["dishes"]] == ["饭", "汤"]
    renamed = await send(week, "PUT", place, {"name": "冬季菜单"})
    assert renamed.json() == template | {"name": "冬季菜单"}
    listed = await send(week, "GET", f"menu-templates?canteen_id={CANTEEN}", who=signed_in("cook"))
    assert listed.json()["items"] == [renamed.json()]
    elsewhere = signed_in(canteen=OTHER_CANTEEN)
    for method, path in (("PUT", place), ("POST", f"{place}:apply"), ("DELETE", place)):
        sent = {"name": "x"} if method == "PUT" else {"week": "2026-03-02"}
        assert (await send(week, method, path, sent, elsewhere)).status_code == 404
    assert (await send(week, "DELETE", place)).status_code == 204
    assert (await send(week, "DELETE", place)).status_code == 404


async def test_a_meal_starts_from_the_rule_of_its_canteen(week):
    assert await rules(week, LUNCH) == [LUNCH]
    day = MONDAY + timedelta(7)
    bare = {"canteen_id": str(CANTEEN), "date": day.isoformat(), "meal": "lunch"}
    meal = (await send(week, "POST", "meal-sessions", bare)).json()
    assert (meal["capacity"], meal["service_mode"]) == (300, "set")
    assert datetime.fromisoformat(meal["cutoff_at"]) == datetime(2026, 1, 11, 8, tzinfo=UTC)
    assert datetime.fromisoformat(meal["serves_until"]) == datetime(2026, 1, 12, 5, tzinfo=UTC)
    no_rule = await send(week, "POST", "meal-sessions", bare | {"meal": "dinner"})
    assert (no_rule.status_code, no_rule.json()["type"]) == (422, "SeatsUnknown")
    for wrong in (
        {"serves_until": "11:30"}, {"cutoff_time": "24:00"}, {"cutoff_days_before": -1},
        {"service_mode": "feast"},
    ):  # fmt: skip
        body = {"rules": [LUNCH | wrong]}
        refused = await send(week, "PUT", f"canteens/{CANTEEN}/meal-rules", body)
        assert refused.status_code == 422, wrong
    twice = await send(week, "PUT", f"canteens/{CANTEEN}/meal-rules", {"rules": [LUNCH, LUNCH]})
    assert twice.status_code == 422


async def test_settings_are_the_defaults_until_they_are_set(week):
    place = f"canteens/{CANTEEN}/settings"
    before = (await send(week, "GET", place, who=signed_in("diner"))).json()
    assert before == {"is_menu_public": False, "no_show_grace": 2, "remind_minutes": 60}
    wanted = {"is_menu_public": True, "no_show_grace": 0, "remind_minutes": 30}
    for _ in range(2):
        assert (await send(week, "PUT", place, wanted)).json() == wanted
    assert (await send(week, "GET", place)).json() == wanted
    assert (await send(week, "PUT", place, wanted, signed_in("cook"))).status_code == 403
