"""A canteen with dishes, past lunches and one to come, as the menu service would tell them."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from cleanplate_shared.contracts.menu import DishTaken, MealSessionsChanged, SessionFacts
from cleanplate_shared.contracts.menu_recipes import DishesChanged, DishFacts, RecipeFacts
from support.identities import bearer
from support.services import CANTEEN, ServiceUnderTest

FORECAST = "/api/v1/forecast"
TODAY = date(2026, 6, 8)  # an ordinary Monday


def dish_id(name: str) -> uuid.UUID:
    return uuid.uuid5(CANTEEN, name)


def session_id(day: date, meal: str = "lunch") -> uuid.UUID:
    return uuid.uuid5(CANTEEN, f"{day} {meal}")


def dish(named: str, kind: str = "meat", recipe: dict[str, tuple[int, int]] | None = None, **more):
    """Return a dish of 200 g; its recipe is net grams and net yield in per mille by ingredient."""
    parts = [
        {"name": part, "net_milligrams": net * 1000, "net_yield_permille": net_yield}
        for part, (net, net_yield) in (recipe or {}).items()
    ]
    versions = [
        RecipeFacts(number=1, valid_from=TODAY - timedelta(9), cooking_yield_permille=1000,
                    ingredients=parts)
    ] if parts else []  # fmt: skip
    said = {
        "dish_id": dish_id(named), "canteen_id": CANTEEN, "name": named, "kind": kind,
        "state": "offered", "portion_grams": 200, "half_grams": 100, "small_grams": 140,
        "stars": None, "recipes": versions, "version": 1,
    }  # fmt: skip
    return DishFacts(**said | more)


def taken(name: str, **more) -> DishTaken:
    said = {
        "dish_id": dish_id(name), "choice": None, "taking": {}, "undecided": {},
        "prepared_grams": None, "left_grams": None,
    }  # fmt: skip
    return DishTaken(**said | more)


def lunch(day: date, *menu: DishTaken, served: int | None = None, **more) -> SessionFacts:
    known = {
        "meal_session_id": session_id(day),
        "canteen_id": CANTEEN,
        "date": day,
        "meal": "lunch",
        "cutoff_at": datetime.combine(day, time(1), UTC),
        "capacity": 500,
        "registered": 100,
        "portions": {"full": 80, "half": 20},
        "served": served,
        "no_shows": 0,
        "walk_ins": 0,
        "dishes": [],
        "version": 1,
        "menu": list(menu),
    }
    return SessionFacts(**known | more)


@dataclass
class Kitchen:
    """A forecast service under test, and people who ask it."""

    service: ServiceUnderTest
    meal: uuid.UUID = field(default_factory=lambda: session_id(TODAY))

    def at(self, day: date, hour: int = 2) -> None:
        self.service.clock.at = datetime.combine(day, time(hour), UTC)

    async def tell_dishes(self, *dishes: DishFacts) -> None:
        await self.service.tell(DishesChanged(dishes=list(dishes)))

    async def tell_meals(self, *meals: SessionFacts) -> None:
        await self.service.tell(MealSessionsChanged(sessions=list(meals)))

    def headers(self, role: str) -> dict[str, str]:
        """Return the header of somebody of the canteen who has just signed in."""
        now, person = self.service.clock.at.timestamp(), uuid.uuid5(CANTEEN, role)
        return bearer(role, CANTEEN, person_id=person, iat=now, exp=now + 900)

    async def send(self, method: str, path: str, role: str = "cook", status: int = 200, **request):
        """Send a request as somebody of the canteen; return its JSON."""
        headers = self.headers(role) | request.pop("headers", {})
        answer = await self.service.client.request(
            method, f"{FORECAST}{path}", headers=headers, **request
        )
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def plan(self, **request) -> dict:
        return await self.send("GET", f"/meal-sessions/{self.meal}/production-plan", **request)

    async def planned(self) -> dict[str, dict]:
        """Return the plan's dishes by name."""
        return {dish["name"]: dish for dish in (await self.plan())["dishes"]}


def past_lunches(days: int, shares: dict[str, float], **more) -> list[SessionFacts]:
    """Return lunches before today: 70 to 130 diners, of whom so many in all took each dish.

    Half as much again was cooked; a portion has 180 g, as 4 of 5 are whole.
    """
    lunches = []
    for n in range(1, days + 1):
        served = 70 + n * 17 % 61
        menu = []
        for name, share in shares.items():
            grams = round(served * share * 180)
            menu.append(taken(name, prepared_grams=grams * 3 // 2, left_grams=grams // 2))
        lunches.append(lunch(TODAY - timedelta(n), *menu, served=served, **more))
    return lunches
