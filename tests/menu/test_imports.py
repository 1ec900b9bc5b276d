import csv
import io
import time
import uuid
from datetime import date, timedelta

import xlsxwriter
from sqlalchemy import func, insert, select

from cleanplate_menu.actions import retention
from cleanplate_menu.models import CHECK_INS, REGISTRATIONS, SESSIONS, KnownPersonRow
from cleanplate_shared.tables import KnownCanteenRow
from support.identities import bearer
from support.menus import MENU, attendance, import_file
from support.real_files import SCHOOLS, real
from support.services import CANTEEN, ORGANIZATION

NAME = "机关第一食堂"
DAY = date(2026, 3, 2)


def sheet(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows]).encode()


def xlsx(content: bytes) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet()
        for number, row in enumerate(csv.reader(io.StringIO(content.decode()))):
            page.write_row(number, 0, row)
    return target.getvalue()


async def counts(service, kind: str, content: bytes, **options) -> tuple[int, int, int]:
    answer = await import_file(service, kind, content, **options)
    assert answer.status_code == 200, answer.text
    return tuple(answer.json()[key] for key in ("created", "updated", "unchanged"))


async def findings(service, kind: str, content: bytes) -> list[tuple[int, str]]:
    answer = await import_file(service, kind, content)
    assert (answer.status_code, answer.json()["type"]) == (422, "RowsRefused"), answer.text
    return [(found["row"], found["column"]) for found in answer.json()["errors"]]


async def sessions(service, day: date = DAY) -> list[dict]:
    answer = await service.client.get(
        f"{MENU}/meal-sessions?canteen_id={CANTEEN}&date_from={day}&date_to={day}",
        headers=bearer("manager", CANTEEN),
    )
    return answer.json()["items"]


def know_people(service, count: int) -> None:
    with service.db.transaction() as session:
        session.execute(
            insert(KnownPersonRow),
            [
                {"id": uuid.uuid4(), "name": "某人", "number": f"A{n:04}", "unit_id": None,
                 "canteen_ids": [str(CANTEEN)], "active": True, "version": 1}
                for n in range(count)
            ],
        )  # fmt: skip


def rows_in(service, table) -> int:
    with service.db.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


async def test_history_is_counted_once_in_any_encoding(service):
    table = sheet(
        "date,canteen,meal,served,registered,x_menu",
        f"2026-03-02,{NAME},lunch,412,436,whatever",
        f"2026-03-03,{NAME},lunch,400,,",
    )
    assert await counts(service, "history", table, dry_run=True) == (2, 0, 0)
    assert await counts(service, "history", table) == (2, 0, 0)
    again = [table, b"\xef\xbb\xbf" + table, table.decode().encode("gb18030"), xlsx(table)]
    for content in again:
        assert await counts(service, "history", content) == (0, 0, 2)
    (first,) = await sessions(service)
    shown = await attendance(service, first)
    assert shown == {"registered": 436, "served": 412, "no_shows": 24, "walk_ins": 0}
    (second,) = await sessions(service, DAY + timedelta(1))
    shown = await attendance(service, second)
    assert shown == {"registered": 0, "served": 400, "no_shows": 0, "walk_ins": 0}
    changed = table.replace(b"412", b"440")
    assert await counts(service, "history", changed) == (0, 1, 1)
    assert (await attendance(service, first))["walk_ins"] == 4


async def test_every_bad_row_of_a_history_is_told_and_nothing_is_changed(service):
    table = sheet(
        "date,canteen,meal,served,registered",
        f"2026-03-02,{NAME},lunch,412,436",
        "2026-03-02,别处的食堂,lunch,1,1",
        f"2026-03-32,{NAME},lunch,1,1",
        f"2026-03-02,{NAME},lunch,1,1",
        f"2026-03-03,{NAME},brunch,-1,1",
    )
    found = await findings(service, "history", table)
    assert sorted(found) == [(3, "canteen"), (4, "date"), (5, "meal"), (6, "meal"), (6, "served")]
    assert await sessions(service) == []


async def test_a_file_that_is_no_table_is_refused(service):
    for content in (b"\x00\x01\x02", b"PK\x03\x04broken", b'"unclosed\nquote', b""):
        answer = await import_file(service, "history", content)
        assert (answer.status_code, answer.json()["type"]) == (422, "FileRefused"), answer.text


