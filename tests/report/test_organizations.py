import uuid

import pytest
from sqlalchemy import event

from cleanplate_shared.contracts.directory import Canteen, CanteenChanged
from cleanplate_shared.roles import Grant
from support.facts import a_day, a_session, held, weighed
from support.identities import bearer, claims_of, sign
from support.services import CANTEEN, ORGANIZATION, OTHER_CANTEEN, OTHER_ORGANIZATION

PROVINCE = uuid.UUID("00000000-0000-4000-8000-0000000000f0")
SECOND = uuid.UUID("00000000-0000-4000-8000-0000000000c3")
LONG = {"iat": 0, "exp": 2**33}


def canteen_told(canteen_id, name, *above, version=2, **names):
    canteen = Canteen(
        id=canteen_id, name=name, organization_id=above[-1], time_zone="Asia/Shanghai"
    )
    return CanteenChanged(
        canteen=canteen,
        path="".join(f"/{one}" for one in above) + "/",
        version=version,
        **names,
    )


@pytest.fixture
async def province(service):
    """A province with two organisations: two canteens in the first, one in the other."""
    await service.tell(
        canteen_told(CANTEEN, "机关第一食堂", PROVINCE, ORGANIZATION),
        canteen_told(SECOND, "机关第二食堂", PROVINCE, ORGANIZATION),
        canteen_told(OTHER_CANTEEN, "别处的食堂", PROVINCE, OTHER_ORGANIZATION),
        weighed(
            a_day("2026-06-01", 100, plate=1000),
            a_day("2026-06-01", 300, canteen_id=SECOND, plate=9000),
            a_day("2026-06-02", 300, canteen_id=SECOND, complete=False, plate=1),
            a_day("2026-06-01", 600, canteen_id=OTHER_CANTEEN, plate=600),
            a_day("2025-06-01", 10, canteen_id=OTHER_CANTEEN, plate=100),
        ),
        held(
            a_session("2026-06-01"),
            a_session("2026-06-01", canteen_id=SECOND),
            a_session("2026-06-01", canteen_id=OTHER_CANTEEN),
        ),
    )
    return service


async def test_an_organisation_is_the_sum_of_its_canteens(province, monthly):
    overseer = bearer("overseer", organization_id=PROVINCE, **LONG)
    report = await monthly(overseer, organization_id=ORGANIZATION)
    assert (report["canteen_id"], report["organization_id"]) == (None, str(ORGANIZATION))
    assert report["figures"]["net_grams"] == 10_000
    assert report["figures"]["grams_per_diner_meal"] == 25.0  # not the mean of 10 and 30
    assert report["figures"]["served"] == 200
    assert (report["figures"]["days_open"], report["figures"]["days_complete"]) == (3, 2)
    assert [
        (line["name"], line["grams_per_diner_meal"], line["diner_meals"])
        for line in report["canteens"]
    ] == [("机关第一食堂", 10.0, 100), ("机关第二食堂", 30.0, 300)]


async def test_an_overseer_sees_everything_below(province, monthly):
    overseer = bearer("overseer", organization_id=PROVINCE, **LONG)
    report = await monthly(overseer, organization_id=PROVINCE)
    assert report["figures"]["net_grams"] == 10_600
    assert report["figures"]["diner_meals"] == 1000
    assert report["same_month_last_year"]["net_grams"] == 100
    assert len(report["canteens"]) == 3


async def test_a_canteen_without_a_single_day_has_its_line(province, monthly):
    overseer = bearer("overseer", organization_id=PROVINCE, **LONG)
    report = await monthly(overseer, organization_id=OTHER_ORGANIZATION, month="2026-05")
    assert report["canteens"][0]["grams_per_diner_meal"] is None
    assert report["canteens"][0]["days_open"] == 0


async def test_a_reader_of_one_canteen_sees_only_that_part(province, monthly):
    manager = bearer("manager", SECOND, **LONG)
    report = await monthly(manager, organization_id=ORGANIZATION)
    assert report["figures"]["net_grams"] == 9000
    assert [line["name"] for line in report["canteens"]] == ["机关第二食堂"]


