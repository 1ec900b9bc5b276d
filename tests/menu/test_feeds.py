import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from icalendar import Calendar
from sqlmodel import select

from cleanplate_menu.models import CanteenSettingsRow, FeedKeyRow, MealSessionRow, SessionDishRow
from cleanplate_shared.contracts.directory import KnownPerson, PeopleChanged
from cleanplate_shared.tables import KnownCanteenRow
from support.identities import bearer
from support.menus import MENU, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN
from support.survey import add_dish

XSD = xmlschema.XMLSchema(Path(__file__).parents[1] / "support" / "openmensa.xsd")
NS = {"om": "http://openmensa.org/open-mensa-v2"}
HOSTILE = [
    "</name><meal>", "<![CDATA[", "&lt;&#0;&amp", "\ufffe\uffff", "\u2028BEGIN:VEVENT",
    "END:VEVENT\u0085X:1", "a;b,c\\n:d", "汤" * 120, '"><script>', "\u202e倒", "\U0010ffff", "🍜",
]  # fmt: skip
ADDRESSES = [
    f"openmensa/{CANTEEN}.xml",
    f"menus/{CANTEEN}.ics",
    f"menus/{CANTEEN}",
]


def publish(service, canteen=CANTEEN, *, public=True):
    with service.db.transaction() as session:
        session.merge(CanteenSettingsRow(canteen_id=canteen, is_menu_public=public))


async def feed(service, path, status=200, **headers):
    answer = await service.client.get(f"{MENU}/feeds/{path}", headers=headers)
    assert answer.status_code == status, answer.text
    return answer


async def xml(service) -> ET.Element:
    """Return the OpenMensa feed, valid."""
    answer = await feed(service, f"openmensa/{CANTEEN}.xml")
    XSD.validate(answer.text)
    return ET.fromstring(answer.content)  # noqa: S314 (our own)


async def events(service, path=f"menus/{CANTEEN}.ics", **headers) -> list:
    """Return the events of a calendar, read back."""
    answer = await feed(service, path, **headers)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    long = [line for line in answer.content.split(b"\r\n") if len(line) > 75]
    assert not long, long
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_a_menu_is_public_only_where_the_canteen_says_so(service):
    await open_meal(service)
    unknown = [address.replace(str(CANTEEN), str(uuid.uuid4())) for address in ADDRESSES]
    for address in (*ADDRESSES, *unknown):
        await feed(service, address, 404)
    assert (await feed(service, "menus")).json()["items"] == []
    publish(service)
    publish(service, OTHER_CANTEEN, public=False)
    for address in ADDRESSES:
        await feed(service, address)
    for address in unknown:
        await feed(service, address, 404)
    listed = (await feed(service, "menus")).json()["items"]
    assert listed == [{"id": str(CANTEEN), "name": "机关第一食堂"}]


async def test_the_openmensa_feed_is_valid_and_says_the_menu(service):
    publish(service)
    dish = await add_dish(service, "红烧肉", allergens=["soy", "eggs"])
    meal = await open_meal(service, dishes=[dish["id"]])
    root = await xml(service)
    day = root.find("om:canteen/om:day", NS)
    assert day.get("date") == meal["date"]
    (category,) = day.findall("om:category", NS)
    assert category.get("name") == "午餐"
    notes = [note.text for note in category.findall("om:meal/om:note", NS)]
    assert [name.text for name in category.findall("om:meal/om:name", NS)] == ["红烧肉"]
    assert notes == ["含：蛋类、大豆", "200 g"]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('version="2.1"', 'version="3.0"'),
        ("<name>红烧肉</name>", "<name></name>"),
        ('name="午餐"', ""),
        ("http://openmensa.org/open-mensa-v2", "http://example.org/"),
        ("<meal>", "<meal><price role='friend'>1</price>"),
        ('date="20', 'date="2026-02-30" x="'),
    ],
)
async def test_a_broken_feed_is_found(service, good, bad):
    """The negative control of the validation."""
    publish(service)
    dish = await add_dish(service, "红烧肉")
    await open_meal(service, dishes=[dish["id"]])
    text = (await feed(service, f"openmensa/{CANTEEN}.xml")).text
    assert good in text
    assert XSD.is_valid(text)
    assert not XSD.is_valid(text.replace(good, bad))


