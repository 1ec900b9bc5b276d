import asyncio
import uuid
from datetime import timedelta

from sqlalchemy import func, select

from cleanplate_menu.models import REGISTRATIONS, SESSIONS
from cleanplate_shared.contracts.directory import KnownPerson, PeopleChanged
from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.tables import OutboxRow
from support.identities import bearer
from support.menus import MENU, attendance, check_in, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN

WALK_IN = uuid.UUID("00000000-0000-4000-8000-000000000002")


def outcomes(results: list[dict]) -> list[str]:
    return [r["problem"]["type"] if r["problem"] else r["outcome"] for r in results]


async def know(service, person_id=WALK_IN) -> None:
    person = KnownPerson(
        id=person_id, name="李四", number="A0002", unit_id=None, unit=None,
        canteen_ids=[CANTEEN], active=True, version=1,
    )  # fmt: skip
    await service.tell(PeopleChanged(people=[person]))


async def cancel(service, made: dict):
    return await service.client.delete(
        f"{MENU}/registrations/{made['id']}",
        headers=bearer("diner", CANTEEN, person_id=uuid.UUID(made["person_id"])),
    )


async def count(service, meal: dict, served: int) -> dict:
    answer = await service.client.put(
        f"{MENU}/meal-sessions/{meal['id']}/attendance-count",
        json={"served": served},
        headers=bearer("cook", CANTEEN),
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def facts(service):
    """Return what the other services are told next of the one meal."""
    service.run_jobs()
    with service.db.transaction() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.subscriber == "report")).all()
        events = [MealSessionsChanged.model_validate_json(row.payload) for row in rows]
        for row in session.scalars(select(OutboxRow)):
            session.delete(row)
    return [fact for event in events for fact in event.sessions]


async def test_registered_diners_and_walk_ins_are_counted_apart(service):
    await know(service)
    meal = await open_meal(service)
    first, second, _ = [(await register(service, meal)).json() for _ in range(3)]
    here = {"meal_session_id": meal["id"]}
    results = await check_in(
        service,
        here | {"pickup_code": first["pickup_code"]},
        here | {"person_id": second["person_id"]},
        here | {"person_id": str(WALK_IN)},
        here,
        here,
    )
    assert outcomes(results) == ["created"] * 5
    shown = await attendance(service, meal)
    assert shown == {"registered": 3, "served": 5, "no_shows": 1, "walk_ins": 3}


async def test_each_item_of_a_batch_has_its_own_outcome(service):
    await know(service)
    meal = await open_meal(service)
    dinner = await open_meal(service, meal="dinner")
    foreign = await open_meal(service, canteen_id=OTHER_CANTEEN)
    made, other = (await register(service, meal)).json(), (await register(service, dinner)).json()
    away = (await register(service, foreign)).json()
    gone = (await register(service, meal)).json()
    assert (await cancel(service, gone)).status_code == 204
    here, item_id = {"meal_session_id": meal["id"]}, str(uuid.uuid4())
    served = here | {"id": item_id, "pickup_code": made["pickup_code"]}
    cases = [
        (served, "created"),
        (served, "duplicate"),
        (here | {"id": item_id}, "IdempotencyKeyReused"),
        (here | {"pickup_code": made["pickup_code"]}, "AlreadyServed"),
        (here | {"person_id": made["person_id"]}, "AlreadyServed"),
        (here | {"pickup_code": other["pickup_code"]}, "OtherMeal"),
        (here | {"pickup_code": away["pickup_code"]}, "OtherCanteen"),
        (here | {"pickup_code": "ZZZZZZZZ"}, "UnknownCode"),
        (here | {"pickup_code": gone["pickup_code"]}, "RegistrationCancelled"),
        (here | {"person_id": str(uuid.uuid4())}, "NotFound"),
        (here | {"pickup_code": "AAAA", "person_id": made["person_id"]}, "CodeOrPerson"),
        ({"meal_session_id": foreign["id"]}, "NotFound"),
        ({"meal_session_id": str(uuid.uuid4())}, "NotFound"),
        (here | {"at": "yesterday"}, "Unprocessable"),
        (here | {"person_id": str(WALK_IN)}, "created"),
        (here | {"person_id": str(WALK_IN)}, "AlreadyServed"),
    ]
    wanted = [outcome for _, outcome in cases]
    assert outcomes(await check_in(service, *(item for item, _ in cases))) == wanted
    assert outcomes(await check_in(service, served)) == ["duplicate"]
    assert outcomes(await check_in(service, here | {"pickup_code": made["pickup_code"]})) == [
        "AlreadyServed"
    ]
    shown = await attendance(service, meal)
    assert shown == {"registered": 1, "served": 2, "no_shows": 0, "walk_ins": 1}


