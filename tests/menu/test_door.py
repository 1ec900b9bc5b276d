import asyncio
import random
import uuid
from datetime import datetime, time, timedelta

import pytest
from sqlmodel import col, func, select

from cleanplate_menu.actions.door.checking_in import check_in as record
from cleanplate_menu.models import CheckInRow, MealSessionRow, RegistrationRow
from cleanplate_shared.contracts.menu import CheckInItem
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import Grant, Role
from support.door import at, code_of, groups, here, known, token_at
from support.identities import bearer
from support.menus import MENU, attendance, check_in, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN, SHANGHAI


def outcomes(results: list[dict]) -> list[str]:
    return [r["problem"]["type"] if r["problem"] else r["outcome"] for r in results]


async def undo(service, check_in_id: str, canteen_id=CANTEEN):
    return await service.client.delete(
        f"{MENU}/check-ins/{check_in_id}", headers=token_at(service, "cook", canteen_id)
    )


async def roster(service, meal: dict, **headers):
    return await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/roster",
        headers=token_at(service, "cook", CANTEEN) | headers,
    )


async def test_a_staff_number_checks_in_the_registered_and_the_known(service):
    meal = await open_meal(service)
    diner, walk_in = known(service, "A0001"), known(service, "A0002")
    await register(service, meal, diner)
    away = known(service, "A0003", canteen_id=OTHER_CANTEEN)
    results = await check_in(
        service,
        here(meal, number="A0001"),
        here(meal, number="A0001"),
        here(meal, person_id=str(diner)),
        here(meal, number="A0002"),
        here(meal, person_id=str(walk_in)),
        here(meal, number="A0003"),
        here(meal, number="nobody"),
        here(meal, number="A0003", person_id=str(away)),
    )
    assert outcomes(results) == [
        "created", "AlreadyServed", "AlreadyServed", "created", "AlreadyServed",
        "NotFound", "NotFound", "CodeOrPerson",
    ]  # fmt: skip
    shown = await attendance(service, meal)
    assert shown == {"registered": 1, "served": 2, "no_shows": 0, "walk_ins": 1}


async def test_a_number_used_at_two_canteens_is_that_of_the_one_who_eats_here(service):
    meal = await open_meal(service)
    known(service, "A0001", canteen_id=OTHER_CANTEEN)
    mine = known(service, "A0001")
    (result,) = await check_in(service, here(meal, number="A0001"))
    assert result["outcome"] == "created"
    with service.db.reading() as session:
        assert session.exec(select(CheckInRow.person_id)).one() == mine


async def test_one_code_checks_in_the_whole_group_and_its_host_still_has_a_seat(service):
    meal = await open_meal(service)
    host = known(service, "A0001")
    own = (await register(service, meal, host, portion="half")).json()
    code = groups(service, meal, host, headcount=8)
    results = await check_in(
        service,
        here(meal, pickup_code=code),
        here(meal, pickup_code=code),
        here(meal, pickup_code=own["pickup_code"]),
    )
    assert outcomes(results) == ["created", "AlreadyServed", "created"]
    shown = await attendance(service, meal)
    assert shown == {"registered": 9, "served": 9, "no_shows": 0, "walk_ins": 0}
    portions = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/registrations", headers=bearer("cook", CANTEEN)
    )
    assert portions.json()["portions"] == {"full": 8, "half": 1, "small": 0}
    assert _broken(service) == 0


async def test_a_group_that_stays_away_is_counted_by_heads_and_forgotten_so(service):
    meal = await open_meal(service)
    groups(service, meal, known(service, "A0001"), headcount=8)
    code = groups(service, meal, known(service, "A0002"), headcount=3)
    await check_in(service, here(meal, pickup_code=code), here(meal))
    before = await attendance(service, meal)
    assert before == {"registered": 11, "served": 4, "no_shows": 8, "walk_ins": 1}
    service.clock.at += timedelta(92)
    service.run_jobs()
    answer = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/attendance", headers=token_at(service, "cook", CANTEEN)
    )
    assert before.items() <= answer.json().items()


