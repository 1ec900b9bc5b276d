"""The table of calls that others rely on: each field is there, of its type, and each code."""

import uuid
from datetime import datetime, timedelta

import pytest

from support.world import a_weighing, world

V1 = "/api/v1"
MEAL = {
    "id": uuid.UUID, "canteen_id": uuid.UUID, "date": datetime.fromisoformat, "meal": str,
    "cutoff_at": datetime.fromisoformat, "capacity": int, "registered": int, "dishes": list,
}  # fmt: skip
LISTS = {
    "/directory/canteens": {
        "id": uuid.UUID, "name": str, "organization_id": uuid.UUID, "time_zone": str,
    },
    "/menu/meal-sessions": MEAL,
    "/menu/registrations/mine": {"id": uuid.UUID, "status": str, "pickup_code": str},
}  # fmt: skip


@pytest.fixture
async def made(sqlite_files):
    async with world(sqlite_files.url) as made:
        yield made


def holds(answer, **fields):
    """Check that an answer has the fields; a type must match, a parser must accept."""
    for name, kind in fields.items():
        value = answer[name]
        if isinstance(kind, type) and kind is not uuid.UUID:
            assert type(value) is kind, (name, value)
        else:
            kind(value)


async def get(made, actor, path, **params):
    answer = await made.send(actor, "GET", f"{V1}{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(made, actor, path, body, status):
    answer = await made.send(actor, "POST", f"{V1}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def period(made):
    return {"date_from": made.ids["today"], "date_to": made.ids["tomorrow"]}


async def test_a_sign_in_and_who_signed_in(made):
    form = {"username": "diner", "password": "long enough to keep"}
    answer = await made.suite.peers["directory"].post(f"{V1}/directory/token", data=form)
    holds(answer.json(), access_token=str, token_type=str, expires_in=int, refresh_token=str)
    me = await get(made, "diner", "/directory/me")
    holds(me, id=uuid.UUID, name=str, roles=list, canteen_ids=list, unit_id=uuid.UUID)
    assert (me["roles"], me["canteen_ids"]) == (["diner"], [made.ids["canteen_id"]])


@pytest.mark.parametrize("path", LISTS)
async def test_each_list_has_items_with_their_fields_and_a_cursor(made, path):
    wanted = {} if "directory" in path else period(made)
    if "meal-sessions" in path:
        wanted["canteen_id"] = made.ids["canteen_id"]
    page = await get(made, "diner", path, **wanted)
    assert set(page) == {"items", "next"}
    assert page["items"], "nothing to look at"
    for item in page["items"]:
        holds(item, **LISTS[path])


async def test_a_meal_is_opened_and_its_seats_are_taken_until_the_cut_off(made):
    ids, clock = made.ids, made.suite.services["menu"].state.clock
    soon = clock.at + timedelta(minutes=5)
    wanted = {
        "canteen_id": ids["canteen_id"], "date": ids["tomorrow"], "meal": "dinner",
        "cutoff_at": soon.isoformat(), "capacity": 1, "dishes": [ids["dish_id"]],
    }  # fmt: skip
    meal = await post(made, "manager", "/menu/meal-sessions", wanted, 201)
    holds(meal, **MEAL)
    body = {"meal_session_id": meal["id"], "portion": "small", "dishes": [ids["dish_id"]]}
    mine = await post(made, "diner", "/menu/registrations", body, 201)
    holds(mine, id=uuid.UUID, status=str, pickup_code=str)
    again = await post(made, "diner", "/menu/registrations", body, 409)
    full = await post(made, "other_diner", "/menu/registrations", body, 409)
    assert (again["type"], full["type"]) == ("AlreadyRegistered", "SessionFull")
    gone = await made.send("diner", "DELETE", f"{V1}/menu/registrations/{mine['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    proxy = body | {"person_id": ids["other_diner_id"]}
    other = await post(made, "manager", "/menu/registrations", proxy, 201)
    clock.at = soon
    late = await post(made, "diner", "/menu/registrations", body, 409)
    holds(late, type=str, title=str, status=int, detail=str)
    assert late["type"] == "CutoffPassed"
    kept = await made.send("other_diner", "DELETE", f"{V1}/menu/registrations/{other['id']}")
    assert (kept.status_code, kept.json()["type"]) == (409, "CutoffPassed")


async def test_check_ins_and_who_came(made):
    meal = {"meal_session_id": made.ids["meal_session_id"], "at": made.ids["now"]}
    by_code, nobody = uuid.uuid4(), uuid.uuid4()
    items = [
        {"id": str(by_code), "pickup_code": made.ids["pickup_code"], **meal},
        {"id": str(nobody), "pickup_code": None, "person_id": None, **meal},
        {"id": str(by_code), "pickup_code": made.ids["pickup_code"], **meal},
        {"id": str(uuid.uuid4()), "pickup_code": "ZZZZZZ", **meal},
    ]
    path = f"/menu/meal-sessions/{made.ids['meal_session_id']}/attendance"
    before = await get(made, "cook", path)
    results = (await post(made, "cook", "/menu/check-ins:batch", {"items": items}, 200))["results"]
    found = [result["outcome"] for result in results]
    assert found == ["created", "created", "duplicate", "rejected"]
    assert [result["problem"] is None for result in results] == [True, True, True, False]
    came = await get(made, "cook", path)
    holds(came, registered=int, served=int, no_shows=int, walk_ins=int)
    more = [came[name] - before[name] for name in ("registered", "served", "walk_ins")]
    assert more == [0, 2, 1]


async def test_a_forecast(made):
    await made.suite.settle()
    answer = await get(made, "cook", f"/forecast/meal-sessions/{made.ids['meal_session_id']}")
    holds(answer, mean=float, registered=int, model=str, made_at=datetime.fromisoformat)
    assert set(answer["quantiles"]) == {"0.1", "0.5", "0.9"}


async def test_what_to_cook_and_what_to_buy(made):
    recipe = {"ingredients": [{"name": "冬瓜", "net_milligrams": 90_000}]}
    await post(made, "manager", f"/menu/dishes/{made.ids['dish_id']}/recipes", recipe, 201)
    await made.suite.settle()
    path = f"/forecast/meal-sessions/{made.ids['meal_session_id']}/production-plan"
    plan = await get(made, "cook", path)
    assert plan["dishes"]
    for dish in plan["dishes"]:
        holds(dish, portions=int, quantile=float, grams=int, reason=str)
    days = {"date_from": made.ids["tomorrow"], "date_to": made.ids["tomorrow"]}
    wanted = {"canteen_id": made.ids["canteen_id"], **days}
    page = await get(made, "cook", "/forecast/purchase-plan", **wanted)
    assert [item["ingredient"] for item in page["items"]] == ["冬瓜"]
    for item in page["items"]:
        holds(item, needed_grams=int, on_hand_grams=int, to_buy_grams=int, packs=int, reason=str)


async def test_weighings_and_their_summary(made):
    item = a_weighing(made.ids["canteen_id"], made.ids["now"])
    item |= {"meal_session_id": None, "reason": "taste", "container": "盆"}
    broken = item | {"id": str(uuid.uuid4()), "stream": "gold"}
    sent = {"items": [item, item, item | {"gross_grams": 9000}, broken]}
    results = (await post(made, "cook", "/waste/weighings:batch", sent, 200))["results"]
    assert [set(result) for result in results] == [{"id", "outcome", "problem"}] * 4
    found = [result["outcome"] for result in results]
    assert found == ["created", "duplicate", "rejected", "rejected"]
    assert results[2]["problem"]["type"] == "IdempotencyKeyReused"
    many = {"items": [item | {"id": str(uuid.uuid4())} for _ in range(501)]}
    await post(made, "cook", "/waste/weighings:batch", many, 422)
    for by, named in (("day", "date"), ("meal", "meal"), ("stream", "stream")):
        page = await get(
            made, "cook", "/waste/summary", canteen_id=made.ids["canteen_id"], by=by, **period(made)
        )
        assert page["items"]
        for line in page["items"]:
            holds(line, net_grams=int, complete=bool)
            assert {"served", "grams_per_diner_meal", named} <= set(line)


async def test_a_month_of_a_canteen_and_of_an_organisation(made):
    for scope in ("canteen_id", "organization_id"):
        wanted = {scope: made.ids[scope], "month": made.ids["month"], "format": "json"}
        report = await get(made, "overseer", "/report/monthly", **wanted)
        assert report["figures"]["month"] == made.ids["month"]


CREATING = [
    ("root", "/directory/units", {"name": "新", "organization_id": "{organization_id}"}),
    ("root", "/directory/canteens", {"name": "新", "organization_id": "{organization_id}"}),
    ("root", "/directory/organizations",
     {"name": "新", "kind": "organization", "parent_id": "{organization_id}"}),
    ("root", "/directory/people",
     {"name": "新", "number": "N9", "user_name": "newone", "unit_id": "{unit_id}"}),
    ("manager", "/menu/dishes",
     {"name": "新", "canteen_id": "{canteen_id}", "kind": "meat", "portion_grams": 1}),
    ("manager", "/menu/meal-sessions",
     {"canteen_id": "{canteen_id}", "date": "{tomorrow}", "meal": "dinner",
      "cutoff_at": "{cutoff}", "capacity": 1}),
    ("other_diner", "/menu/registrations", {"meal_session_id": "{meal_session_id}"}),
]  # fmt: skip


async def test_each_post_that_creates_takes_a_key(made):
    for actor, path, template in CREATING:
        body = {k: v.format(**made.ids) if isinstance(v, str) else v for k, v in template.items()}
        peer = made.suite.peers[path.split("/")[1]]
        headers = {"Authorization": f"Bearer {made.tokens[actor]}", "Idempotency-Key": path}
        first, again = [await peer.post(V1 + path, json=body, headers=headers) for _ in range(2)]
        assert (first.status_code, again.status_code) == (201, 201), again.text
        assert first.json() == again.json(), path
        other = body | ({"name": "别"} if "name" in body else {"dishes": [str(uuid.uuid4())]})
        reused = await peer.post(V1 + path, json=other, headers=headers)
        assert (reused.status_code, reused.json()["type"]) == (422, "IdempotencyKeyReused"), path


async def test_a_day_before_the_first_is_refused_with_its_field(made):
    wanted = {"canteen_id": "x", "date_from": "1999", "date_to": made.ids["today"]}
    answer = await made.send("diner", "GET", f"{V1}/menu/meal-sessions", params=wanted)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    for error in answer.json()["errors"]:
        holds(error, field=str, code=str, message=str)
    assert {error["field"] for error in answer.json()["errors"]} == {"canteen_id", "date_from"}
