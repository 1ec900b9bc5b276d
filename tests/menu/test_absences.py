"""Absences: what they cancel, what taking one back restores, who may, and the sheet of them."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from cleanplate_menu.models import ABSENCES, PATTERNS
from support.identities import bearer
from support.menus import MENU
from support.plans import (
    UNIT,
    a_manager,
    a_person,
    add_absence,
    as_,
    cancel,
    know,
    meal_on,
    register,
    set_pattern,
    standing,
)
from support.services import CANTEEN, OTHER_CANTEEN

NOW = datetime(2026, 3, 1, 1, tzinfo=UTC)
MONDAY, TUESDAY, WEDNESDAY = "2026-03-02", "2026-03-03", "2026-03-04"
DINER, COLLEAGUE = a_person(1), a_person(2)
SHEET = "number,first_day,last_day,kind\nA0001,2026-03-03,2026-03-20,trip\n"


@pytest.fixture
async def canteen(service):
    """A canteen with three lunches ahead, and two diners of one unit."""
    service.clock.at = NOW
    await know(service, DINER, COLLEAGUE)
    service.meals = [await meal_on(service, day) for day in (MONDAY, TUESDAY, WEDNESDAY)]
    return service


async def remove(service, absence: dict, headers: dict):
    return await service.client.delete(f"{MENU}/absences/{absence['id']}", headers=headers)


async def import_sheet(service, text: str, **params):
    return await service.client.post(
        f"{MENU}/imports/absences",
        files={"file": ("leave.csv", text.encode())},
        params=params,
        headers=a_manager(),
    )


async def test_what_was_registered_by_hand_goes_and_comes_back_as_it_was(canteen):
    for meal in canteen.meals:
        await register(canteen, DINER, meal, portion="small", rice="none")
    await cancel(canteen, DINER, WEDNESDAY)
    away = await add_absence(canteen, DINER, TUESDAY, WEDNESDAY)
    assert away["planned"] == {"registered": 0, "waiting": 0, "cancelled": 1}
    assert list(await standing(canteen, DINER)) == [MONDAY]
    back = await remove(canteen, away, as_(DINER))
    assert back.json() == {"registered": 1, "waiting": 0, "cancelled": 0}
    mine = await standing(canteen, DINER)
    assert list(mine) == [MONDAY, TUESDAY]
    taken = [mine[TUESDAY][name] for name in ("portion", "rice", "source")]
    assert taken == ["small", "none", "self"]


@pytest.mark.parametrize("between", [0, 1])
async def test_what_came_back_and_was_then_cancelled_stays_cancelled(canteen, between):
    await register(canteen, DINER, canteen.meals[0])
    away = await add_absence(canteen, DINER, MONDAY)
    canteen.clock.at += timedelta(seconds=between)
    await remove(canteen, away, as_(DINER))
    await cancel(canteen, DINER, MONDAY)
    again = await add_absence(canteen, DINER, MONDAY)
    assert (await remove(canteen, again, as_(DINER))).json()["registered"] == 0


async def test_a_day_in_two_absences_comes_back_with_the_last_of_them(canteen):
    await register(canteen, DINER, canteen.meals[0])
    first = await add_absence(canteen, DINER, MONDAY)
    second = await add_absence(canteen, DINER, MONDAY, TUESDAY)
    assert (await remove(canteen, first, as_(DINER))).json()["registered"] == 0
    assert (await remove(canteen, second, as_(DINER))).json()["registered"] == 1


async def test_meals_whose_cutoff_has_passed_stay(canteen):
    await register(canteen, DINER, canteen.meals[0])
    canteen.clock.at += timedelta(hours=5)
    away = await add_absence(canteen, DINER, MONDAY)
    assert away["planned"]["cancelled"] == 0
    assert list(await standing(canteen, DINER)) == [MONDAY]


async def test_guests_of_somebody_absent_are_still_fed(canteen):
    guests = {"meal_session_id": canteen.meals[0]["id"], "kind": "guest", "headcount": 3}
    made = await canteen.client.post(
        f"{MENU}/group-registrations",
        json=guests | {"host_id": str(DINER.id), "note": "来访"},
        headers=a_manager(),
    )
    assert made.status_code == 201, made.text
    assert (await add_absence(canteen, DINER, MONDAY))["planned"]["cancelled"] == 0


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        ("2026-03-03", "2026-03-02", 422),
        ("2026-03-02", "2027-03-02", 201),  # 366 days
        ("2026-03-02", "2027-03-03", 422),
    ],
)
async def test_how_long_an_absence_may_be(canteen, first, last, status):
    body = {"first_day": first, "last_day": last, "kind": "other"}
    answer = await canteen.client.post(f"{MENU}/absences", json=body, headers=as_(DINER))
    assert answer.status_code == status
    if status == 201:
        again = await canteen.client.post(f"{MENU}/absences", json=body, headers=as_(DINER))
        assert (again.status_code, again.json()["type"]) == (409, "AbsenceExists")


async def test_only_the_person_and_managers_of_their_canteens_see_and_end_an_absence(canteen):
    away = await add_absence(canteen, DINER, MONDAY)
    unit = {"canteen_id": str(CANTEEN), "unit_id": str(UNIT)}
    always = {"iat": 1_600_000_000, "exp": 4_000_000_000}
    strangers = [as_(COLLEAGUE), bearer("cook", CANTEEN, **always), a_manager(OTHER_CANTEEN)]
    for stranger in strangers:
        assert (await remove(canteen, away, stranger)).status_code == 404
        listed = await canteen.client.get(
            f"{MENU}/secretary/absences", params=unit, headers=stranger
        )
        assert listed.status_code == 404
        mine = await canteen.client.get(f"{MENU}/absences/mine", headers=stranger)
        assert mine.json()["items"] == []
    listed = await canteen.client.get(
        f"{MENU}/secretary/absences", params=unit, headers=a_manager()
    )
    assert [one["id"] for one in listed.json()["items"]] == [away["id"]]
    assert (await remove(canteen, away, a_manager())).status_code == 200


async def test_a_sheet_is_imported_once_and_the_job_cancels_what_is_in_it(canteen):
    for meal in canteen.meals:
        await register(canteen, DINER, meal)
    tried = await import_sheet(canteen, SHEET, dry_run="true")
    assert tried.json()["created"] == 1
    assert (await import_sheet(canteen, SHEET)).json()["created"] == 1
    assert (await import_sheet(canteen, SHEET)).json()["unchanged"] == 1
    changed = await import_sheet(canteen, SHEET.replace("trip", "leave"))
    assert changed.json()["updated"] == 1
    canteen.run_jobs()
    assert list(await standing(canteen, DINER)) == [MONDAY]
    await register(canteen, DINER, canteen.meals[1])  # by hand, although away
    await import_sheet(canteen, SHEET)
    canteen.run_jobs()
    assert list(await standing(canteen, DINER)) == [MONDAY, TUESDAY]


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ("A0009,2026-03-03,2026-03-04,trip", ["unknown_person"]),
        ("A0001,2026-03-04,2026-03-03,trip", ["span"]),
        ("A0001,2026-03-03,2026-03-04,trip\nA0001,2026-03-03,2026-03-04,leave", ["duplicate"]),
        ("A0001,soon,2026-03-04,holiday", ["date_from_datetime_parsing", "enum"]),
    ],
)
async def test_a_sheet_with_a_wrong_row_changes_nothing(canteen, rows, codes):
    text = f"number,first_day,last_day,kind\nA0002,2026-03-03,2026-03-04,leave\n{rows}\n"
    answer = await import_sheet(canteen, text)
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == codes
    mine = await canteen.client.get(f"{MENU}/absences/mine", headers=as_(COLLEAGUE))
    assert mine.json()["items"] == []


async def test_a_number_of_two_people_needs_the_canteen(canteen):
    double = a_person(3, number="A0001", canteen_ids=[OTHER_CANTEEN])
    await know(canteen, double)
    assert (await import_sheet(canteen, SHEET)).status_code == 200  # not the manager's canteen
    await know(canteen, a_person(3, number="A0001", version=2))
    refused = await import_sheet(canteen, SHEET)
    assert refused.json()["errors"][0]["code"] == "unknown_person"


async def test_patterns_and_absences_are_forgotten_ninety_days_after_their_last_day(canteen):
    await add_absence(canteen, DINER, MONDAY, TUESDAY)
    await set_pattern(canteen, DINER, last_day=TUESDAY)
    await set_pattern(canteen, COLLEAGUE)

    def kept() -> list[int]:
        with canteen.db.reading() as session:
            tables = (ABSENCES, PATTERNS)
            return [
                session.connection().execute(select(func.count()).select_from(table)).scalar_one()
                for table in tables
            ]

    canteen.clock.at = NOW + timedelta(days=92)
    canteen.run_jobs()
    assert kept() == [1, 2]
    canteen.clock.at += timedelta(days=1)
    canteen.run_jobs()
    assert kept() == [0, 1]


async def test_an_absence_of_nobody_is_not_found(canteen):
    body = {"first_day": MONDAY, "last_day": MONDAY, "kind": "leave"}
    for person_id in (uuid.uuid4(), COLLEAGUE.id):
        answer = await canteen.client.post(
            f"{MENU}/absences", json=body | {"person_id": str(person_id)}, headers=as_(DINER)
        )
        assert answer.status_code == 404