async def test_items_of_several_callers_are_judged_in_one_transaction_each_by_its_rights(service):
    mine, theirs = await open_meal(service), await open_meal(service, canteen_id=OTHER_CANTEEN)
    items = [
        (_cook(canteen), CheckInItem(id=uuid.uuid4(), meal_session_id=meal["id"],
                                     at=service.clock.at))
        for canteen, meal in (
            (CANTEEN, mine), (OTHER_CANTEEN, theirs), (CANTEEN, theirs), (OTHER_CANTEEN, mine),
        )
    ]  # fmt: skip
    with service.db.transaction() as session:
        outcome = record(session, items)
    assert [str(one) if isinstance(one, str) else type(one).__name__ for one in outcome] == [
        "created", "created", "NotFound", "NotFound",
    ]  # fmt: skip


async def test_a_walk_in_tapped_twice_is_taken_back_and_its_repeat_counts_nobody(service):
    meal = await open_meal(service)
    diner = (await register(service, meal)).json()
    mistake, scan = here(meal) | {"id": str(uuid.uuid4())}, here(meal, **code_of(diner))
    scan["id"] = str(uuid.uuid4())
    await check_in(service, mistake, scan)
    assert (await undo(service, mistake["id"])).status_code == 204
    assert (await undo(service, mistake["id"])).status_code == 204
    assert (await undo(service, scan["id"])).status_code == 204
    assert (await attendance(service, meal))["served"] == 0
    assert outcomes(await check_in(service, mistake, scan)) == ["duplicate"] * 2
    assert (await attendance(service, meal))["served"] == 0
    anew = await check_in(service, here(meal, **code_of(diner)))
    assert outcomes(anew) == ["created"]
    assert (await attendance(service, meal))["served"] == 1


@pytest.mark.parametrize(("seconds", "status"), [(599, 204), (600, 409)])
async def test_a_check_in_is_taken_back_within_ten_minutes(service, seconds, status):
    meal = await open_meal(service)
    item = here(meal) | {"id": str(uuid.uuid4())}
    await check_in(service, item)
    service.clock.at += timedelta(seconds=seconds)
    assert (await undo(service, item["id"])).status_code == status


async def test_nobody_else_takes_a_check_in_back(service):
    meal = await open_meal(service)
    item = here(meal) | {"id": str(uuid.uuid4())}
    await check_in(service, item)
    assert (await undo(service, item["id"], OTHER_CANTEEN)).status_code == 404
    assert (await undo(service, str(uuid.uuid4()))).status_code == 404
    assert (await attendance(service, meal))["served"] == 1


@pytest.mark.parametrize(
    ("hours", "status"), [(-6.001, 409), (-6, 200), (12, 200), (23.999, 200), (24, 409)]
)
async def test_names_are_shown_from_the_evening_before_until_the_day_ends(service, hours, status):
    meal = await open_meal(service)
    midnight = datetime.combine(datetime.fromisoformat(meal["date"]), time(), SHANGHAI)
    service.clock.at = at(midnight + timedelta(hours=hours))
    assert (await roster(service, meal)).status_code == status


async def test_the_list_knows_what_the_door_needs_and_changes_its_tag_with_a_check_in(service):
    meal = await open_meal(service)
    diner = known(service, "A0001")
    mine = (await register(service, meal, diner, portion="small")).json()
    code = groups(service, meal, known(service, "A0002"), headcount=5)
    service.clock.at = at(
        datetime.combine(datetime.fromisoformat(meal["date"]), time(11), SHANGHAI)
    )
    first = await roster(service, meal)
    entries = {entry["code"]: entry for entry in first.json()["entries"]}
    assert entries[mine["pickup_code"]] == {
        "registration_id": mine["id"], "code": mine["pickup_code"], "name": "示例A0001",
        "number": "A0001", "card_hash": None, "unit": None, "kind": "person", "headcount": 1,
        "portion": "small", "rice": "normal", "choice": None, "served": False,
    }  # fmt: skip
    assert (entries[code]["headcount"], entries[code]["kind"]) == (5, "guest")
    tag = {"If-None-Match": first.headers["etag"]}
    again = await roster(service, meal, **tag)
    assert (again.status_code, again.content) == (304, b"")
    with service.db.transaction() as session:
        registration = uuid.UUID(mine["id"])
        session.add(CheckInRow(id=uuid.uuid4(), meal_session_id=uuid.UUID(meal["id"]),
                               registration_id=registration, at=service.clock.at,
                               content_hash="x"))  # fmt: skip
    changed = await roster(service, meal, **tag)
    assert changed.status_code == 200
    assert [entry["served"] for entry in changed.json()["entries"]].count(True) == 1