async def test_two_tablets_serve_a_diner_once(service):
    meal = await open_meal(service)
    made = (await register(service, meal)).json()
    item = {"meal_session_id": meal["id"], "pickup_code": made["pickup_code"]}
    results = await asyncio.gather(*(check_in(service, item) for _ in range(10)))
    assert sorted(outcomes(result)[0] for result in results) == ["AlreadyServed"] * 9 + ["created"]
    assert (await attendance(service, meal))["served"] == 1


async def test_five_hundred_check_ins_come_in_one_batch(service):
    meal = await open_meal(service)
    items = [{"meal_session_id": meal["id"], "id": str(uuid.uuid4())} for _ in range(500)]
    assert outcomes(await check_in(service, *items)) == ["created"] * 500
    assert outcomes(await check_in(service, *items)) == ["duplicate"] * 500
    assert (await attendance(service, meal))["walk_ins"] == 500


async def test_an_independent_count_wins_and_the_numbers_stay_consistent(service):
    meal = await open_meal(service)
    made = [(await register(service, meal)).json() for _ in range(10)]
    here = {"meal_session_id": meal["id"]}
    await check_in(service, *(here | {"pickup_code": one["pickup_code"]} for one in made[:6]), here)
    for served, no_shows, walk_ins in ((7, 4, 1), (9, 2, 1), (20, 0, 10), (3, 7, 0), (0, 10, 0)):
        shown = await count(service, meal, served)
        assert (shown["served"], shown["no_shows"], shown["walk_ins"]) == (
            served,
            no_shows,
            walk_ins,
        )


async def test_the_kitchen_sees_portions_and_no_names(service):
    meal = await open_meal(service)
    for portion in ("full", "half", "half"):
        await register(service, meal, portion=portion)
    answer = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/registrations", headers=bearer("cook", CANTEEN)
    )
    assert answer.json() == {
        "meal_session_id": meal["id"],
        "registered": 3,
        "portions": {"full": 1, "half": 2, "small": 0},
    }


async def test_a_rush_is_told_as_one_event_with_totals(service):
    meal = await open_meal(service)
    (opened,) = await facts(service)
    assert (opened.registered, opened.served, opened.no_shows) == (0, None, 0)
    first = (await register(service, meal, portion="half")).json()
    await register(service, meal)
    (rush,) = await facts(service)
    assert (rush.registered, rush.portions["half"], rush.served) == (2, 1, None)
    assert rush.version > opened.version
    assert await facts(service) == []
    await check_in(service, {"meal_session_id": meal["id"], "pickup_code": first["pickup_code"]})
    (eaten,) = await facts(service)
    assert (eaten.served, eaten.no_shows, eaten.walk_ins) == (1, 1, 0)
    await count(service, meal, 3)
    (counted,) = await facts(service)
    assert (counted.served, counted.no_shows, counted.walk_ins) == (3, 0, 1)


async def test_names_are_forgotten_after_ninety_days_and_the_totals_stay(service):
    meal = await open_meal(service)
    made = [(await register(service, meal, portion="half")).json() for _ in range(4)]
    here = {"meal_session_id": meal["id"]}
    seen = here | {"id": str(uuid.uuid4()), "pickup_code": made[0]["pickup_code"]}
    await check_in(service, seen, here)
    before, (told,) = await attendance(service, meal), await facts(service)
    service.clock.at += timedelta(91)
    service.run_jobs()
    assert await stored(service) == 4  # the meal was the day after: 90 days ago
    service.clock.at += timedelta(1)
    service.run_jobs()
    assert await stored(service) == 0
    later = {"exp": (service.clock.at + timedelta(1)).timestamp()}
    answer = await service.client.get(
        f"{MENU}/meal-sessions/{meal['id']}/attendance", headers=bearer("cook", CANTEEN, **later)
    )
    assert answer.json() == {"meal_session_id": meal["id"], "counted_by": None} | before
    answer = await service.client.post(
        f"{MENU}/check-ins:batch",
        json={"items": [seen | {"at": service.clock.at.isoformat()}]},
        headers=bearer("cook", CANTEEN, **later),
    )
    assert outcomes(answer.json()["results"]) == ["IdentitiesForgotten"]
    with service.db.transaction() as session:
        session.execute(SESSIONS.update().values(version=SESSIONS.c.version + 1))
    (again,) = await facts(service)
    wishes = {"version", "menu", "rice"}  # they are told as long as the names are there
    assert again.model_dump(exclude=wishes) == told.model_dump(exclude=wishes)
    assert (again.menu, again.rice) == (None, {})


async def stored(service) -> int:
    with service.db.reading() as session:
        return session.execute(select(func.count()).select_from(REGISTRATIONS)).scalar_one()
