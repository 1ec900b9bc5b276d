import csv
import io
import time
from datetime import timedelta

import pytest
from sqlmodel import select

from cleanplate_shared.contracts.directory import SignInsEnded
from cleanplate_shared.tables import OutboxRow
from support.homes import header

HEADER = ["number", "name", "organization", "unit", "canteen", "role", "user_name"]
HERE = "机关第一食堂"


def row(number, **changes):
    cells = {"number": number, "name": f"人{number}", "organization": "市直机关", "unit": "办公室",
             "canteen": HERE, "role": "diner", "user_name": ""}  # fmt: skip
    return [(cells | changes)[name] for name in HEADER]


def table(*rows, header=HEADER):
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode("utf-8-sig")


@pytest.fixture
def send(home):
    async def send(content, kind="people", caller=None, **query):
        return await home.service.client.post(
            f"/api/v1/directory/imports/{kind}", files={"file": ("f.csv", content)},
            headers=caller or home.admin, params=query,
        )  # fmt: skip

    return send


def _counts(answer):
    assert answer.status_code == 200, answer.text
    return tuple(answer.json()[key] for key in ("created", "updated", "unchanged"))


def _codes(answer):
    assert answer.status_code == 422, answer.text
    return {(e["row"], e["column"], e["code"]) for e in answer.json()["errors"]}


async def test_the_same_file_twice_changes_nothing(home, send):
    units = table(["市直机关", "财务处"], ["市直机关", "办公室"], header=["单位", "处室"])
    assert _counts(await send(units, "units")) == (1, 0, 1)
    assert _counts(await send(units, "units")) == (0, 0, 2)
    people = table(row("1"), row("2", unit="财务处", role="cook", user_name="cook2"))
    assert _counts(await send(people, dry_run=True)) == (2, 0, 0)
    assert _counts(await send(people)) == (2, 0, 0)
    assert _counts(await send(people)) == (0, 0, 2)


async def test_a_trial_changes_nothing(home, send):
    assert _counts(
        await send(table(["市直机关", "新处"], header=["单位", "处室"]), "units", dry_run=True)
    ) == (1, 0, 0)
    assert _counts(await send(table(row("1")), dry_run=True)) == (1, 0, 0)
    assert (await home.get("/people", q="人1")).json()["items"] == []
    assert len((await home.get("/units")).json()["items"]) == 2


async def test_a_changed_row_updates_the_person(home, send):
    await send(table(row("1"), row("2")))
    changed = table(row("1", name="改名", role="cook"), row("2"))
    assert _counts(await send(changed)) == (0, 1, 1)
    (person,) = (await home.get("/people", q="改名")).json()["items"]
    assert [grant["role"] for grant in person["grants"]] == ["cook"]


async def test_an_imported_user_signs_in_after_being_given_a_password(home, send):
    await send(table(row("1", user_name="Zhang.San")))
    assert (await home.sign_in("zhang.san", "")).status_code == 422
    (person,) = (await home.get("/people", q="zhang.san")).json()["items"]
    given = await home.post(f"/people/{person['id']}/one-time-password", {})
    signed_in = await home.sign_in("Zhang.San", given.json()["one_time_password"])
    assert signed_in.status_code == 200


async def test_every_bad_cell_is_named_and_nothing_is_changed(home, send):
    await home.person("T1", ("diner", HERE), user_name="taken")
    bad = table(
        row("1"), row("1"), row("2", organization="没有"), row("3", unit="没有"),
        row("4", canteen="没有"), row("5", role="king"), row("6", user_name="Taken"),
        row("7", user_name="me"), row("8", user_name="ME"), row("", name="无号"), row("9", name=""),
        row("10", organization="没有", canteen="没有"),
    )  # fmt: skip
    assert _codes(await send(bad)) == {
        (3, "number", "NumberTwice"), (4, "organization", "UnknownOrganization"),
        (5, "unit", "UnknownUnit"), (6, "canteen", "UnknownCanteen"), (7, "role", "enum"),
        (8, "user_name", "UserNameTaken"), (10, "user_name", "UserNameTwice"),
        (11, "number", "missing"), (12, "name", "missing"),
        (13, "organization", "UnknownOrganization"), (13, "canteen", "UnknownCanteen"),
    }  # fmt: skip
    assert (await home.get("/people", q="人1")).json()["items"] == []