async def test_dishes_and_menus_are_imported(service):
    dishes = sheet(
        "canteen,name,kind,portion_grams,allergens",
        f"{NAME},番茄炒蛋,vegetable,180,eggs",
        f"{NAME},米饭,staple,200,",
    )
    assert await counts(service, "dishes", dishes) == (2, 0, 0)
    assert await counts(service, "dishes", dishes) == (0, 0, 2)
    assert await counts(service, "dishes", dishes.replace(b"180", b"190")) == (0, 1, 1)
    assert await findings(service, "dishes", dishes.replace(b"eggs", b"luck")) == [(2, "allergens")]
    menus = sheet(
        "date,canteen,meal,capacity,cutoff,dishes",
        f"2026-03-02,{NAME},lunch,450,,米饭；番茄炒蛋",
        f"2026-03-02,{NAME},dinner,100,2026-03-02 09:30,",
    )
    assert await counts(service, "meal-sessions", menus) == (2, 0, 0)
    assert await counts(service, "meal-sessions", menus) == (0, 0, 2)
    lunch, dinner = await sessions(service)
    assert lunch["cutoff_at"] == "2026-03-01T12:00:00Z"
    assert [dish["name"] for dish in lunch["dishes"]] == ["米饭", "番茄炒蛋"]
    assert dinner["cutoff_at"] == "2026-03-02T01:30:00Z"
    assert await counts(service, "meal-sessions", menus.replace(b"450", b"460")) == (0, 1, 1)
    bad = menus.replace("米饭".encode(), b"?").replace(b"03-02 09:30", b"03-03 00:00")
    assert await findings(service, "meal-sessions", bad) == [(2, "dishes"), (3, "cutoff")]


LEDGER = sheet(
    "date,canteen,meal,number,portion,served",
    f"2026-03-02,{NAME},lunch,A0001,full,true",
    f"2026-03-02,{NAME},lunch,A0002,half,false",
    f"2026-03-02,{NAME},lunch,A0003,,true",
    f"2026-03-02,{NAME},lunch,,,true",
    f"2026-03-02,{NAME},lunch,,,true",
)


async def test_a_ledger_becomes_registrations_and_check_ins(service):
    know_people(service, 4)
    assert await counts(service, "registrations", LEDGER) == (5, 0, 0)
    assert await counts(service, "registrations", LEDGER) == (0, 0, 5)
    (meal,) = await sessions(service)
    assert (meal["registered"], meal["capacity"]) == (2, 2)
    shown = await attendance(service, meal)
    assert shown == {"registered": 2, "served": 4, "no_shows": 1, "walk_ins": 3}
    came_after_all = LEDGER.replace(b"half,false", b"small,true")
    assert await counts(service, "registrations", came_after_all) == (0, 1, 4)
    assert (await attendance(service, meal))["no_shows"] == 0


async def test_a_ledgers_bad_rows_are_told(service):
    know_people(service, 3)
    bad = LEDGER + sheet(
        "",
        f"2026-03-02,{NAME},lunch,A0001,full,true",
        f"2026-03-02,{NAME},lunch,B9999,full,true",
        f"2026-03-02,{NAME},lunch,,full,true",
        f"2026-03-02,{NAME},lunch,A0000,,false",
    )
    found = await findings(service, "registrations", bad)
    assert found == [(4, "number"), (7, "number"), (8, "number"), (9, "number"), (10, "served")]
    assert rows_in(service, SESSIONS) == rows_in(service, REGISTRATIONS) == 0


async def test_names_take_the_place_of_a_history_and_stay_within_the_seats(service):
    know_people(service, 4)
    history = sheet("date,canteen,meal,served,registered", f"2026-03-02,{NAME},lunch,4,9")
    assert await counts(service, "history", history) == (1, 0, 0)
    assert await counts(service, "registrations", LEDGER) == (5, 0, 0)
    assert await counts(service, "history", history) == (0, 0, 1)
    (meal,) = await sessions(service)
    assert (meal["registered"], meal["capacity"]) == (2, 9)
    few = sheet("date,canteen,meal,capacity", f"2026-03-03,{NAME},lunch,1")
    assert await counts(service, "meal-sessions", few) == (1, 0, 0)
    tomorrow = LEDGER.replace(b"03-02", b"03-03")
    assert await findings(service, "registrations", tomorrow) == [(2, "number")]


