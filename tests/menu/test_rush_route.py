"""The short way of a registration and the framework's own answer alike, good request or bad."""

import uuid
from typing import Annotated

import pytest
from fastapi import APIRouter, Security

from cleanplate_menu import routes
from cleanplate_shared.contracts.menu_registrations import RegistrationChange
from cleanplate_shared.rush import Rush, RushLane, RushRoute, rush_scheme
from support.identities import bearer
from support.menus import MENU, open_meal
from support.services import CANTEEN, OTHER_CANTEEN

SHORT, USUAL = "application/json", "application/json; charset=utf-8"
GOOD = '{"meal_session_id": "MEAL", "portion": "half", "rice": "less"}'


async def send(service, meal: dict, content_type: str, body: str, headers: dict):
    return await service.client.post(
        f"{MENU}/registrations",
        content=body.replace("MEAL", meal["id"]).encode(),
        headers=headers | {"Content-Type": content_type},
    )


def said(answer) -> tuple:
    """Return what must be the same for two diners who ask the same."""
    told = answer.json()
    own = {"id", "person_id", "pickup_code", "registered_at"}
    return answer.status_code, answer.headers["content-type"], {
        key: value for key, value in told.items() if key not in own
    }  # fmt: skip


async def past_the_lane(lane, scope, receive, send):
    await lane.app(scope, receive, send)


def both_ways(service, meal: dict, body: str, make_headers):
    return [
        send(service, meal, content_type, body, make_headers()) for content_type in (SHORT, USUAL)
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (GOOD, 201),
        ('{"meal_session_id": "MEAL"}', 201),
        ('{"meal_session_id": "MEAL", "choice": "A"}', 422),
        ('{"meal_session_id": "MEAL", "portion": "huge"}', 422),
        ('{"meal_session_id": "MEAL", "more": 1}', 422),
        ('{"meal_session_id": "no id"}', 422),
        ('{"meal_session_id": "MEAL", "portion": null}', 422),
        ("[]", 422),
        ("{", 400),
        ("", 422),
        ('{"meal_session_id": "00000000-0000-4000-8000-000000000000"}', 404),
    ],
)
async def test_what_is_asked_for_is_answered_alike(service, body, status):
    meal = await open_meal(service)
    short, usual = [
        said(await answer)
        for answer in both_ways(service, meal, body, lambda: bearer("diner", CANTEEN))
    ]
    assert short == usual
    assert short[0] == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (dict, 401),
        (lambda: {"Authorization": "Bearer nothing"}, 401),
        (lambda: bearer("diner", OTHER_CANTEEN), 404),
        (lambda: bearer("diner", CANTEEN, must_change_password=True), 403),
        (lambda: bearer("diner", CANTEEN) | {"Idempotency-Key": "with a blank"}, 422),
        (lambda: bearer("diner", CANTEEN) | {"Idempotency-Key": "k" * 256}, 422),
        (lambda: bearer("diner", CANTEEN) | {"Idempotency-Key": str(uuid.uuid4())}, 201),
    ],
)
async def test_who_asks_is_answered_alike(service, headers, status):
    meal = await open_meal(service)
    short, usual = [said(await answer) for answer in both_ways(service, meal, GOOD, headers)]
    assert short == usual
    assert short[0] == status


async def test_one_key_is_one_registration_on_either_way(service):
    meal = await open_meal(service)
    headers = bearer("diner", CANTEEN) | {"Idempotency-Key": str(uuid.uuid4())}
    first, again = [await answer for answer in both_ways(service, meal, GOOD, lambda: headers)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


@pytest.mark.parametrize(
    ("whose", "key", "status"),
    [
        ("own", None, 204),
        ("own", "again", 204),
        ("another's", None, 404),
        ("nobody's", None, 404),
        ("own", "with a blank", 422),
    ],
)
async def test_a_cancellation_is_answered_alike(service, monkeypatch, whose, key, status):
    meal = await open_meal(service)
    answers = []
    for _ in ("the short way", "the usual one"):
        mine = bearer("diner", CANTEEN)
        owner = bearer("diner", CANTEEN) if whose == "another's" else mine
        made = await send(service, meal, SHORT, GOOD, owner)
        seat = uuid.uuid4() if whose == "nobody's" else uuid.UUID(made.json()["id"])
        where = f"{MENU}/registrations/{seat}"
        headers = mine | ({"Idempotency-Key": key} if key else {})
        answers.append(await service.client.delete(where, headers=headers))
        monkeypatch.setattr(RushLane, "__call__", past_the_lane)
    short, slow = [(one.status_code, one.content) for one in answers]
    assert short == slow
    assert short[0] == status


async def test_a_cancelled_seat_is_free_and_the_same_key_answers_again(service):
    meal = await open_meal(service)
    mine = bearer("diner", CANTEEN)
    seat = (await send(service, meal, SHORT, GOOD, mine)).json()["id"]
    headers = mine | {"Idempotency-Key": "once"}
    for _ in range(2):
        answer = await service.client.delete(f"{MENU}/registrations/{seat}", headers=headers)
        assert answer.status_code == 204
    found = await service.client.get(f"{MENU}/meal-sessions/{meal['id']}", headers=mine)
    assert found.json()["registered"] == 0


async def test_the_log_names_the_route_and_no_id(service):
    meal = await open_meal(service)
    mine = bearer("diner", CANTEEN)
    seat = (await send(service, meal, SHORT, GOOD, mine)).json()["id"]
    await service.client.delete(f"{MENU}/registrations/{seat}", headers=mine)
    measured = (await service.client.get("/metrics")).text
    assert f'method="POST",route="{MENU}/registrations",service="menu",status="201"' in measured
    assert (
        f'route="{MENU}/registrations/{{registration_id}}",service="menu",status="204"' in measured
    )
    assert seat not in measured


@pytest.fixture
def only_managers():
    """A route of the service that managers alone may ask, for as long as the test lasts."""

    router = APIRouter(route_class=RushRoute)

    @router.post("/only-managers")
    async def ask(
        wanted: RegistrationChange, rush: Annotated[Rush, Security(rush_scheme, scopes=["manager"])]
    ) -> RegistrationChange:
        return wanted

    routes.rushed.routes.extend(router.routes)
    yield f"{MENU}/only-managers"
    routes.rushed.routes.pop()


@pytest.mark.parametrize(("role", "status"), [("diner", 403), ("manager", 200)])
async def test_the_roles_that_a_route_asks_for_hold_on_the_short_way(
    only_managers, start, role, status
):
    async with start("menu") as service:
        for content_type in (SHORT, USUAL):
            answer = await service.client.post(
                only_managers,
                content=b"{}",
                headers=bearer(role, CANTEEN) | {"Content-Type": content_type},
            )
            assert answer.status_code == status
