import json
from uuid import UUID, uuid4

from sqlmodel import select

from cleanplate_shared.tables import OutboxRow

HERE, ELSEWHERE = "机关第一食堂", "别处的食堂"
# who, gives what, and the answer
GIVING = [
    (("manager", HERE), ("diner", HERE), 201),
    (("manager", HERE), ("cook", HERE), 201),
    (("manager", HERE), ("manager", HERE), 403),
    (("manager", HERE), ("supervisor", HERE), 403),
    (("manager", HERE), ("admin", HERE), 403),
    (("manager", HERE), ("diner", ELSEWHERE), 404),
    (("manager", HERE), ("diner", "市直机关"), 403),
    (("manager", HERE), ("diner", "主管部门"), 404),
    (("manager", "市直机关"), ("cook", "市直机关"), 201),
    (("manager", "市直机关"), ("admin", "市直机关"), 403),
    (("admin", "市直机关"), ("admin", "市直机关"), 201),
    (("admin", "市直机关"), ("overseer", "主管部门"), 404),
    (("admin", "市直机关"), ("diner", ELSEWHERE), 404),
    (("admin", HERE), ("admin", HERE), 201),
    (("admin", HERE), ("admin", "市直机关"), 403),
    (("overseer", "主管部门"), ("diner", HERE), 403),
    (("supervisor", HERE), ("diner", HERE), 403),
    (("cook", HERE), ("diner", HERE), 403),
    (("diner", HERE), ("diner", HERE), 403),
]


def _told(home):
    with home.service.db.reading() as session:
        wanted = select(OutboxRow).where(OutboxRow.name == "directory.people_changed.v1")
        rows = session.exec(wanted.order_by(OutboxRow.position)).all()
    return [person for row in rows for person in json.loads(row.payload)["people"]]


async def test_a_new_person_is_told_to_menu_with_where_they_may_eat(home):
    person = await home.person("P1", ("diner", HERE))
    assert person["one_time_password"] is None
    assert person["grants"] == [
        {"role": "diner", "canteen_id": home.ids[HERE], "organization_id": None}
    ]
    assert _told(home) == [{
        "id": person["id"], "name": "人P1", "number": "P1", "unit_id": home.ids["办公室"],
        "unit": "办公室", "canteen_ids": [home.ids[HERE]], "active": True, "version": 1,
        "card": None,
    }]  # fmt: skip


async def test_an_overseer_eats_nowhere(home):
    await home.person("P1", ("overseer", "主管部门"), ("admin", "市直机关"))
    assert _told(home)[0]["canteen_ids"] == []


async def test_a_number_is_taken_once_in_an_organisation_and_a_user_name_once(home):
    await home.person("P1", ("diner", HERE), user_name="Zhang")
    same = home.person_body("P1", ("diner", HERE))
    assert (await home.post("/people", same)).json()["type"] == "NumberTaken"
    named = home.person_body("P2", ("diner", HERE), user_name="zHANG")
    assert (await home.post("/people", named)).json()["type"] == "UserNameTaken"
    elsewhere = same | {"unit_id": home.ids["别的处室"]}
    assert (await home.post("/people", elsewhere)).status_code == 201


async def test_nobody_gives_more_than_they_have(home):
    for number, (caller, given, status) in enumerate(GIVING):
        body = home.person_body(f"X{number}", given)
        answer = await home.post("/people", body, home.bearer(*caller))
        assert answer.status_code == status, (caller, given, answer.text)


async def test_one_bad_role_among_good_ones_adds_nobody(home):
    body = home.person_body("X1", ("diner", HERE), ("admin", HERE))
    assert (await home.post("/people", body, home.bearer("manager", HERE))).status_code == 403
    assert (await home.get("/people", q="X1")).json()["items"] == []


async def test_a_person_without_a_place_or_with_a_foreign_unit_is_refused(home):
    nowhere = home.person_body("X1", unit_id=None)
    assert (await home.post("/people", nowhere)).json()["type"] == "NoOrganization"
    manager = home.bearer("manager", HERE)
    for unit in (home.ids["别的处室"], str(uuid4())):
        foreign = home.person_body("X1", ("diner", HERE), unit_id=unit)
        assert (await home.post("/people", foreign, manager)).status_code == 404
    without_role = home.person_body("X1")
    assert (await home.post("/people", without_role, manager)).status_code == 403


