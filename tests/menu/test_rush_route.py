"""The short way of a registration and the framework's own answer alike, good request or bad."""

import uuid
from typing import Annotated

import pytest
from fastapi import APIRouter, Security

from cleanplate_shared.contracts.menu_registrations import RegistrationChange
from cleanplate_shared.rush import Rush, RushRoute, rush_scheme
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


@pytest.mark.parametrize(("role", "status"), [("diner", 403), ("manager", 200)])
async def test_the_roles_that_a_route_asks_for_hold_on_the_short_way(service, role, status):
    router = APIRouter(route_class=RushRoute)

    @router.post("/api/v1/menu/only-managers")
    async def only_managers(
        wanted: RegistrationChange, rush: Annotated[Rush, Security(rush_scheme, scopes=["manager"])]
    ) -> RegistrationChange:
        return wanted

    service.app.include_router(router)
    for content_type in (SHORT, USUAL):
        answer = await service.client.post(
            "/api/v1/menu/only-managers",
            content=b"{}",
            headers=bearer(role, CANTEEN) | {"Content-Type": content_type},
        )
        assert answer.status_code == status
