from datetime import timedelta

from sqlmodel import select

from cleanplate_menu.models import LeftoverRow
from support.menus import import_file, open_meal
from support.survey import add_dish, ratings

CANTEEN_NAME = "机关第一食堂"


async def test_a_paper_survey_is_added_once(service):
    await add_dish(service, "红烧肉")
    day = service.clock.day.isoformat()
    rows = f"{day},{CANTEEN_NAME},红烧肉,4,salty good,3\n{day},{CANTEEN_NAME},红烧肉,2,,1\n"
    content = f"date,canteen,dish,stars,tags,count\n{rows}".encode()
    first = await import_file(service, "ratings", content)
    assert (first.status_code, first.json()["created"]) == (200, 4), first.text
    again = await import_file(service, "ratings", content)
    assert (again.json()["created"], again.json()["unchanged"]) == (0, 4)
    found = [(row.stars, row.tags) for row in ratings(service)]
    assert sorted(found) == [(2, ""), *[(4, "good salty")] * 3]


async def test_a_paper_survey_with_a_bad_cell_adds_nothing(service):
    await add_dish(service, "红烧肉")
    day = service.clock.day.isoformat()
    good = f"{day},{CANTEEN_NAME},红烧肉,4,,1\n"
    for bad in (
        f"{day},{CANTEEN_NAME},没有的菜,4,,1",
        f"{day},{CANTEEN_NAME},红烧肉,4,awful,1",
        f"{day},{CANTEEN_NAME},红烧肉,6,,1",
        f"{day},别处的食堂,红烧肉,4,,1",
        f"{day},{CANTEEN_NAME},红烧肉,4,,5001",
    ):
        content = f"date,canteen,dish,stars,tags,count\n{good}{bad}\n".encode()
        answer = await import_file(service, "ratings", content)
        assert answer.status_code == 422, bad
        assert answer.json()["errors"][0]["row"] == 3, answer.text
    assert ratings(service) == []


async def test_leftovers_of_past_meals(service):
    dish = await add_dish(service, "红烧肉")
    meal = await open_meal(service, dishes=[dish["id"]])
    head = "date,canteen,meal,dish,prepared_grams,left_grams\n"
    row = f"{meal['date']},{CANTEEN_NAME},lunch,红烧肉"
    for weights, counted in (
        ("9000,900", (1, 0, 0)),
        ("9000,900", (0, 0, 1)),
        ("9000,90", (0, 1, 0)),
    ):
        answer = await import_file(service, "leftovers", f"{head}{row},{weights}\n".encode())
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["created"], found["updated"], found["unchanged"]) == counted
    later = service.clock.day + timedelta(30)
    for bad in (f"{row},900,901", f"{later},{CANTEEN_NAME},lunch,红烧肉,900,90"):
        answer = await import_file(service, "leftovers", f"{head}{bad}\n".encode())
        assert answer.status_code == 422, bad
    with service.db.reading() as session:
        (kept,) = session.exec(select(LeftoverRow)).all()
    assert (kept.prepared_grams, kept.left_grams) == (9000, 90)
