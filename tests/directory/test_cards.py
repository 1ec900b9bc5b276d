import itertools
import json
from uuid import uuid4

import pytest
from sqlmodel import select

from cleanplate_directory.models import PersonRow
from cleanplate_shared.tables import OutboxRow
from support.homes import API

HERE = "机关第一食堂"
CARD = "0004a2B1 c3"
COLUMNS = "number,name,organization,unit,canteen"


async def put(home, person_id, card, headers=None):
    return await home.service.client.put(
        f"{API}/people/{person_id}/card", headers=headers or home.admin, json={"card": card}
    )


async def send(home, content, headers=None):
    return await home.service.client.post(
        f"{API}/imports/people",
        files={"file": ("f.csv", content.encode())},
        headers=headers or home.admin,
    )


def row(number):
    return f"{number},人{number},市直机关,办公室,{HERE}"


def file(*cards):
    """Return a file of people by number, each with a card."""
    return "\n".join([f"{COLUMNS},卡号", *(f"{row(number)},{card}" for number, card in cards)])


def counts(answer):
    assert answer.status_code == 200, answer.text
    return tuple(answer.json()[key] for key in ("created", "updated", "unchanged"))


def codes(answer):
    assert answer.status_code == 422, answer.text
    return {(e["row"], e["column"], e["code"]) for e in answer.json()["errors"]}


def told(home):
    """Return which cards were told to whom, in order."""
    with home.service.db.reading() as session:
        rows = session.exec(select(OutboxRow).order_by(OutboxRow.position)).all()
    cards = [
        (person["number"], person["card"], person["version"])
        for sent in rows
        if sent.name == "directory.people_changed.v1"
        for person in json.loads(sent.payload)["people"]
    ]
    assert {sent.subscriber for sent in rows if "card" in sent.payload} <= {"menu"}
    return cards


async def test_a_card_is_kept_as_it_is_and_told_to_menu_alone(home):
    made = await home.person("P1", ("diner", HERE), card=f"  {CARD} ")
    assert made["card"] == CARD
    (found,) = (await home.get("/people", q="P1")).json()["items"]
    assert found["card"] == CARD
    assert told(home) == [("P1", CARD, 1)]


async def test_a_card_has_one_holder_in_the_installation(home):
    await home.person("P1", ("diner", HERE), card=CARD)
    elsewhere = await home.person("P2", ("diner", "别处的食堂"), unit_id=home.ids["别的处室"])
    body = home.person_body("P3", ("diner", HERE), card=CARD)
    assert (await home.post("/people", body)).json()["type"] == "CardTaken"
    refused = await put(home, elsewhere["id"], CARD)
    assert (refused.status_code, refused.json()["type"]) == (409, "CardTaken")
    other_case = await put(home, elsewhere["id"], CARD.upper())
    assert other_case.json()["card"] == CARD.upper()
    taken_number = home.person_body("P1", ("diner", HERE), card="another")
    assert (await home.post("/people", taken_number)).json()["type"] == "NumberTaken"


async def test_a_lost_card_is_replaced_or_taken_away_and_may_be_given_again(home):
    loser = await home.person("P1", ("diner", HERE), card=CARD)
    finder = await home.person("P2", ("diner", HERE))
    assert (await put(home, loser["id"], "new")).json()["card"] == "new"
    assert (await put(home, finder["id"], CARD)).status_code == 200
    assert (await put(home, loser["id"], None)).json()["card"] is None
    again = await put(home, loser["id"], None)
    assert again.status_code == 200
    assert told(home)[2:] == [("P1", "new", 2), ("P2", CARD, 2), ("P1", None, 3)]


async def test_who_has_left_is_told_without_a_card(home):
    person = await home.person("P1", ("diner", HERE), card=CARD)
    with home.service.db.transaction() as session:
        row_ = session.exec(select(PersonRow).where(PersonRow.number == "P1")).one()
        row_.active = False
    await put(home, person["id"], "new")
    assert told(home)[-1] == ("P1", None, 2)


