import uuid
from datetime import datetime

import pytest

DAY, MONTH = "2026-06-02", "2026-06"
WEIGHED = {
    "spoilage": (0, 0),
    "prep_unavoidable": (9250, 1200),
    "prep_avoidable": (2100, 1200),
    "unserved": (4731, 1200),
    "plate": (6543, 1200),
    "oil": (3000, 500),
}
FOOD_GRAMS = 0 + 8050 + 900 + 3531 + 5343  # gross less tare, without the oil


async def a_canteen(house):
    """A canteen with four diners, a cook and a manager."""
    canteen = await house.add_canteen()
    for name in ("diner1", "diner2", "diner3", "diner4"):
        await house.add_person(name, "diner", canteen)
    await house.add_person("cook", "cook", canteen)
    await house.add_person("manager", "manager", canteen)
    await house.settle()
    return canteen


async def a_lunch(house, canteen):
    dish = {"canteen_id": canteen, "name": "番茄炒蛋", "kind": "vegetable",
            "allergens": ["eggs"], "portion_grams": 180}  # fmt: skip
    made = await house.post("manager", "menu/dishes", dish)
    lunch = {"canteen_id": canteen, "date": DAY, "meal": "lunch", "capacity": 50,
             "cutoff_at": f"{DAY}T09:30:00+08:00", "dishes": [made["id"]]}  # fmt: skip
    return (await house.post("manager", "menu/meal-sessions", lunch))["id"]


async def some_history(house, canteen_name="机关第一食堂"):
    """Four earlier Tuesdays, so that there is something to forecast from."""
    rows = "".join(
        f"2026-05-{day:02},{canteen_name},lunch,{served},3\n"
        for day, served in ((5, 3), (12, 4), (19, 3), (26, 4))
    )
    table = "date,canteen,meal,served,registered\n" + rows
    answer = await house.import_table("manager", "menu/imports/history", table)
    assert answer["created"] == 4


async def weigh(house, canteen, lunch, at):
    items = [
        {"id": str(uuid.uuid4()), "canteen_id": canteen, "meal_session_id": lunch,
         "stream": stream, "gross_grams": gross, "tare_grams": tare, "device_id": "tablet-1",
         "sequence": number, "weighed_at": at}
        for number, (stream, (gross, tare)) in enumerate(WEIGHED.items())
    ]  # fmt: skip
    body = {"items": items}
    answer = await house.post("cook", "waste/weighings:batch", body, status=200)
    assert [one["outcome"] for one in answer["results"]] == ["created"] * len(items)
    again = await house.post("cook", "waste/weighings:batch", body, status=200)
    assert {one["outcome"] for one in again["results"]} == {"duplicate"}


async def register(house, lunch):
    """Four register, one takes it back; return the others' codes."""
    codes = {}
    portions = {"diner1": "full", "diner2": "half", "diner3": "small", "diner4": "full"}
    for name, portion in portions.items():
        body = {"meal_session_id": lunch, "portion": portion}
        made = await house.post(name, "menu/registrations", body)
        codes[name] = made["pickup_code"]
        if name == "diner4":
            await house.delete(name, f"menu/registrations/{made['id']}")
    await house.settle()
    return codes


async def check_in(house, lunch, codes, noon):
    """Two of three come, and two without a registration."""
    came = [{"pickup_code": codes["diner1"]}, {"pickup_code": codes["diner2"]}, {}, {}]
    items = [{"id": str(uuid.uuid4()), "meal_session_id": lunch, "at": noon, **who} for who in came]
    answer = await house.post("cook", "menu/check-ins:batch", {"items": items}, status=200)
    assert {one["outcome"] for one in answer["results"]} == {"created"}
    return await house.get("cook", f"menu/meal-sessions/{lunch}/attendance")


async def test_a_day_runs_from_the_menu_to_the_months_report_to_the_gram(house):
    canteen = await a_canteen(house)
    await some_history(house)
    lunch = await a_lunch(house, canteen)
    codes = await register(house, lunch)

    expected = await house.get("cook", f"forecast/meal-sessions/{lunch}")
    quantiles = expected["quantiles"]
    assert expected["registered"] == 3
    assert 0 < quantiles["0.1"] <= quantiles["0.5"] <= quantiles["0.9"]

    noon = f"{DAY}T12:00:00+08:00"
    house.clock.at = datetime.fromisoformat(noon)
    await house.again("cook", "manager", "diner4")  # access tokens live for minutes
    late = {"meal_session_id": lunch, "portion": "full"}
    assert (await house.post("diner4", "menu/registrations", late, 409))["type"] == "CutoffPassed"
    attendance = await check_in(house, lunch, codes, noon)
    turnout = {"registered": 3, "served": 4, "no_shows": 1, "walk_ins": 2}
    assert {key: attendance[key] for key in turnout} == turnout

    await weigh(house, canteen, lunch, noon)
    await house.settle()
    await check_summary(house, canteen)
    await check_report(house, canteen)


async def check_summary(house, canteen):
    query = {"canteen_id": canteen, "date_from": DAY, "date_to": DAY, "by": "day"}
    (day,) = (await house.get("cook", "waste/summary", **query))["items"]
    assert (day["net_grams"], day["served"], day["complete"]) == (FOOD_GRAMS, 4, True)
    assert day["grams_per_diner_meal"] == pytest.approx(FOOD_GRAMS / 4)


async def check_report(house, canteen):
    report = await house.get("manager", "report/monthly", canteen_id=canteen, month=MONTH)
    figures = report["figures"]
    assert (figures["net_grams"], figures["diner_meals"]) == (FOOD_GRAMS, 4)
    assert figures["grams_per_diner_meal"] == pytest.approx(FOOD_GRAMS / 4)
    grams = {one["stream"]: one["net_grams"] for one in figures["streams"]}
    assert {stream: grams[stream] for stream in WEIGHED} == {
        stream: gross - tare for stream, (gross, tare) in WEIGHED.items()
    }
    assert (figures["registered"], figures["served"]) == (3, 4)
    assert (figures["no_show_rate"], figures["walk_in_rate"]) == (1 / 3, 2 / 4)
    assert (figures["days_open"], figures["days_complete"]) == (1, 1)
