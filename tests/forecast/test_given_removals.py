"""What was given in advance is looked at, deleted and brought back."""

import csv
import io
import uuid
from datetime import timedelta

import pytest
from sqlmodel import select

from cleanplate_forecast.actions.training.columns import load
from cleanplate_forecast.models import GivenDayRow, GivenRemovalRow
from support.identities import bearer
from support.quantities import TODAY, Kitchen, lunch
from support.services import CANTEEN, OTHER_CANTEEN

HERE = "机关第一食堂"
DAYS = 40
FIRST = TODAY - timedelta(DAYS)
GIVEN = f"/canteens/{CANTEEN}/given"
REMOVALS = f"/canteens/{CANTEEN}/given-removals"


@pytest.fixture
def kitchen(service) -> Kitchen:
    made = Kitchen(service)
    made.at(TODAY)
    return made


async def bring(kitchen, *rows: tuple, columns="date,canteen,meal,x_rain,x_weather") -> None:
    text = io.StringIO()
    csv.writer(text).writerows([columns.split(","), *rows])
    file = {"file": ("columns.csv", text.getvalue().encode(), "text/csv")}
    await kitchen.send("POST", "/imports/columns", role="manager", files=file)


async def brought(kitchen) -> None:
    """Bring rain of forty days and the day to come, and words of the weather for ten of them."""
    await bring(
        kitchen,
        *((FIRST + timedelta(n), HERE, "", n, "晴" if n < 10 else "") for n in range(DAYS + 1)),
        (FIRST, HERE, "lunch", 7, ""),
    )


async def remove(kitchen, name="x_rain", status=201, role="manager", **days) -> dict:
    wanted = {"name": name} | {key: str(day) for key, day in days.items()}
    return await kitchen.send("POST", REMOVALS, role=role, json=wanted, status=status)


async def bring_back(kitchen, removal: dict, status=204) -> None:
    await kitchen.send("DELETE", f"{REMOVALS}/{removal['id']}", role="manager", status=status)


async def shown(kitchen) -> dict[str, dict]:
    found = await kitchen.send("GET", GIVEN, role="manager")
    return {column["name"]: column for column in found["columns"]}


def kept(kitchen) -> dict:
    with kitchen.service.db.reading() as session:
        return {(row.date, row.meal): row.given for row in session.exec(select(GivenDayRow))}