async def test_cards_are_given_by_those_who_may_manage_the_person(home):
    diner = await home.person("P1", ("diner", HERE), card=CARD)
    boss = await home.person("P2", ("manager", HERE), ("diner", HERE))
    manager = home.bearer("manager", HERE)
    assert (await put(home, diner["id"], "mine", manager)).status_code == 200
    for role in ("diner", "cook", "supervisor", "overseer"):
        assert (await put(home, diner["id"], "x", home.bearer(role, HERE))).status_code == 403
    assert (await put(home, boss["id"], "x", manager)).json()["type"] == "RoleNotYours"
    foreign = home.bearer("admin", "别的单位")
    assert (await put(home, diner["id"], "x", foreign)).status_code == 404
    assert (await put(home, uuid4(), "x", manager)).status_code == 404
    (found,) = (await home.get("/people", q="P1")).json()["items"]
    assert found["card"] == "mine"


async def test_what_is_no_card_is_refused(home):
    person = await home.person("P1", ("diner", HERE))
    for bad in ("", "   ", "\n", "a\x00b", "x" * 65, 7):
        assert (await put(home, person["id"], bad)).status_code == 422, bad


async def test_a_file_brings_cards_and_without_the_column_they_stay(home):
    assert counts(await send(home, file(("1", "007"), ("2", "")))) == (2, 0, 0)
    assert counts(await send(home, file(("1", "007"), ("2", "")))) == (0, 0, 2)
    assert counts(await send(home, file(("1", "008"), ("2", "007b")))) == (0, 2, 0)
    assert counts(await send(home, "\n".join([COLUMNS, row("1"), row("2")]))) == (0, 0, 2)
    found = (await home.get("/people", q="人")).json()["items"]
    assert [person["card"] for person in found] == ["008", "007b"]


async def test_cards_that_are_taken_are_named_by_row_and_column(home):
    await home.person("OLD", ("diner", HERE), card="taken")
    bad = file(("1", "c1"), ("2", "taken"), ("3", "c1"), ("4", "x" * 65), ("OLD", "taken"))
    assert codes(await send(home, bad)) == {
        (3, "card", "CardTaken"), (4, "card", "CardTwice"), (5, "card", "string_too_long"),
        (6, "card", "CardTwice"),
    }  # fmt: skip
    assert (await home.get("/people", q="人1")).json()["items"] == []


@pytest.mark.parametrize("rows", list(itertools.permutations([("1", "b"), ("2", "a"), ("3", "c")])))
async def test_cards_change_hands_within_one_file_in_any_order(home, rows):
    assert counts(await send(home, file(("1", "a"), ("2", "b")))) == (2, 0, 0)
    assert counts(await send(home, file(*rows))) == (1, 2, 0)
    found = (await home.get("/people", q="人")).json()["items"]
    assert [(one["number"], one["card"]) for one in found] == [("1", "b"), ("2", "a"), ("3", "c")]
    assert sorted(told(home)[2:]) == [("1", "b", 2), ("2", "a", 2), ("3", "c", 1)]


@pytest.mark.parametrize("order", [1, -1])
async def test_a_card_that_its_holder_gives_up_goes_to_one_other_alone(home, order):
    await send(home, file(("1", "a"), ("2", "b")))
    handed_on = [("1", "c"), ("3", "a")][::order]
    assert counts(await send(home, file(*handed_on))) == (1, 1, 0)
    kept = [("1", ""), ("4", "c")][::order]
    row_of_4 = 2 + kept.index(("4", "c"))
    assert codes(await send(home, file(*kept))) == {(row_of_4, "card", "CardTaken")}
    two_claim = file(("1", "d"), ("4", "c"), ("5", "c"))
    assert codes(await send(home, two_claim)) == {(4, "card", "CardTwice")}
    found = (await home.get("/people", q="人")).json()["items"]
    assert [one["card"] for one in found] == ["c", "b", "a"]


async def test_a_file_changes_no_card_of_whom_the_caller_may_not_change(home):
    await home.person("BOSS", ("admin", "市直机关"), card="old")
    refused = await send(home, file(("BOSS", "new")), home.bearer("manager", HERE))
    assert codes(refused) == {(2, "number", "NotYours")}