async def test_sets_are_categories_and_a_day_without_a_meal_is_closed(service):
    publish(service)
    names = ("红烧肉", "豆腐", "米饭")
    dishes = [await add_dish(service, name) for name in names]
    meal = await open_meal(service, dishes=[dish["id"] for dish in dishes])
    with service.db.transaction() as session:
        for row in session.exec(select(SessionDishRow)):
            row.choice = {0: "A", 1: "B", 2: None}[row.position]
    root = await xml(service)
    found = [one.get("name") for one in root.iterfind(".//om:category", NS)]
    assert found == ["午餐", "午餐 A", "午餐 B"]
    with service.db.transaction() as session:
        session.get_one(MealSessionRow, uuid.UUID(meal["id"])).closed_reason = "停电"
    root = await xml(service)
    assert root.find(".//om:closed", NS) is not None
    (event,) = await events(service)
    assert (event["status"], event["description"]) == ("CANCELLED", "停电")


async def test_hostile_names_break_no_feed(service):
    publish(service)
    dishes = [await add_dish(service, name) for name in HOSTILE]
    await open_meal(service, dishes=[dish["id"] for dish in dishes])
    root = await xml(service)
    assert len(root.findall(".//om:meal", NS)) == len(HOSTILE)
    (event,) = await events(service)
    lines = str(event["description"]).split("\n")
    assert len(lines) == len(HOSTILE)
    assert "a;b,c\\n:d" in lines
    assert set(event) == {
        "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP",
    }  # fmt: skip


async def test_hours_are_those_of_the_canteens_zone_and_keys_stay(service):
    publish(service)
    meal = await open_meal(service)
    (event,) = await events(service)
    begins = event["dtstart"].dt
    assert begins.astimezone(UTC) == datetime.fromisoformat(f"{meal['date']}T04:00:00+00:00")
    assert event["dtstart"].params["TZID"] == "Asia/Shanghai"
    assert (await events(service))[0]["uid"] == event["uid"]
    with service.db.transaction() as session:
        row = session.get_one(MealSessionRow, uuid.UUID(meal["id"]))
        row.serves_from = datetime.fromisoformat(f"{meal['date']}T03:30:00+00:00")
    (moved,) = await events(service)
    assert moved["dtstart"].dt.astimezone(UTC).hour == 3
    assert moved["uid"] == event["uid"]


@pytest.mark.parametrize(
    ("day", "utc"), [("2026-03-28", 11), ("2026-03-29", 10), ("2026-10-25", 11)]
)
async def test_noon_is_noon_on_both_sides_of_a_change_of_clocks(service, day, utc):
    """Berlin turns its clocks on 29 March and on 25 October 2026."""
    publish(service)
    with service.db.transaction() as session:
        session.get_one(KnownCanteenRow, CANTEEN).time_zone = "Europe/Berlin"
    service.clock.at = datetime.fromisoformat(f"{day}T06:00:00+00:00") - timedelta(2)
    with service.db.transaction() as session:
        wanted = datetime.fromisoformat(f"{day}T00:00:00+00:00")
        session.add(
            MealSessionRow(
                canteen_id=CANTEEN, day=wanted.date(), meal="lunch", cutoff_at=wanted, capacity=5
            )
        )
    (event,) = await events(service)
    assert event["dtstart"].dt.hour == 12
    assert event["dtstart"].dt.astimezone(UTC).hour == utc


