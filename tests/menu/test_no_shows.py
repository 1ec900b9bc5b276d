import uuid
from datetime import datetime, time, timedelta

import pytest
from sqlmodel import select

from cleanplate_menu.domain.suppression import hidden_groups
from cleanplate_menu.models import CanteenFailureRow, MealSessionRow, NoShowRow, RegistrationRow
from support.door import at, code_of, groups, here, known, token_at
from support.menus import MENU, check_in, open_meal, register
from support.services import CANTEEN, OTHER_CANTEEN, SHANGHAI


def on(meal: dict, hour: float) -> datetime:
    """Return an hour of the meal's day."""
    midnight = datetime.combine(datetime.fromisoformat(meal["date"]), time(), SHANGHAI)
    return at(midnight + timedelta(hours=hour))


async def after(service, meal: dict, hour: float = 14) -> None:
    service.clock.at = on(meal, hour)
    service.run_jobs()


async def call(service, method: str, path: str, role="diner", person=None, canteen=CANTEEN, **body):
    return await service.client.request(
        method, f"{MENU}{path}", headers=token_at(service, role, canteen, person),
        **({"json": body} if method != "GET" else {"params": body}),
    )  # fmt: skip


async def mine(service, person) -> list[dict]:
    days = {
        "date_from": str((service.clock.at - timedelta(60)).date()),
        "date_to": str((service.clock.at + timedelta(2)).date()),
    }
    answer = await call(service, "GET", "/no-shows/mine", person=person, **days)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def states(service, *people) -> list[list[str]]:
    return [[one["state"] for one in await mine(service, person)] for person in people]


async def lunch(service, *people, days: int = 0, came=(), **changes) -> tuple[dict, list[dict]]:
    """Hold a lunch for which these people are registered; `came` were checked in."""
    service.clock.at += timedelta(days)
    meal = await open_meal(service, **changes)
    made = [(await register(service, meal, person)).json() for person in people]
    for one in made:
        if uuid.UUID(one["person_id"]) in came:
            await check_in(service, here(meal, **code_of(one)))
    return meal, made


async def count(service, meal: dict, served: int) -> None:
    path = f"/meal-sessions/{meal['id']}/attendance-count"
    answer = await call(service, "PUT", path, "cook", served=served, source="turnstile")
    assert answer.status_code == 200, answer.text
    assert answer.json()["counted_by"] == "turnstile"


async def test_who_was_not_checked_in_is_told_when_the_meal_is_over_and_nobody_else(service):
    here_, away = known(service, "A1"), known(service, "A2")
    meal, _ = await lunch(service, here_, away, came=[here_])
    await after(service, meal, 13.999)
    assert await states(service, here_, away) == [[], []]
    await after(service, meal, 14)
    assert await states(service, here_, away) == [[], ["graced"]]
    service.run_jobs()
    assert await states(service, here_, away) == [[], ["graced"]]


async def test_a_meal_that_serves_longer_is_over_later(service):
    here_, away = known(service, "A1"), known(service, "A2")
    meal, _ = await lunch(service, here_, away, came=[here_])
    with service.db.transaction() as session:
        session.get_one(MealSessionRow, uuid.UUID(meal["id"])).serves_until = on(meal, 15)
    await after(service, meal, 14.5)
    assert await states(service, away) == [[]]
    await after(service, meal, 15)
    assert await states(service, away) == [["graced"]]


async def test_a_door_that_was_not_used_names_nobody(service):
    away = known(service, "A2")
    meal, _ = await lunch(service, away)
    await after(service, meal)
    assert await states(service, away) == [[]]


async def test_a_door_used_only_by_mistake_names_nobody(service):
    away = known(service, "A2")
    meal, _ = await lunch(service, away)
    (result,) = await check_in(service, here(meal))
    await call(service, "DELETE", f"/check-ins/{result['id']}", "cook")
    await after(service, meal)
    assert await states(service, away) == [[]]


async def test_a_tablet_that_failed_early_accuses_nobody(service):
    came, one, two = (known(service, f"A{n}") for n in range(3))
    meal, _ = await lunch(service, came, one, two, came=[came])
    await after(service, meal)
    assert await states(service, one, two) == [[], []]


