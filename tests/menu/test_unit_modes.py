"""Units that opt out (报停): all their people are registered unless they say no."""

from datetime import UTC, datetime, timedelta

import pytest

from support.identities import bearer
from support.menus import MENU
from support.plans import (
    OTHER_UNIT,
    UNIT,
    a_manager,
    a_person,
    add_absence,
    as_,
    cancel,
    know,
    meal_on,
    put,
    register,
    set_mode,
    set_pattern,
    standing,
)
from support.services import CANTEEN, OTHER_CANTEEN

NOW = datetime(2026, 3, 1, 1, tzinfo=UTC)
WEEK = [f"2026-03-{day:02}" for day in range(2, 7)]
PEOPLE = [a_person(n) for n in (1, 2, 3)]


@pytest.fixture
async def canteen(service):
    """A canteen with a week of lunches ahead, and a unit of three."""
    service.clock.at = NOW
    await know(service, *PEOPLE)
    service.meals = [await meal_on(service, day) for day in WEEK]
    return service


async def test_a_unit_that_opts_out_is_registered_and_back_loses_only_that(canteen):
    await register(canteen, PEOPLE[0], canteen.meals[0], portion="half")
    await cancel(canteen, PEOPLE[0], WEEK[0])
    await register(canteen, PEOPLE[1], canteen.meals[0], portion="half")
    done = await set_mode(canteen, "opt_out")
    assert (done["people"], done["meals"], done["registered"], done["cancelled"]) == (3, 5, 13, 0)
    assert list(await standing(canteen, PEOPLE[0])) == WEEK[1:]  # who said no stays out
    assert (await standing(canteen, PEOPLE[1]))[WEEK[0]]["portion"] == "half"
    back = await set_mode(canteen, "opt_in")
    assert (back["registered"], back["cancelled"]) == (0, 13)
    assert list(await standing(canteen, PEOPLE[1])) == [WEEK[0]]


async def test_what_it_would_do_is_said_first_and_not_done(canteen):
    would = await set_mode(canteen, "opt_out", dry_run="true")
    assert (would["registered"], would["dry_run"]) == (15, True)
    assert await standing(canteen, PEOPLE[0]) == {}
    listed = await canteen.client.get(f"{MENU}/canteens/{CANTEEN}/unit-modes", headers=a_manager())
    (unit,) = listed.json()["items"]
    assert unit == {
        "unit_id": str(UNIT), "unit": "办公室", "people": 3, "secretaries": 0,
        "modes": {"breakfast": "opt_in", "lunch": "opt_in", "dinner": "opt_in"},
    }  # fmt: skip


async def test_opting_out_is_cancelling_and_an_absence(canteen):
    await set_mode(canteen, "opt_out")
    await cancel(canteen, PEOPLE[0], WEEK[0])
    await add_absence(canteen, PEOPLE[0], WEEK[1], WEEK[2])
    await set_mode(canteen, "opt_in")
    await set_mode(canteen, "opt_out")
    assert list(await standing(canteen, PEOPLE[0])) == WEEK[3:]


async def test_who_leaves_the_unit_loses_it_and_who_comes_has_it(canteen):
    await set_mode(canteen, "opt_out")
    moved = a_person(1, unit_id=OTHER_UNIT, unit="财务处", version=2)
    await know(canteen, moved, a_person(2, active=False, version=2), a_person(4))
    assert await standing(canteen, PEOPLE[0]) == {}
    assert await standing(canteen, PEOPLE[1]) == {}
    assert list(await standing(canteen, a_person(4))) == WEEK


async def test_many_new_people_are_left_to_the_job(canteen):
    await set_mode(canteen, "opt_out")
    many = [a_person(n) for n in range(10, 40)]
    await know(canteen, *many)
    assert await standing(canteen, many[0]) == {}
    canteen.run_jobs()
    assert list(await standing(canteen, many[0])) == WEEK


async def test_a_pattern_counts_before_the_unit(canteen):
    await set_mode(canteen, "opt_out")
    await set_pattern(canteen, PEOPLE[0], weekdays=[1, 6], portion="small")
    mine = await standing(canteen, PEOPLE[0])
    assert [one["portion"] for one in mine.values()] == ["small", "full", "full", "full", "full"]
    await set_mode(canteen, "opt_in")
    assert list(await standing(canteen, PEOPLE[0])) == WEEK[:1]


async def test_a_usual_portion_is_what_the_unit_registers(canteen):
    await put(canteen, "/preferences/mine", as_(PEOPLE[0]), portion="half", rice="less")
    await set_mode(canteen, "opt_out")
    mine = await standing(canteen, PEOPLE[0])
    assert {(one["portion"], one["rice"]) for one in mine.values()} == {("half", "less")}
    await put(canteen, "/preferences/mine", as_(PEOPLE[0]), portion="small", rice="less")
    mine = await standing(canteen, PEOPLE[0])
    assert {(one["portion"], one["rice"]) for one in mine.values()} == {("small", "less")}


async def test_saturdays_that_are_worked_are_not_the_units(canteen):
    await meal_on(canteen, "2026-05-09")
    await meal_on(canteen, "2026-05-08")
    await set_mode(canteen, "opt_out")
    assert list(await standing(canteen, PEOPLE[0])) == [*WEEK, "2026-05-08"]


async def test_a_passed_cutoff_is_left_alone(canteen):
    await set_mode(canteen, "opt_out")
    canteen.clock.at += timedelta(hours=5)
    back = await set_mode(canteen, "opt_in")
    assert (back["meals"], back["cancelled"]) == (0, 0)
    assert list(await standing(canteen, PEOPLE[0])) == WEEK


async def test_a_unit_that_does_not_eat_here_is_not_found(canteen):
    for headers, unit, status in (
        (a_manager(), OTHER_UNIT, 404),
        (a_manager(OTHER_CANTEEN), UNIT, 404),
        (as_(PEOPLE[0]), UNIT, 403),
        (a_manager(), UNIT, 200),
    ):
        wanted = {"unit_id": str(unit), "meal": "lunch", "mode": "opt_out"}
        answer = await put(canteen, f"/canteens/{CANTEEN}/unit-modes", headers, **wanted)
        assert answer.status_code == status


async def test_the_kitchen_sees_diets_as_counts(canteen):
    for person, diets, avoids in (
        (PEOPLE[0], ["halal", "soft"], ["peanuts"]),
        (PEOPLE[1], ["halal"], []),
        (a_person(9), ["vegetarian"], ["milk"]),  # not registered
    ):
        await put(canteen, "/preferences/mine", as_(person), diets=diets, avoids=avoids)
    await set_mode(canteen, "opt_out")
    cook = bearer("cook", CANTEEN, iat=1_600_000_000, exp=4_000_000_000)
    counted = await canteen.client.get(
        f"{MENU}/meal-sessions/{canteen.meals[0]['id']}/diets", headers=cook
    )
    counts = counted.json()
    assert counts["registered"] == 3
    assert {key: n for key, n in counts["diets"].items() if n} == {"halal": 2, "soft": 1}
    assert {key: n for key, n in counts["avoids"].items() if n} == {"peanuts": 1}
    assert str(PEOPLE[0].id) not in counted.text