async def test_the_list_is_for_the_kitchen_alone(service):
    meal = await open_meal(service)
    for role, canteen, status in (
        ("diner", CANTEEN, 403), ("overseer", CANTEEN, 403), ("cook", OTHER_CANTEEN, 404),
    ):  # fmt: skip
        answer = await service.client.get(
            f"{MENU}/meal-sessions/{meal['id']}/roster", headers=bearer(role, canteen)
        )
        assert answer.status_code == status


async def test_five_thousand_queued_check_ins_sent_three_times_by_two_tabs_are_five_thousand(
    service,
):
    """Offline for 30 days; two tabs share one queue and send it shuffled."""
    meal = await open_meal(service, capacity=6_000)
    codes = _many(service, meal, 4_000)
    queued = [here(meal, pickup_code=code) for code in codes] + [here(meal) for _ in range(1_000)]
    queued = [
        item | {"id": str(uuid.uuid4()), "at": service.clock.at.isoformat()} for item in queued
    ]
    service.clock.at += timedelta(days=30)

    async def tab(seed: int) -> None:
        order = random.Random(seed)  # noqa: S311
        for _ in range(3):
            shuffled = order.sample(queued, len(queued))
            for start in range(0, len(shuffled), 500):
                answer = await service.client.post(
                    f"{MENU}/check-ins:batch",
                    json={"items": shuffled[start : start + 500]},
                    headers=token_at(service, "cook", CANTEEN),
                )
                assert answer.status_code == 200, answer.text
                assert set(outcomes(answer.json()["results"])) <= {"created", "duplicate"}

    await asyncio.gather(tab(1), tab(2))
    with service.db.reading() as session:
        rows, used = session.exec(
            select(func.count(), func.count(func.distinct(col(CheckInRow.registration_id))))
        ).one()
    assert (rows, used) == (5_000, 4_000)
    changed = queued[0] | {"at": (service.clock.at - timedelta(1)).isoformat()}
    assert outcomes(await _send(service, changed)) == ["IdempotencyKeyReused"]


async def test_without_lasting_ids_the_same_queue_counts_walk_ins_again(service):
    """The control of the replay: what makes it safe is the id that stays."""
    meal = await open_meal(service)
    queued = [here(meal) for _ in range(20)]
    for _ in range(2):
        await check_in(service, *queued)  # fresh ids each time
    assert (await attendance(service, meal))["walk_ins"] == 40


async def _send(service, *items: dict) -> list[dict]:
    answer = await service.client.post(
        f"{MENU}/check-ins:batch",
        json={"items": list(items)},
        headers=token_at(service, "cook", CANTEEN),
    )
    return answer.json()["results"]


def _many(service, meal: dict, count: int) -> list[str]:
    """Register people in one go; return their codes."""
    codes = [f"{n:06X}".translate(str.maketrans("ILOU", "1100")) for n in range(count)]
    with service.db.transaction() as session:
        row = session.get_one(MealSessionRow, uuid.UUID(meal["id"]))
        row.registered += count
        session.add_all(
            RegistrationRow(meal_session_id=row.id, person_id=uuid.uuid4(), portion="full",
                            status="registered", pickup_code=code, registered_at=service.clock.at)
            for code in codes
        )  # fmt: skip
    return codes


def _cook(canteen_id: uuid.UUID) -> Identity:
    return Identity(
        person_id=uuid.uuid4(), name="Test", unit_id=None, session_id=uuid.uuid4(),
        issued_at=datetime.now(SHANGHAI), expires_at=datetime.now(SHANGHAI) + timedelta(1),
        must_change_password=False,
        grants=[Grant(role=Role.COOK, canteen_id=canteen_id)],
    )  # fmt: skip


def _broken(service) -> int:
    """Return how often the doctor finds seats that are not heads registered."""
    statement = service.app.state.service.invariants["seats taken = heads registered"]
    with service.db.reading() as session:
        return session.connection().exec_driver_sql(statement).scalar_one()


async def test_a_batch_of_which_nothing_can_be_read_is_answered_item_by_item(service):
    meal = await open_meal(service)
    results = await check_in(service, here(meal, at="yesterday"), here(meal, number="\n"))
    assert outcomes(results) == ["Unprocessable"] * 2