@pytest.mark.parametrize(("served", "named"), [(1, ["graced"]), (2, []), (3, [])])
async def test_a_count_that_says_somebody_unscanned_ate_names_nobody(service, served, named):
    came, one, two = (known(service, f"A{n}") for n in range(3))
    meal, _ = await lunch(service, came, one, two, came=[came])
    await count(service, meal, served)
    await after(service, meal)
    assert await states(service, one, two) == [named, named]


async def test_a_count_that_comes_later_withdraws_what_it_denies(service):
    came, too, one, two = (known(service, f"A{n}") for n in range(4))
    meal, _ = await lunch(service, came, too, one, two, came=[came, too])
    await after(service, meal)
    assert await states(service, one, two) == [["graced"], ["graced"]]
    await count(service, meal, 3)
    assert await states(service, one, two) == [["withdrawn"], ["withdrawn"]]


async def test_a_tablet_that_comes_back_late_withdraws_a_no_show(service):
    came, late = known(service, "A1"), known(service, "A2")
    meal, made = await lunch(service, came, late, came=[came])
    await after(service, meal)
    assert await states(service, late) == [["graced"]]
    items = [here(meal, **code_of(made[1])) | {"id": str(uuid.uuid4()), "at": meal["cutoff_at"]}]
    answer = await call(service, "POST", "/check-ins:batch", "cook", items=items)
    assert answer.json()["results"][0]["outcome"] == "created"
    assert await states(service, late) == [["withdrawn"]]


async def test_groups_and_seats_offered_to_others_name_nobody(service):
    came, host, offering = (known(service, f"A{n}") for n in range(3))
    meal, made = await lunch(service, came, offering, came=[came])
    groups(service, meal, host, headcount=6)
    with service.db.transaction() as session:
        row = session.get_one(RegistrationRow, uuid.UUID(made[1]["id"]))
        row.offered_at = service.clock.at
    await after(service, meal)
    assert await states(service, host, offering) == [[], []]


async def test_the_first_two_in_thirty_days_are_graced(service):
    came, away = known(service, "A1"), known(service, "A2")
    for days in (0, 1, 1, 30):
        meal, _ = await lunch(service, came, away, days=days, came=[came])
        await after(service, meal)
    assert await states(service, away) == [["graced", "counted", "graced", "graced"]]


async def no_show(service) -> tuple[dict, uuid.UUID, str]:
    came, away = known(service, "A1"), known(service, "A2")
    meal, made = await lunch(service, came, away, came=[came])
    await after(service, meal)
    return meal, away, made[1]["id"]


async def test_a_diner_explains_and_disputes_and_a_manager_decides_once(service):
    _, away, key = await no_show(service)
    explained = await call(
        service, "POST", f"/no-shows/{key}:explain", person=away, reason="临时出差"
    )
    assert (explained.json()["state"], explained.json()["reason"]) == ("explained", "临时出差")
    for _ in range(2):
        disputed = await call(service, "POST", f"/no-shows/{key}:dispute", person=away, note="我在")
        assert disputed.json()["state"] == "disputed"
    waiting = await call(service, "GET", f"/canteens/{CANTEEN}/disputes", "manager")
    (shown,) = waiting.json()["items"]
    assert (shown["number"], shown["note"]) == ("A2", "我在")
    decision = {"upheld": False, "answer": "当餐闸机无记录"}
    decided = await call(service, "POST", f"/no-shows/{key}:decide", "manager", **decision)
    assert decided.status_code == 204
    again = await call(service, "POST", f"/no-shows/{key}:decide", "manager", **decision)
    assert again.json()["type"] == "NotDisputed"
    (own,) = await mine(service, away)
    assert (own["state"], own["answer"], own["decided"]) == ("counted", "当餐闸机无记录", True)
    refused = await call(service, "POST", f"/no-shows/{key}:dispute", person=away)
    assert refused.json()["type"] == "NoShowSettled"


@pytest.mark.parametrize(("hours", "state"), [(7 * 24 - 0.001, "disputed"), (7 * 24, "upheld")])
async def test_a_dispute_that_nobody_answers_is_upheld_after_seven_days(service, hours, state):
    _, away, key = await no_show(service)
    await call(service, "POST", f"/no-shows/{key}:dispute", person=away)
    service.clock.at += timedelta(hours=hours)
    service.run_jobs()
    assert await states(service, away) == [[state]]