async def test_columns_are_listed_with_their_days_and_when_they_were_brought(kitchen):
    assert (await kitchen.send("GET", GIVEN)) == {"columns": [], "removals": []}
    await brought(kitchen)
    first = kitchen.service.clock.at
    kitchen.service.clock.at += timedelta(hours=2)
    await bring(kitchen, (TODAY, HERE, "", "", "小雨"))
    rain, weather = (await shown(kitchen)).values()
    assert rain == {
        "name": "x_rain", "kind": "numbers", "date_from": str(FIRST), "date_to": str(TODAY),
        "values": DAYS + 2, "imported_at": first.isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    assert (weather["kind"], weather["values"], weather["date_to"]) == ("text", 11, str(TODAY))
    assert weather["imported_at"] > rain["imported_at"]


async def test_neither_training_nor_forecast_sees_what_was_deleted(kitchen):
    await kitchen.tell_meals(*(lunch(FIRST + timedelta(n), served=90) for n in range(DAYS)))
    await brought(kitchen)

    def learnt_from() -> bool:
        with kitchen.service.db.reading() as session:
            return "x_rain" in load(session, FIRST, TODAY).columns.numbers

    assert learnt_from()
    removal = await remove(kitchen)
    assert not learnt_from()
    await bring_back(kitchen, removal)
    assert learnt_from()


async def test_a_range_of_days_is_deleted_and_brought_back_to_the_last_value(kitchen):
    await brought(kitchen)
    before = kept(kitchen)
    removal = await remove(kitchen, date_from=FIRST, date_to=FIRST + timedelta(4))
    assert (removal["values"], removal["date_from"]) == (6, str(FIRST))
    after = kept(kitchen)
    assert after[FIRST, ""] == {"x_weather": "晴"}, "other columns stay"
    assert (FIRST, "lunch") not in after, "nothing is left of this meal"
    assert after[FIRST + timedelta(5), ""] == before[FIRST + timedelta(5), ""]
    found = await kitchen.send("GET", GIVEN, role="manager")
    assert found["removals"] == [removal]
    assert found["columns"][0]["date_from"] == str(FIRST + timedelta(5))
    await bring_back(kitchen, removal)
    assert kept(kitchen) == before
    await bring_back(kitchen, removal, status=404)
    assert kept(kitchen) == before


async def test_what_was_brought_since_stays_when_the_rest_comes_back(kitchen):
    await brought(kitchen)
    removal = await remove(kitchen)
    await bring(kitchen, (FIRST, HERE, "", 99, ""))
    await bring_back(kitchen, removal)
    after = kept(kitchen)
    assert after[FIRST, ""]["x_rain"] == 99
    assert after[FIRST + timedelta(1), ""]["x_rain"] == 1


async def test_numbers_do_not_come_back_among_text(kitchen):
    await brought(kitchen)
    removal = await remove(kitchen)
    await bring(kitchen, (FIRST, HERE, "", "大雨", ""))
    await bring_back(kitchen, removal, status=409)
    assert kept(kitchen)[FIRST + timedelta(1), ""] == {"x_weather": "晴"}


async def test_nothing_comes_back_beside_twenty_other_columns(kitchen):
    await brought(kitchen)
    removal = await remove(kitchen)
    names = ",".join(f"x_{n}" for n in range(20))
    await bring(kitchen, (TODAY, HERE, "", *range(20)), columns=f"date,canteen,meal,{names}")
    await bring_back(kitchen, removal, status=409)
    assert "x_rain" not in await shown(kitchen)


async def test_what_is_not_there_cannot_be_deleted(kitchen):
    await brought(kitchen)
    await remove(kitchen, "x_snow", status=409)
    await remove(kitchen, date_from=TODAY + timedelta(1), status=409)
    await remove(kitchen, date_from=TODAY, date_to=FIRST, status=409)
    await remove(kitchen, "rain", status=422)
    assert (await shown(kitchen))["x_rain"]["values"] == DAYS + 2


async def test_only_who_manages_the_canteen_deletes_and_brings_back(kitchen):
    await brought(kitchen)
    await remove(kitchen, role="cook", status=403)
    removal = await remove(kitchen)
    at = kitchen.service.clock.at.timestamp()
    foreign = bearer("manager", OTHER_CANTEEN, iat=at, exp=at + 900)
    theirs = f"/canteens/{OTHER_CANTEEN}/given-removals/{removal['id']}"
    for path in (f"{REMOVALS}/{removal['id']}", theirs):
        await kitchen.send("DELETE", path, headers=foreign, status=404)
    await kitchen.send("GET", GIVEN, headers=foreign, status=404)
    assert "x_rain" not in await shown(kitchen)


async def test_what_was_deleted_is_kept_for_a_week(kitchen):
    await brought(kitchen)
    removal = await remove(kitchen)
    kitchen.service.clock.at += timedelta(days=7)
    assert (await kitchen.send("GET", GIVEN))["removals"] == []
    await bring_back(kitchen, removal, status=404)
    kitchen.service.run_jobs()
    with kitchen.service.db.reading() as session:
        assert session.exec(select(GivenRemovalRow)).all() == []


async def test_the_twenty_newest_are_kept(kitchen):
    await brought(kitchen)
    for n in range(21):
        kitchen.service.clock.at += timedelta(seconds=1)
        last = await remove(kitchen, date_from=FIRST + timedelta(n), date_to=FIRST + timedelta(n))
    found = (await kitchen.send("GET", GIVEN))["removals"]
    assert (len(found), found[0]) == (20, last)


async def test_deleted_twice_on_a_bad_network_it_is_deleted_once(kitchen):
    await brought(kitchen)
    once = {"Idempotency-Key": str(uuid.uuid4())}
    wanted = {"role": "manager", "json": {"name": "x_rain"}, "status": 201, "headers": once}
    first = await kitchen.send("POST", REMOVALS, **wanted)
    assert await kitchen.send("POST", REMOVALS, **wanted) == first
