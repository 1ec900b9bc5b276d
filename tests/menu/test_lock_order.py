"""Two people change what has to do with one another: nobody is refused for the other's sake."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cleanplate_menu.actions import dishes
from cleanplate_menu.actions.survey import leftovers
from cleanplate_menu.actions.weeks import changing, menu_changes
from cleanplate_shared.contracts.menu_recipes import DishChange
from cleanplate_shared.contracts.menu_survey import Leftover, LeftoversPut
from cleanplate_shared.contracts.menu_weeks import DishOnMenu, MealSessionChange
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import Grant, Role
from support.menus import open_meal
from support.services import CANTEEN
from support.survey import add_dish

PATIENCE = 1.0  # seconds, for what cannot come where the order is kept


def manager(service) -> Identity:
    at = service.clock.at
    return Identity(
        person_id=uuid.uuid4(), session_id=uuid.uuid4(), issued_at=at, expires_at=at, name="",
        unit_id=None, must_change_password=False,
        grants=[Grant(role=Role.MANAGER, canteen_id=CANTEEN)],
    )  # fmt: skip


def change_the_menu(session, service, meal, dish):
    wanted = MealSessionChange(dishes=[DishOnMenu(dish_id=dish)])
    changing.change_session(session, manager(service), meal, wanted)


def weigh_what_is_left(session, service, meal, dish):
    wanted = LeftoversPut(items=[Leftover(dish_id=dish, prepared_grams=900, left_grams=100)])
    leftovers.put_leftovers(session, manager(service), meal, wanted, service.clock.at)


def meet(monkeypatch, after_the_meal_is_locked) -> threading.Event:
    """Let whoever has the meal wait for who renames the dish to have the dish, if that may be.

    Returns:
        What is set when the meal is locked.
    """
    has_meal, has_dish = threading.Event(), threading.Event()
    module, name = after_the_meal_is_locked
    check, lock_dish = getattr(module, name), dishes.lock_dish

    def slowly(*args, **more):
        has_meal.set()
        has_dish.wait(timeout=PATIENCE)
        return check(*args, **more)

    def locked(*args):
        row = lock_dish(*args)
        has_dish.set()
        return row

    monkeypatch.setattr(module, name, slowly)
    monkeypatch.setattr(dishes, "lock_dish", locked)
    return has_meal


@pytest.mark.parametrize(
    ("act", "after_the_meal_is_locked"),
    [
        (change_the_menu, (menu_changes, "check_dishes")),
        (weigh_what_is_left, (leftovers, "_check")),
    ],
)
async def test_a_dish_is_renamed_while_its_meal_is_changed(
    service, monkeypatch, act, after_the_meal_is_locked
):
    dish = uuid.UUID((await add_dish(service, "汤"))["id"])
    now = service.clock.at
    today = (now + timedelta(hours=8)).date()  # in Shanghai
    opened = await open_meal(
        service, dishes=[str(dish)], date=today.isoformat(), cutoff_at=now.isoformat()
    )
    meal, has_meal = uuid.UUID(opened["id"]), meet(monkeypatch, after_the_meal_is_locked)

    def change() -> None:
        with service.db.transaction() as session:
            act(session, service, meal, dish)

    def rename() -> None:
        assert has_meal.wait(timeout=60)
        with service.db.transaction() as session:
            dishes.change_dish(session, manager(service), dish, DishChange(name="例汤"))

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(change), pool.submit(rename)]:
            done.result(timeout=60)
    with service.db.reading() as session:
        (row,) = dishes.list_dishes(session, manager(service), CANTEEN)
    assert row.name == "例汤"