async def test_a_no_show_is_nobody_elses_business(service):
    _, away, key = await no_show(service)
    for role, person, canteen in (
        ("diner", uuid.uuid4(), CANTEEN), ("manager", uuid.uuid4(), CANTEEN),
        ("overseer", uuid.uuid4(), CANTEEN),
    ):  # fmt: skip
        assert await mine(service, person) == []
        for verb, body in (("explain", {"reason": "x"}), ("dispute", {})):
            answer = await call(
                service, "POST", f"/no-shows/{key}:{verb}", role, person, canteen, **body
            )
            assert answer.status_code == 404
    decision = {"upheld": True, "answer": "x"}
    for role, canteen, status in (
        ("diner", CANTEEN, 403), ("cook", CANTEEN, 403), ("manager", OTHER_CANTEEN, 404),
    ):  # fmt: skip
        answer = await call(
            service, "POST", f"/no-shows/{key}:decide", role, canteen=canteen, **decision
        )
        assert answer.status_code == status
    assert await states(service, away) == [["graced"]]


async def test_no_shows_are_forgotten_with_the_identities_and_failures_lose_their_diner(service):
    meal, away, key = await no_show(service)
    await call(service, "POST", f"/registrations/{key}/failures", person=away, kind="sold_out",
               note="没菜了")  # fmt: skip
    service.clock.at += timedelta(92)
    service.run_jobs()
    with service.db.reading() as session:
        assert session.exec(select(NoShowRow)).all() == []
        (failure,) = session.exec(select(CanteenFailureRow)).all()
    assert (failure.registration_id, failure.note, failure.kind) == (None, None, "sold_out")
    rates = await shown_rates(service, meal["date"][:7])
    assert rates["failures"]["reported"]["sold_out"] == 1


async def shown_rates(service, month: str, role="diner") -> dict:
    answer = await call(service, "GET", f"/canteens/{CANTEEN}/no-show-rates", role, month=month)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_units_are_shown_from_ten_diners_and_none_can_be_worked_out(service):
    units = {name: (uuid.uuid4(), name) for name in ("大处", "中处", "小处")}
    sizes = {"大处": 20, "中处": 11, "小处": 4}
    people = {
        name: [known(service, f"{name}{n}".encode().hex()[:20], unit=units[name])
               for n in range(size)]
        for name, size in sizes.items()
    }  # fmt: skip
    everybody = [person for one in people.values() for person in one]
    came = [*people["大处"][5:], *people["中处"][2:], *people["小处"][1:]]
    meal, _ = await lunch(service, *everybody, came=came)
    await after(service, meal)
    rates = await shown_rates(service, meal["date"][:7])
    assert rates["meals"] == 1
    assert rates["total"] == {
        "registered": 35, "no_shows": 8, "rate": pytest.approx(8 / 35), "suppressed": False
    }  # fmt: skip
    shown = {unit["unit"]: (unit["registered"], unit["no_shows"]) for unit in rates["units"]}
    assert shown == {"大处": (20, 5), "中处": (None, None), "小处": (None, None)}
    assert all(unit["suppressed"] == (unit["unit"] != "大处") for unit in rates["units"])


async def test_a_canteen_of_few_shows_no_total(service):
    meal, _, _ = await no_show(service)
    rates = await shown_rates(service, meal["date"][:7])
    assert rates["total"] == {
        "registered": None, "no_shows": None, "rate": None, "suppressed": True
    }  # fmt: skip


async def test_rates_are_for_the_canteens_own_people(service):
    path = f"/canteens/{CANTEEN}/no-show-rates"
    answer = await call(service, "GET", path, canteen=OTHER_CANTEEN, month="2026-11")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({}, set()),
        ({"a": 10, "b": 10}, set()),
        ({"a": 9}, {"a"}),
        ({"a": 9, "b": 30, "c": 12}, {"a", "c"}),
        ({"a": 4, "b": 4, "c": 30, "d": 12}, {"a", "b", "d"}),
        ({"a": 6, "b": 6, "c": 30}, {"a", "b"}),
        ({"a": 9, "b": 30}, {"a", "b"}),
    ],
)
def test_small_groups_are_hidden_with_those_that_would_give_them_away(sizes, hidden):
    assert hidden_groups(sizes) == hidden
