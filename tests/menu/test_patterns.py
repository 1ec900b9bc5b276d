"""Standing patterns: what they register, what they leave alone, what removing one takes back."""

from datetime import UTC, datetime, timedelta

import pytest

from cleanplate_shared.contracts.directory import CalendarDaySet
from support.menus import MENU
from support.plans import (
    a_manager,
    a_person,
    add_absence,
    as_,
    cancel,
    know,
    meal_on,
    put,
    register,
    set_pattern,
    standing,
)
from support.services import CANTEEN, OTHER_CANTEEN

NOW = datetime(2026, 3, 1, 1, tzinfo=UTC)  # a Sunday morning
WEEK = [f"2026-03-{day:02}" for day in range(2, 7)]  # Monday to Friday
DINER = a_person(1)


@pytest.fixture
async def canteen(service):
    """A canteen with a week of lunches, whose cut-offs are ahead, and one diner."""
    service.clock.at = NOW
    await know(service, DINER)
    for day in WEEK:
        await meal_on(service, day)
    return service


async def test_a_pattern_registers_its_weekdays_at_once(canteen):
    changed = await set_pattern(canteen, DINER, weekdays=[1, 3], portion="half", rice="less")
    assert changed["planned"] == {"registered": 2, "waiting": 0, "cancelled": 0}
    mine = await standing(canteen, DINER)
    assert list(mine) == [WEEK[0], WEEK[2]]
    made = [(one["portion"], one["rice"], one["source"]) for one in mine.values()]
    assert made == [("half", "less", "pattern")] * 2


async def test_setting_it_again_changes_nothing(canteen):
    first = await set_pattern(canteen, DINER)
    mine = await standing(canteen, DINER)
    again = await set_pattern(canteen, DINER)
    assert again["planned"] == {"registered": 0, "waiting": 0, "cancelled": 0}
    assert {**again, "planned": None} == {**first, "planned": None}
    assert await standing(canteen, DINER) == mine


async def test_a_weekday_left_out_cancels_what_it_had_registered(canteen):
    await set_pattern(canteen, DINER)
    changed = await set_pattern(canteen, DINER, weekdays=[1, 2, 3, 4])
    assert changed["planned"]["cancelled"] == 1
    assert list(await standing(canteen, DINER)) == WEEK[:4]


async def test_a_removed_pattern_takes_its_registrations_with_it_but_not_the_diners_own(canteen):
    await register(canteen, DINER, await meal_on(canteen, "2026-03-09"))
    await set_pattern(canteen, DINER)
    removed = await canteen.client.delete(f"{MENU}/patterns/{CANTEEN}/lunch", headers=as_(DINER))
    assert removed.json() == {"registered": 0, "waiting": 0, "cancelled": 5}
    assert list(await standing(canteen, DINER)) == ["2026-03-09"]
    await set_pattern(canteen, DINER)  # what a plan took back is not declined
    assert list(await standing(canteen, DINER)) == [*WEEK, "2026-03-09"]


async def test_what_the_diner_cancelled_stays_cancelled(canteen):
    await set_pattern(canteen, DINER)
    await cancel(canteen, DINER, WEEK[1])
    await set_pattern(canteen, DINER, weekdays=[2, 3])
    await set_pattern(canteen, DINER)
    canteen.run_jobs()
    assert list(await standing(canteen, DINER)) == [day for day in WEEK if day != WEEK[1]]


async def test_a_new_meal_is_planned_without_anybody_doing_anything(canteen):
    await set_pattern(canteen, DINER)
    await meal_on(canteen, "2026-03-09")
    assert "2026-03-09" not in await standing(canteen, DINER)
    canteen.run_jobs()
    assert "2026-03-09" in await standing(canteen, DINER)


async def test_a_meal_whose_cutoff_has_passed_is_left_alone(canteen):
    await set_pattern(canteen, DINER)
    late = await meal_on(canteen, "2026-03-09")
    canteen.clock.at = datetime.fromisoformat(late["cutoff_at"])
    canteen.run_jobs()
    removed = await canteen.client.delete(f"{MENU}/patterns/{CANTEEN}/lunch", headers=as_(DINER))
    assert removed.json()["cancelled"] == 0
    assert list(await standing(canteen, DINER)) == WEEK


async def test_it_counts_between_its_days_only(canteen):
    await set_pattern(canteen, DINER, first_day=WEEK[1], last_day=WEEK[2])
    assert list(await standing(canteen, DINER)) == WEEK[1:3]


async def test_its_first_day_stays_when_it_is_set_again_without_one(canteen):
    first = await set_pattern(canteen, DINER)
    assert first["first_day"] == "2026-03-01"
    canteen.clock.at += timedelta(hours=2)
    assert (await set_pattern(canteen, DINER, weekdays=[1]))["first_day"] == "2026-03-01"


async def test_rest_days_and_holidays_are_skipped(canteen):
    days = ["2026-04-06", "2026-05-08", "2026-05-09"]  # a holiday, a Friday, a worked Saturday
    for day in days:
        await meal_on(canteen, day)
    await set_pattern(canteen, DINER)
    assert list(await standing(canteen, DINER)) == [*WEEK, days[1]]
    await set_pattern(canteen, DINER, weekdays=[6])
    assert list(await standing(canteen, DINER)) == [days[2]]


async def test_a_day_set_by_hand_is_planned_anew(canteen):
    await set_pattern(canteen, DINER)
    for version, is_workday, there in ((1, False, WEEK[1:]), (2, True, WEEK)):
        day = CalendarDaySet(day=WEEK[0], is_workday=is_workday, version=version)
        await canteen.tell(day)
        canteen.run_jobs()
        assert list(await standing(canteen, DINER)) == there