async def test_people_write_words_where_codes_stand(service):
    know_people(service, 1)
    in_codes = sheet(
        "date,canteen,meal,number,portion,served",
        f"2026-03-02,{NAME},lunch,A0000,half,false",
    )
    in_words = sheet(
        "日期,食堂,餐次,工号,份量,已就餐",
        f"2026-03-02,{NAME},午餐,A0000,半份,否",
    )
    in_english = in_codes.replace(b"lunch", b"Lunch").replace(b"half", b"Half portion")
    assert await counts(service, "registrations", in_codes) == (1, 0, 0)
    for again in (in_words, in_english):
        assert await counts(service, "registrations", again) == (0, 0, 1)
    dishes = "canteen,name,kind,portion_grams,allergens"
    assert await counts(
        service, "dishes", sheet(dishes, f"{NAME},蛋羹,vegetable,180,eggs milk")
    ) == (1, 0, 0)
    written = sheet(dishes, f'{NAME},蛋羹,素菜,180,"蛋类、Milk"')
    assert await counts(service, "dishes", written) == (0, 0, 1)
    unknown = sheet(dishes, f"{NAME},蛋羹,菜,180,运气")
    assert await findings(service, "dishes", unknown) == [(2, "kind")]
    unknown = sheet(dishes, f"{NAME},蛋羹,素菜,180,运气")
    assert await findings(service, "dishes", unknown) == [(2, "allergens")]


async def test_the_menus_of_past_days_are_filled_in_afterwards(service):
    """Totals name nobody who chose a dish, and before there was a menu nobody could."""
    know_people(service, 4)
    history = sheet("date,canteen,meal,served,registered", f"2026-02-02,{NAME},lunch,4,9")
    assert await counts(service, "history", history) == (1, 0, 0)
    ledger = LEDGER.replace(b"2026-03-02", b"2026-02-03")
    assert await counts(service, "registrations", ledger) == (5, 0, 0)
    dishes = sheet(
        "canteen,name,kind,portion_grams", f"{NAME},汤,soup,180", f"{NAME},饭,staple,200"
    )
    assert await counts(service, "dishes", dishes) == (2, 0, 0)
    menus = sheet(
        "date,canteen,meal,capacity,dishes",
        f"2026-02-02,{NAME},lunch,9,汤",
        f"2026-02-03,{NAME},lunch,9,汤",
    )
    assert await counts(service, "meal-sessions", menus) == (0, 2, 0)
    other = menus.replace("汤".encode(), "饭".encode())
    assert await findings(service, "meal-sessions", other) == [(3, "dishes")]
    with service.db.transaction() as session:
        assert retention.forget_identities(session, date(2026, 2, 4)) == 2
    assert await findings(service, "meal-sessions", other) == [(3, "dishes")], "they had chosen"
    of_totals = other[: other.index(b"2026-02-03")]
    assert await counts(service, "meal-sessions", of_totals) == (0, 1, 0)


async def test_only_managers_import(service):
    for role, status in (("cook", 403), ("diner", 403), ("admin", 200)):
        answer = await import_file(
            service,
            "dishes",
            sheet("canteen,name,kind,portion_grams"),
            headers=bearer(role, CANTEEN),
        )
        assert answer.status_code == status
    for kind in ("dishes", "history", "meal-sessions", "registrations"):
        for file_format in ("csv", "xlsx"):
            answer = await service.client.get(
                f"{MENU}/imports/{kind}/template?format={file_format}",
                headers=bearer("manager", CANTEEN),
            )
            assert answer.status_code == 200
            read = await import_file(service, kind, answer.content)
            assert read.status_code in {200, 422}
            assert read.json().get("type", "RowsRefused") == "RowsRefused", read.text


async def test_a_real_history_of_four_years_takes_seconds(service, record_property):
    content = real(SCHOOLS).read_bytes()
    names = {row["canteen"] for row in csv.DictReader(io.StringIO(content.decode()))}
    with service.db.transaction() as session:
        session.execute(
            insert(KnownCanteenRow),
            [
                {"id": uuid.uuid4(), "name": name, "organization_id": ORGANIZATION,
                 "path": f"/{ORGANIZATION}/", "time_zone": "Europe/Paris", "version": 1}
                for name in names
            ],
        )  # fmt: skip
    began = time.perf_counter()
    assert await counts(service, "history", content) == (42_711, 0, 0)
    record_property("seconds", seconds := time.perf_counter() - began)
    assert await counts(service, "history", content) == (0, 0, 42_711)
    assert seconds < 30


async def test_a_ledger_of_twenty_thousand_rows_takes_seconds(service, record_property):
    know_people(service, 900)
    rows = []
    for n in range(8):
        for meal in ("breakfast", "lunch", "dinner"):
            place = f"{DAY + timedelta(n)},{NAME},{meal}"
            rows += [f"{place},A{who:04},full,{str(who % 9 > 0).lower()}" for who in range(840)]
    content = sheet("date,canteen,meal,number,portion,served", *rows)
    began = time.perf_counter()
    assert await counts(service, "registrations", content) == (len(rows), 0, 0)
    record_property("seconds", seconds := time.perf_counter() - began)
    assert rows_in(service, REGISTRATIONS) == len(rows)
    assert rows_in(service, CHECK_INS) == sum(row.endswith("true") for row in rows)
    assert seconds < 60