async def test_fields_that_are_not_ours_to_set_are_refused(home):
    for more in (
        {"active": False},
        {"version": 9},
        {"password_hash": "x"},
        {"organization_id": str(uuid4())},
    ):
        assert (await home.post("/people", home.person_body("X1") | more)).status_code == 422


async def test_managers_see_their_own_people_and_nobody_else(home):
    await home.person("A1", ("diner", HERE))
    await home.person("A2", ("diner", "市直机关"))
    await home.person("B1", ("diner", ELSEWHERE), unit_id=home.ids["别的处室"])
    await home.person("A3", ("admin", "市直机关"))

    async def numbers(role, place):
        answer = await home.get("/people", home.bearer(role, place))
        return [item["number"] for item in answer.json()["items"]]

    assert await numbers("manager", HERE) == ["A1", "A2"]
    assert await numbers("manager", ELSEWHERE) == ["B1"]
    assert await numbers("admin", "市直机关") == ["A1", "A2", "A3"]
    assert await numbers("admin", "主管部门") == ["A1", "A2", "A3", "B1", "admin"]
    for role in ("diner", "cook", "supervisor", "overseer"):
        assert (await home.get("/people", home.bearer(role, "主管部门"))).status_code == 403


async def test_pages_follow_each_other_and_a_search_finds(home):
    for n in range(5):
        await home.person(f"N{n}", ("diner", HERE), name=f"百分之{n}%")
    manager = home.bearer("manager", HERE)
    first = (await home.get("/people", manager, limit=3)).json()
    rest = (await home.get("/people", manager, limit=3, cursor=first["next"])).json()
    assert [p["number"] for p in first["items"] + rest["items"]] == [f"N{n}" for n in range(5)]
    assert rest["next"] is None
    assert len((await home.get("/people", manager, q="n3")).json()["items"]) == 1
    assert len((await home.get("/people", manager, q="3%")).json()["items"]) == 1
    assert (await home.get("/people", manager, q="_")).json()["items"] == []
    for cursor in ("x", "e30=", "名"):
        answer = await home.get("/people", manager, cursor=cursor)
        assert answer.json()["type"] == "CursorUnreadable"


async def test_a_manager_gives_passwords_to_their_cooks_and_to_nobody_higher(home):
    cook = await home.person("C1", ("cook", HERE), user_name="cook1")
    boss = await home.person("C2", ("manager", HERE), ("diner", HERE), user_name="boss")
    manager = home.bearer("manager", HERE)
    given = await home.post(f"/people/{cook['id']}/one-time-password", {}, manager)
    assert given.json()["one_time_password"] not in {None, cook["one_time_password"]}
    assert (await home.sign_in("cook1", cook["one_time_password"])).status_code == 401
    assert (await home.sign_in("cook1", given.json()["one_time_password"])).status_code == 200
    for path in ("one-time-password", "sign-ins:end"):
        assert (await home.post(f"/people/{boss['id']}/{path}", {}, manager)).status_code == 403
        foreign = home.bearer("admin", "别的单位")
        assert (await home.post(f"/people/{cook['id']}/{path}", {}, foreign)).status_code == 404
        assert (await home.post(f"/people/{uuid4()}/{path}", {}, manager)).status_code == 404
    assert (await home.sign_in("boss", boss["one_time_password"])).status_code == 200


async def test_who_has_no_user_name_gets_no_password(home):
    person = await home.person("D1", ("diner", HERE))
    answer = await home.post(f"/people/{person['id']}/one-time-password", {})
    assert answer.json()["type"] == "NoUserName"


async def test_the_same_person_sent_twice_is_added_once(home):
    body = home.person_body("P1", ("diner", HERE), user_name="twice")
    key = home.admin | {"Idempotency-Key": "k1"}
    first, again = await home.post("/people", body, key), await home.post("/people", body, key)
    assert first.json() == again.json()
    assert UUID(first.json()["id"])
