import json
from uuid import UUID

from sqlmodel import select

from cleanplate_shared.tables import KnownCanteenRow, OutboxRow


def _names(answer):
    assert answer.status_code == 200, answer.text
    return {item["name"] for item in answer.json()["items"]}


async def test_each_sees_the_places_that_their_roles_reach(home):
    everything = {"主管部门", "市直机关", "别的单位"}
    for role, place, organizations, canteens, units in (
        (
            "overseer",
            "主管部门",
            everything,
            {"机关第一食堂", "别处的食堂"},
            {"办公室", "别的处室"},
        ),
        ("admin", "市直机关", {"市直机关"}, {"机关第一食堂"}, {"办公室"}),
        ("manager", "别处的食堂", {"别的单位"}, {"别处的食堂"}, {"别的处室"}),
        ("cook", "机关第一食堂", {"市直机关"}, {"机关第一食堂"}, {"办公室"}),
    ):
        caller = home.bearer(role, place)
        assert _names(await home.get("/organizations", caller)) == organizations
        assert _names(await home.get("/canteens", caller)) == canteens
        assert _names(await home.get("/units", caller)) == units
    diner = home.bearer("diner", "机关第一食堂")
    assert _names(await home.get("/canteens", diner)) == {"机关第一食堂"}
    assert (await home.get("/organizations", diner)).status_code == 403


async def test_a_new_canteen_is_known_here_and_told_to_all_others(home):
    with home.service.db.reading() as session:
        known = session.get(KnownCanteenRow, _id(home, "机关第一食堂"))
        assert known.path == f"/{home.ids['主管部门']}/{home.ids['市直机关']}/"
        rows = session.exec(
            select(OutboxRow).where(OutboxRow.name == "directory.canteen_changed.v1")
        ).all()
    told = {row.subscriber for row in rows if home.ids["机关第一食堂"] in row.payload}
    assert told == {"menu", "forecast", "waste", "report"}


async def test_who_may_eat_everywhere_may_eat_at_a_new_canteen(home):
    person = await home.person("G1", ("diner", "市直机关"))
    body = {"name": "第二食堂", "organization_id": home.ids["市直机关"]}
    new = await home.made("/canteens", body)
    with home.service.db.reading() as session:
        told = select(OutboxRow).where(OutboxRow.name == "directory.people_changed.v1")
        rows = session.exec(told.order_by(OutboxRow.position)).all()
    (last,) = json.loads(rows[-1].payload)["people"]
    assert last["id"] == person["id"]
    assert last["version"] == 2
    assert set(last["canteen_ids"]) == {home.ids["机关第一食堂"], new["id"]}


async def test_a_name_is_taken_once_in_its_place(home):
    body = {"name": "机关第一食堂", "organization_id": home.ids["市直机关"]}
    assert (await home.post("/canteens", body)).json()["type"] == "NameTaken"
    body["organization_id"] = home.ids["别的单位"]
    assert (await home.post("/canteens", body)).status_code == 201


async def test_the_same_request_again_makes_nothing_new(home):
    body = {"name": "新处室", "organization_id": home.ids["市直机关"]}
    key = home.admin | {"Idempotency-Key": "once"}
    first, again = await home.post("/units", body, key), await home.post("/units", body, key)
    assert first.json() == again.json()


async def test_nobody_builds_above_or_beside_what_they_administer(home):
    local = home.bearer("admin", "市直机关")
    body = {"name": "新单位", "kind": "organization"}
    below = await home.post("/organizations", body | {"parent_id": home.ids["市直机关"]}, local)
    assert below.status_code == 201
    for parent, status in (("别的单位", 404), ("主管部门", 404), (None, 403)):
        wanted = body | {"parent_id": home.ids.get(parent)}
        assert (await home.post("/organizations", wanted, local)).status_code == status
    canteen = {"name": "新食堂", "organization_id": home.ids["别的单位"]}
    assert (await home.post("/canteens", canteen, local)).status_code == 404


async def test_a_canteen_manager_changes_nothing_of_the_organisation(home):
    manager = home.bearer("manager", "机关第一食堂")
    body = {"name": "新处室", "organization_id": home.ids["市直机关"]}
    assert (await home.post("/units", body, manager)).status_code == 403
    assert (await home.post("/canteens", body, manager)).status_code == 403


async def test_an_unknown_time_zone_is_refused(home):
    body = {"name": "食堂", "organization_id": home.ids["市直机关"], "time_zone": "Asia/Nowhere"}
    assert (await home.post("/canteens", body)).json()["type"] == "UnknownTimeZone"


def _id(home, name):
    return UUID(home.ids[name])