async def test_being_a_diner_elsewhere_adds_nothing(province, monthly):
    grants = [
        Grant(role="manager", canteen_id=SECOND),
        Grant(role="diner", organization_id=PROVINCE),
    ]
    token = sign(claims_of(*grants, **LONG))
    report = await monthly({"Authorization": f"Bearer {token}"}, organization_id=ORGANIZATION)
    assert len(report["canteens"]) == 1


@pytest.mark.parametrize(
    ("role", "scope", "query", "status"),
    [
        ("manager", {"canteen_id": OTHER_CANTEEN}, {"canteen_id": CANTEEN}, 404),
        ("manager", {"canteen_id": OTHER_CANTEEN}, {"organization_id": ORGANIZATION}, 404),
        ("overseer", {"organization_id": OTHER_ORGANIZATION}, {"canteen_id": CANTEEN}, 404),
        ("overseer", {"organization_id": PROVINCE}, {"organization_id": uuid.uuid4()}, 404),
        ("overseer", {"organization_id": PROVINCE}, {"canteen_id": uuid.uuid4()}, 404),
        ("diner", {"canteen_id": CANTEEN}, {"canteen_id": CANTEEN}, 403),
        ("diner", {"organization_id": PROVINCE}, {"organization_id": PROVINCE}, 403),
        ("cook", {"canteen_id": CANTEEN}, {"canteen_id": CANTEEN}, 200),
        ("supervisor", {"organization_id": PROVINCE}, {"canteen_id": CANTEEN}, 200),
        ("admin", {"organization_id": PROVINCE}, {"organization_id": PROVINCE}, 200),
    ],
)
async def test_who_may_see_what(province, role, scope, query, status):
    answer = await province.client.get(
        "/api/v1/report/monthly",
        params={"month": "2026-06"} | query,
        headers=bearer(role, **scope),
    )
    assert answer.status_code == status, answer.text


async def test_without_a_sign_in_there_is_no_report(province):
    query = {"month": "2026-06", "canteen_id": CANTEEN}
    answer = await province.client.get("/api/v1/report/monthly", params=query)
    assert answer.status_code == 401


async def test_an_organisation_bears_the_name_that_was_told(province, monthly):
    names = {ORGANIZATION: "示例市直机关", PROVINCE: "示例省机关事务管理局"}
    told = canteen_told(
        CANTEEN, "机关第一食堂", PROVINCE, ORGANIZATION, version=3, organization_names=names
    )
    await province.tell(told)
    overseer = bearer("overseer", organization_id=PROVINCE, **LONG)
    assert (await monthly(overseer, organization_id=ORGANIZATION))["name"] == "示例市直机关"
    assert (await monthly(overseer, organization_id=PROVINCE))["name"] == "示例省机关事务管理局"


async def test_an_organisation_never_named_bears_the_names_of_its_canteens(province, monthly):
    overseer = bearer("overseer", organization_id=PROVINCE, **LONG)
    report = await monthly(overseer, organization_id=ORGANIZATION)
    assert report["name"] == "机关第一食堂、机关第二食堂"
    more = [canteen_told(uuid.uuid4(), f"食堂{n}", PROVINCE, ORGANIZATION) for n in (3, 4)]
    await province.tell(*more)
    report = await monthly(overseer, organization_id=ORGANIZATION)
    assert report["name"].endswith("等（另有 1 个）")
    english = await monthly(overseer | {"Accept-Language": "en"}, organization_id=ORGANIZATION)
    assert english["name"].endswith("and 1 more")


async def test_the_number_of_queries_does_not_grow_with_the_canteens(province, monthly):
    seen: list[str] = []

    @event.listens_for(province.db.engine, "before_cursor_execute")
    def count(connection, cursor, statement, *_):
        seen.append(statement)

    overseer = bearer("overseer", organization_id=PROVINCE, **LONG)
    await monthly(overseer, organization_id=OTHER_ORGANIZATION)
    with_one = sum("SELECT" in statement for statement in seen)
    seen.clear()
    await province.tell(
        *(canteen_told(uuid.uuid4(), f"食堂{n}", PROVINCE, ORGANIZATION) for n in range(30))
    )
    seen.clear()
    await monthly(overseer, organization_id=PROVINCE)
    assert sum("SELECT" in statement for statement in seen) <= with_one + 1  # + revocations
