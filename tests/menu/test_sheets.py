import csv
import io
from datetime import timedelta

import xlsxwriter

from support.groups import DINERS, batch, manager, people, seats, secretary
from support.identities import bearer
from support.menus import MENU, open_meal, register
from support.services import CANTEEN

HEADER = ["date", "canteen", "meal", "number", "portion", "rice"]
NAME = "机关第一食堂"


def as_csv(*rows: list, header=HEADER) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(*rows: list) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([["日期", "食堂", "餐次", "工号", "份量", "米饭"], *rows]):
            sheet.write_row(number, 0, row)
    return target.getvalue()


async def upload(service, content: bytes, headers=None, status=200, **query) -> dict:
    answer = await service.client.post(
        f"{MENU}/registration-sheets", files={"file": ("sheet", content)}, params=query,
        headers=headers or secretary(),
    )  # fmt: skip
    assert answer.status_code == status, answer.text
    return answer.json()


def counts(answer: dict) -> tuple[int, int, int]:
    return answer["created"], answer["unchanged"], answer["refused"]


def cells(answer: dict) -> list[tuple[int, str, str, str]]:
    return [(one["row"], one["column"], one["value"], one["code"]) for one in answer["errors"]]


async def test_good_rows_are_taken_and_each_bad_row_says_what_to_do(service):
    await people(service)
    meal, late = await open_meal(service), await open_meal(service, meal="dinner", capacity=1)
    day = meal["date"]
    soon = (service.clock.at + timedelta(minutes=1)).isoformat()
    gone = await open_meal(service, meal="breakfast", cutoff_at=soon)
    service.clock.at += timedelta(minutes=2)
    sheet = as_csv(
        [day, NAME, "lunch", "A0", "half", ""],
        [day, NAME, "lunch", "A0", "full", ""],
        [day, NAME, "lunch", "B0", "", ""],
        [day, NAME, "lunch", "nobody", "", ""],
        [day, "别处的食堂", "lunch", "A1", "", ""],
        [day, NAME, "supper", "A1", "huge", ""],
        [day, NAME, "lunch", "A1", "", "none"],
        ["2031-01-01", NAME, "lunch", "A2", "", ""],
        [day, NAME, "dinner", "A2", "", ""],
        [day, NAME, "dinner", "A3", "", ""],
        [day, NAME, "breakfast", "A3", "", ""],
        ["", "", "", "", "", ""],
        ["soon", NAME, "lunch", "A3", "", ""],
    )
    preview = await upload(service, sheet, dry_run=True)
    assert (counts(preview), preview["dry_run"]) == ((3, 0, 9), True)
    assert await seats(service, meal) == 0
    answer = await upload(service, sheet)
    assert (counts(answer), answer["dry_run"]) == ((3, 0, 9), False)
    assert answer["errors"] == preview["errors"]
    assert cells(answer) == [
        (3, "number", "A0", "duplicate"),
        (4, "number", "B0", "UnknownDiner"),
        (5, "number", "nobody", "UnknownDiner"),
        (6, "canteen", "别处的食堂", "unknown_canteen"),
        (7, "meal", "supper", "enum"),
        (7, "portion", "huge", "enum"),
        (9, "meal", "lunch", "NotFound"),
        (11, "meal", "dinner", "SessionFull"),
        (12, "date", day, "CutoffPassed"),
        (14, "date", "soon", "date_from_datetime_parsing"),
    ]
    assert all(one["message"] for one in answer["errors"])
    assert (await seats(service, meal), await seats(service, late)) == (2, 1)
    assert await seats(service, gone) == 0


async def test_the_same_file_again_changes_nothing_also_after_a_cancellation(service):
    await people(service)
    meal = await open_meal(service)
    await register(service, meal, DINERS[1], portion="small")
    rows = [[meal["date"], NAME, "lunch", f"A{n}", "half", ""] for n in range(3)]
    assert counts(await upload(service, as_csv(*rows))) == (2, 1, 0)
    assert counts(await upload(service, as_csv(*rows))) == (0, 3, 0)
    mine = await service.client.get(
        f"{MENU}/registrations/mine",
        params={"date_from": meal["date"], "date_to": meal["date"]},
        headers=bearer("diner", CANTEEN, person_id=DINERS[1]),
    )
    assert mine.json()["items"][0]["portion"] == "small"
    cancelled = await service.client.get(
        f"{MENU}/registrations/mine",
        params={"date_from": meal["date"], "date_to": meal["date"]},
        headers=bearer("diner", CANTEEN, person_id=DINERS[0]),
    )
    path = f"{MENU}/registrations/{cancelled.json()['items'][0]['id']}"
    diner = bearer("diner", CANTEEN, person_id=DINERS[0])
    assert (await service.client.delete(path, headers=diner)).status_code == 204
    assert counts(await upload(service, as_csv(*rows))) == (0, 3, 0)
    assert await seats(service, meal) == 2
    assert counts(await upload(service, as_csv(*rows, [*rows[0][:3], "A5", "", ""]))) == (2, 2, 0)


async def test_a_sheet_may_be_of_a_spreadsheet_with_chinese_titles(service):
    await people(service)
    meal = await open_meal(service)
    rows = [[meal["date"], NAME, "lunch", "A0", "", "less"], [meal["date"], NAME, "lunch", "A1"]]
    assert counts(await upload(service, as_xlsx(*rows))) == (2, 0, 0)
    for name in ("csv", "xlsx"):
        answer = await service.client.get(
            f"{MENU}/registration-sheets/template", params={"format": name}, headers=secretary()
        )
        assert answer.status_code == 200
        assert counts(await upload(service, answer.content)) == (0, 0, 1)


async def test_a_diner_registers_only_themselves_by_sheet_and_a_manager_everybody(service):
    await people(service)
    meal = await open_meal(service)
    sheet = as_csv(*([meal["date"], NAME, "lunch", number, "", ""] for number in ("A0", "B0")))
    diner = bearer("diner", CANTEEN, person_id=DINERS[0])
    assert counts(await upload(service, sheet, diner)) == (1, 0, 1)
    assert counts(await upload(service, sheet, manager())) == (1, 1, 0)


async def test_a_sheet_is_not_endless(service):
    await people(service)
    meal = await open_meal(service, capacity=5000)
    rows = [[meal["date"], NAME, "lunch", f"X{n}", "", ""] for n in range(2001)]
    refused = await upload(service, as_csv(*rows), status=422)
    assert refused["type"] == "FileRefused"
    answer = await upload(service, as_csv(*rows[:2000]))
    assert (counts(answer), len(answer["errors"])) == ((0, 0, 2000), 2000)
    assert (await upload(service, b"PK\x03\x04", status=422))["type"] == "FileRefused"
    assert await batch(service, secretary(), {"meal_session_id": meal["id"]}) == ["created"]
