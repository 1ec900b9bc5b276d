import pytest

from support.identities import bearer
from support.services import ORGANIZATION
from waste.kitchen import (
    FOOD,
    a_session,
    kept,
    manager,
    manager_of_organization,
    summary,
    tell_sessions,
    told,
)

PATH = "/api/v1/waste/imports/weighings"
HEADER = "日期,食堂,餐次,类别,净重克,原因\n"


def sheet(*lines):
    return (HEADER + "\n".join(lines) + "\n").encode()


LEDGER = sheet(
    *(f"2026-03-02,机关第一食堂,,{stream},1000," for stream in FOOD),
    "2026-03-02,机关第一食堂,lunch,plate,250,taste",
    "2026-03-02,机关第一食堂,lunch,plate,250,taste",
)


async def bring(service, content, caller=None, name="ledger.csv", **params):
    return await service.client.post(
        PATH, files={"file": (name, content)}, params=params, headers=caller or manager()
    )


async def test_a_ledger_is_kept_once_however_often_it_is_brought(service):
    await tell_sessions(service, a_session(served=100))
    answer = await bring(service, LEDGER)
    assert answer.json() == {"created": 7, "updated": 0, "unchanged": 0, "dry_run": False}
    answer = await bring(service, LEDGER.decode().encode("gb18030"))
    assert answer.json() == {"created": 0, "updated": 0, "unchanged": 7, "dry_run": False}
    assert kept(service) == (7, 5500)
    [day] = await summary(service)
    assert (day["complete"], day["grams_per_diner_meal"]) == (True, 55.0)
    assert len(told(service)) == 2


async def test_a_dry_run_counts_and_keeps_nothing(service):
    answer = await bring(service, LEDGER, dry_run=True)
    assert answer.json() == {"created": 7, "updated": 0, "unchanged": 0, "dry_run": True}
    assert kept(service) == (0, 0)
    assert told(service) == []


async def test_a_row_of_a_meal_counts_for_its_meal_even_before_the_session_is_known(service):
    lines = [f"2026-03-02,机关第一食堂,lunch,{stream},400," for stream in FOOD]
    await bring(service, sheet(*lines), manager_of_organization())
    await tell_sessions(service, a_session(served=50), a_session(served=0, meal="dinner"))
    [lunch] = await summary(service, "meal")
    assert (lunch["meal"], lunch["grams_per_diner_meal"]) == ("lunch", 40.0)
    await tell_sessions(service, a_session(served=50, meal="breakfast"))
    assert (await summary(service))[0]["missing"] == list(FOOD)


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("2026-03-02,没有的食堂,,plate,1,", "canteen", "unknown"),
        ("2026-03-02,别处的食堂,,plate,1,", "canteen", "unknown"),
        ("2026-02-30,机关第一食堂,,plate,1,", "date", None),
        ("2026-03-02,机关第一食堂,,soup,1,", "stream", "enum"),
        ("2026-03-02,机关第一食堂,,plate,-1,", "net_grams", "greater_than_equal"),
        ("2026-03-02,机关第一食堂,,plate,1e400,", "net_grams", None),
        ("2026-03-02,机关第一食堂,,plate,,", "net_grams", "missing"),
    ],
)
async def test_one_bad_row_is_named_and_nothing_is_kept(service, line, column, code):
    answer = await bring(service, sheet("2026-03-02,机关第一食堂,,plate,5,", line))
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    assert (error["row"], error["column"]) == (3, column)
    assert code in {None, error["code"]}
    assert kept(service) == (0, 0)


async def test_a_file_that_is_no_table_is_refused(service):
    answer = await bring(service, b"PK\x03\x04 no", name="x.xlsx")
    assert (answer.status_code, answer.json()["type"]) == (422, "FileRefused")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_the_template_can_be_brought_back_as_it_is(service, form):
    answer = await service.client.get(
        f"{PATH}/template", params={"format": form}, headers=manager()
    )
    assert answer.status_code == 200
    answer = await bring(service, answer.content, name=f"t.{form}")
    assert answer.json()["created"] == 1, answer.text


@pytest.mark.parametrize("role", ["cook", "diner", "overseer"])
async def test_only_who_manages_a_canteen_brings_ledgers(service, role):
    answer = await bring(service, LEDGER, bearer(role, organization_id=ORGANIZATION))
    assert answer.status_code == 403