async def test_a_new_portion_is_for_what_the_pattern_made_and_nobody_changed(canteen):
    await set_pattern(canteen, DINER)
    mine = await standing(canteen, DINER)
    small = await canteen.client.patch(
        f"{MENU}/registrations/{mine[WEEK[0]]['id']}", json={"portion": "small"}, headers=as_(DINER)
    )
    assert small.status_code == 200
    await set_pattern(canteen, DINER, portion="half")
    portions = [one["portion"] for one in (await standing(canteen, DINER)).values()]
    assert portions == ["small", "half", "half", "half", "half"]


async def test_where_seats_are_short_the_older_pattern_has_the_first_and_the_rest_waits(canteen):
    people = [a_person(n) for n in range(11, 15)]
    await know(canteen, *people)
    for person in people:
        canteen.clock.at += timedelta(seconds=1)
        await set_pattern(canteen, person)
    short = await meal_on(canteen, "2026-03-09", capacity=2)
    canteen.run_jobs()
    seated = [p.number for p in people if "2026-03-09" in await standing(canteen, p)]
    assert seated == [people[0].number, people[1].number]
    await cancel(canteen, people[0], "2026-03-09")
    assert "2026-03-09" in await standing(canteen, people[2])  # who waited first
    left = await canteen.client.delete(f"{MENU}/patterns/{CANTEEN}/lunch", headers=as_(people[3]))
    assert left.status_code == 200
    await cancel(canteen, people[1], "2026-03-09")
    canteen.run_jobs()
    shown = await canteen.client.get(f"{MENU}/meal-sessions/{short['id']}", headers=as_(DINER))
    assert (shown.json()["registered"], shown.json()["waiting"]) == (1, 0)


async def test_who_leaves_the_line_is_not_put_there_again(canteen):
    await know(canteen, a_person(2))
    full = await meal_on(canteen, "2026-03-09", capacity=1)
    await register(canteen, a_person(2), full)
    changed = await set_pattern(canteen, DINER)
    assert changed["planned"] == {"registered": 5, "waiting": 1, "cancelled": 0}
    left = await canteen.client.delete(
        f"{MENU}/meal-sessions/{full['id']}/waiting", headers=as_(DINER)
    )
    assert left.status_code == 204
    await set_pattern(canteen, DINER, portion="half")
    await cancel(canteen, a_person(2), "2026-03-09")
    canteen.run_jobs()
    assert "2026-03-09" not in await standing(canteen, DINER)


async def test_a_diner_who_leaves_the_canteen_loses_what_the_pattern_made(canteen):
    await set_pattern(canteen, DINER)
    await know(canteen, a_person(1, active=False, version=2))
    assert await standing(canteen, DINER) == {}
    await know(canteen, a_person(1, version=3))
    assert list(await standing(canteen, DINER)) == WEEK


async def test_what_a_pattern_may_say(canteen):
    later = {"weekdays": [1], "first_day": "2026-03-05"}
    for body, status in (
        ({"weekdays": []}, 422),
        ({"weekdays": [0]}, 422),
        ({"weekdays": [8]}, 422),
        ({"weekdays": [1] * 8}, 422),
        ({**later, "last_day": "2026-03-04"}, 422),
        ({**later, "last_day": "2026-03-05"}, 200),
    ):
        answer = await put(canteen, f"/patterns/{CANTEEN}/lunch", as_(DINER), **body)
        assert answer.status_code == status


async def test_patterns_are_of_ones_own_canteens_and_seen_by_oneself(canteen):
    await set_pattern(canteen, DINER)
    elsewhere = await put(canteen, f"/patterns/{OTHER_CANTEEN}/lunch", as_(DINER), weekdays=[1])
    unknown = await put(canteen, f"/patterns/{CANTEEN}/lunch", as_(a_person(99)), weekdays=[1])
    assert (elsewhere.status_code, unknown.status_code) == (404, 409)
    for person, count in ((DINER, 1), (a_person(2), 0)):
        mine = await canteen.client.get(f"{MENU}/patterns/mine", headers=as_(person))
        assert len(mine.json()["items"]) == count


async def test_an_absence_takes_what_a_pattern_made_and_gives_it_back(canteen):
    await set_pattern(canteen, DINER)
    away = await add_absence(canteen, DINER, WEEK[1], WEEK[3])
    assert away["planned"]["cancelled"] == 3
    canteen.run_jobs()
    assert list(await standing(canteen, DINER)) == [WEEK[0], WEEK[4]]
    back = await canteen.client.delete(f"{MENU}/absences/{away['id']}", headers=as_(DINER))
    assert back.json() == {"registered": 3, "waiting": 0, "cancelled": 0}
    assert list(await standing(canteen, DINER)) == WEEK


async def test_plans_that_changed_while_a_meal_was_closed_count_when_it_is_held_again(canteen):
    await set_pattern(canteen, DINER)
    meal = await meal_on(canteen, "2026-03-09")
    canteen.run_jobs()
    path = f"{MENU}/meal-sessions/{meal['id']}"
    closed = await canteen.client.post(
        f"{path}:close", json={"reason": "停水"}, headers=a_manager()
    )
    assert closed.status_code == 200, closed.text
    await set_pattern(canteen, DINER, weekdays=[2])
    assert list(await standing(canteen, DINER)) == [WEEK[1], "2026-03-09"]
    held = await canteen.client.post(f"{path}:reopen", headers=a_manager())
    assert held.status_code == 200, held.text
    canteen.run_jobs()
    assert list(await standing(canteen, DINER)) == [WEEK[1]]