async def test_a_file_gives_no_role_that_the_caller_may_not_give(home, send):
    await home.person("BOSS", ("admin", "市直机关"))
    await home.person("ELSE", ("diner", "市直机关"))
    manager = home.bearer("manager", HERE)
    refused = await send(
        table(row("1", role="manager"), row("2", role="cook"), row("BOSS", name="被改名")),
        caller=manager,
    )
    assert _codes(refused) == {(2, "role", "RoleNotYours"), (4, "number", "NotYours")}
    foreign = await send(table(row("1", canteen="别处的食堂")), caller=manager)
    assert _codes(foreign) == {(2, "canteen", "UnknownCanteen")}
    organization = await send(table(row("1", organization="别的单位")), caller=manager)
    assert (2, "organization", "UnknownOrganization") in _codes(organization)
    units = table(["市直机关", "新处"], header=["单位", "处室"])
    assert _codes(await send(units, "units", manager)) == {(2, "organization", "NotYours")}
    assert _counts(
        await send(table(row("2", role="cook"), row("ELSE", name="人ELSE")), caller=manager)
    ) == (1, 1, 0)
    for role in ("diner", "cook", "overseer"):
        assert (await send(table(row("1")), caller=home.bearer(role, HERE))).status_code == 403


async def test_a_file_takes_no_role_that_the_caller_may_not_take(home, send):
    await home.person("M1", ("manager", HERE))
    refused = await send(table(row("M1", role="cook")), caller=home.bearer("manager", HERE))
    assert _codes(refused) == {(2, "number", "NotYours")}


async def test_who_loses_a_role_by_a_file_loses_it_at_once_and_stays_signed_in(home, send):
    first = await home.person("K1", ("cook", HERE), user_name="kitchen")
    signed_in = await home.sign_in("kitchen", first["one_time_password"])
    other = await home.person("K2", ("cook", HERE), user_name="second")
    untouched = header(await home.sign_in("second", other["one_time_password"]))
    home.service.clock.at += timedelta(seconds=5)
    demoted = row("K1", user_name="kitchen", role="diner")
    assert _counts(await send(table(demoted, row("K2", user_name="second", role="cook")))) == (
        0, 1, 1,
    )  # fmt: skip
    home.service.app.state.revocations.forget()  # which it does by itself every two seconds
    assert (await home.get("/me", header(signed_in))).status_code == 401
    assert (await home.get("/me", untouched)).status_code == 200
    home.service.clock.at += timedelta(seconds=1)
    again = await home.refresh(signed_in.json()["refresh_token"])
    assert (await home.get("/me", header(again))).json()["roles"] == ["diner"]
    with home.service.db.reading() as session:
        told = session.exec(select(OutboxRow).where(OutboxRow.name == SignInsEnded.name)).all()
    assert {row.subscriber for row in told} == {"menu", "forecast", "waste", "report"}


async def test_what_is_no_table_is_refused(send):
    assert (await send(b"\x00\x01\xff")).json()["type"] == "FileRefused"
    assert (await send(b"PK\x03\x04 no")).json()["type"] == "FileRefused"
    assert (await send(b"a,b\n1,2\n")).json()["type"] == "FileRefused"


async def test_five_thousand_people_come_in_seconds_and_are_told_in_batches(home, send):
    people = table(*(row(f"N{n}") for n in range(5000)))
    started = time.monotonic()
    assert _counts(await send(people)) == (5000, 0, 0)
    assert time.monotonic() - started < 30
    with home.service.db.reading() as session:
        wanted = select(OutboxRow).where(OutboxRow.name == "directory.people_changed.v1")
        assert len(session.exec(wanted).all()) == 10


@pytest.mark.parametrize("kind", ["units", "people"])
async def test_a_template_can_be_sent_back(home, send, kind):
    for form in ("csv", "xlsx"):
        answer = await home.get(f"/imports/{kind}/template", format=form)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].endswith(f'"{kind}.{form}"')
        codes = {code for _, _, code in _codes(await send(answer.content, kind))}
        assert codes <= {"UnknownOrganization"}, "the example names an organisation of nobody"