@pytest.mark.parametrize("address", ADDRESSES[:2])
async def test_who_has_the_present_feed_is_not_sent_it_again(service, address):
    publish(service)
    await open_meal(service)
    first = await feed(service, address)
    tag, since = first.headers["etag"], first.headers["last-modified"]
    assert first.headers["cache-control"] == "public, max-age=300"
    for known in (
        {"If-None-Match": tag}, {"If-None-Match": f'"x", W/{tag}'}, {"If-Modified-Since": since},
    ):  # fmt: skip
        again = await feed(service, address, 304, **known)
        assert (again.content, again.headers["etag"]) == (b"", tag)
    await feed(service, address, **{"If-None-Match": '"other"', "If-Modified-Since": since})
    await feed(service, address, **{"If-Modified-Since": "yesterday"})
    service.clock.at += timedelta(minutes=2)
    dish = await add_dish(service, "红烧肉")
    await open_meal(service, meal="dinner", dishes=[dish["id"]])
    for known in ({"If-None-Match": tag}, {"If-Modified-Since": since}):
        changed = await feed(service, address, **known)
        assert changed.headers["etag"] != tag


async def test_feeds_are_limited_by_address(start):
    async with start("menu", requests_per_minute_address=3) as service:
        publish(service)
        for _ in range(3):
            await feed(service, ADDRESSES[0])
        refused = await feed(service, ADDRESSES[1], 429)
        assert int(refused.headers["retry-after"]) > 0


async def test_english_words_for_who_asks_for_them(service):
    publish(service)
    await open_meal(service)
    zh = await events(service)
    since = (await feed(service, ADDRESSES[1])).headers["last-modified"]
    service.clock.at += timedelta(minutes=1)
    en = await events(service, **{"Accept-Language": "en"})
    assert (zh[0]["summary"], en[0]["summary"]) == ("午餐 · 机关第一食堂", "Lunch · 机关第一食堂")
    assert (await feed(service, ADDRESSES[1])).headers["last-modified"] == since


async def own_address(service, person, status=201):
    answer = await service.client.post(
        f"{MENU}/feeds/mine", headers=bearer("diner", CANTEEN, person_id=person)
    )
    assert answer.status_code == status, answer.text
    return answer.json()["path"].removeprefix(f"{MENU}/feeds/")


async def test_ones_own_calendar_says_when_and_where_but_not_the_code(service):
    person, other = uuid.uuid4(), uuid.uuid4()
    meal = await open_meal(service)
    made = (await register(service, meal, person)).json()
    await register(service, meal, other)
    address = await own_address(service, person)
    (event,) = await events(service, address)
    assert str(event["summary"]) == "午餐 · 机关第一食堂"
    answer = await feed(service, address)
    for secret in (made["pickup_code"], made["id"], str(person)):
        assert secret not in answer.text
    assert answer.headers["cache-control"] == "private, max-age=300"
    await service.client.delete(
        f"{MENU}/registrations/{made['id']}", headers=bearer("diner", CANTEEN, person_id=person)
    )
    assert await events(service, address) == []


async def test_a_new_address_voids_the_old_and_only_a_digest_is_kept(service):
    person = uuid.uuid4()
    first = await own_address(service, person)
    second = await own_address(service, person)
    await feed(service, first, 404)
    await feed(service, second)
    with service.db.reading() as session:
        (row,) = session.exec(select(FeedKeyRow)).all()
    assert row.digest not in second
    await feed(service, f"mine/{row.digest}.ics", 404)
    gone = await service.client.delete(
        f"{MENU}/feeds/mine", headers=bearer("diner", CANTEEN, person_id=person)
    )
    assert gone.status_code == 204
    await feed(service, second, 404)


async def test_the_calendar_of_who_has_left_is_gone(service):
    person = uuid.uuid4()
    address = await own_address(service, person)
    await feed(service, address)
    left = KnownPerson(
        id=person, name="张三", number="A1", unit_id=None, unit=None, canteen_ids=[], active=False,
        version=2,
    )  # fmt: skip
    await service.tell(PeopleChanged(people=[left]))
    await feed(service, address, 404)
