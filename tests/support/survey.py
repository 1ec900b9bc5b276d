"""Meals that were eaten, and what diners say of them."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import select

from cleanplate_menu.models import LeftoverRow, MealSessionRow, RatingRow
from cleanplate_shared.contracts.directory import KnownPerson, PeopleChanged
from support.identities import bearer
from support.menus import MENU, open_meal, register
from support.services import CANTEEN, ServiceUnderTest


@dataclass
class Eaten:
    """A lunch of yesterday's plan at which people had seats, by person."""

    service: ServiceUnderTest
    meal: dict
    dishes: list[dict]
    seats: dict[uuid.UUID, dict] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return date.fromisoformat(self.meal["date"])

    def at(self, hour: int, days: int = 0) -> None:
        """Set the clock to an hour at the canteen, on the meal's day or days after it."""
        local = datetime.fromisoformat(f"{self.day}T{hour:02}:00:00+08:00")
        self.service.clock.at = local + timedelta(days)

    def bearer(self, role: str = "diner", person: uuid.UUID | None = None) -> dict[str, str]:
        """Return the header of somebody whose sign-in lasts as long as the test."""
        now = self.service.clock.at
        expires = (now + timedelta(1)).timestamp()
        return bearer(role, CANTEEN, person_id=person, iat=now.timestamp(), exp=expires)

    async def come(self, *people: uuid.UUID) -> None:
        """Check people in."""
        await self.check_in(*({"pickup_code": self.seats[one]["pickup_code"]} for one in people))

    async def check_in(self, *items: dict) -> None:
        """Send check-ins as a cook."""
        whole = {"meal_session_id": self.meal["id"], "at": self.service.clock.at.isoformat()}
        answer = await self.service.client.post(
            f"{MENU}/check-ins:batch",
            json={"items": [{"id": str(uuid.uuid4()), **whole, **item} for item in items]},
            headers=self.bearer("cook"),
        )
        outcomes = {one["outcome"] for one in answer.json()["results"]}
        assert outcomes == {"created"}, answer.text

    async def rate(self, person: uuid.UUID, *stars: int, **more):
        """Send somebody's stars for the dishes in their order; return the answer."""
        said = [
            {"dish_id": dish["id"], "stars": count, **more}
            for dish, count in zip(self.dishes, stars, strict=False)
        ]
        return await self.service.client.post(
            f"{MENU}/registrations/{self.seats[person]['id']}/ratings",
            json={"dishes": said},
            headers=self.bearer(person=person),
        )

    async def due(self, person: uuid.UUID) -> list[dict]:
        """Return what somebody may rate."""
        answer = await self.service.client.get(
            f"{MENU}/ratings/due", headers=self.bearer(person=person)
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]


async def add_dish(service: ServiceUnderTest, name: str, kind: str = "meat", **more) -> dict:
    """Put a dish into the library."""
    wanted = {"canteen_id": str(CANTEEN), "name": name, "kind": kind, "portion_grams": 200} | more
    answer = await service.client.post(
        f"{MENU}/dishes", json=wanted, headers=bearer("manager", CANTEEN)
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def eaten_lunch(service: ServiceUnderTest, people: int = 1, **registered) -> Eaten:
    """Open tomorrow's lunch of two dishes, register people, and let it become that day's noon."""
    dishes = [await add_dish(service, "红烧肉"), await add_dish(service, "白菜", "vegetable")]
    meal = await open_meal(service, dishes=[dish["id"] for dish in dishes])
    eaten = Eaten(service, meal, dishes)
    for _ in range(people):
        person = uuid.uuid4()
        answer = await register(service, meal, person, **registered)
        assert answer.status_code == 201, answer.text
        eaten.seats[person] = answer.json()
    eaten.at(12)
    return eaten


async def tell_unit(service: ServiceUnderTest, unit: uuid.UUID, *people: uuid.UUID) -> None:
    """Make people known as members of a unit."""
    told = [
        KnownPerson(
            id=one, name="张三", number=one.hex[:8], unit_id=unit, unit="办公室",
            canteen_ids=[CANTEEN], active=True, version=1,
        )
        for one in people
    ]  # fmt: skip
    await service.tell(PeopleChanged(people=told))


def ratings(service: ServiceUnderTest) -> list[RatingRow]:
    """Return what is kept of ratings, in the order in which the database gives it."""
    with service.db.reading() as session:
        return list(session.exec(select(RatingRow)).all())


def write_ratings(
    service: ServiceUnderTest, dish: dict, day: date, *stars: int, tags: str = ""
) -> None:
    """Write ratings as they are kept."""
    with service.db.transaction() as session:
        session.add_all(
            RatingRow(
                canteen_id=CANTEEN, dish_id=uuid.UUID(dish["id"]), day=day, stars=one, tags=tags
            )
            for one in stars
        )


def write_leftovers(
    service: ServiceUnderTest, dish: dict, *meals: tuple[date, int, int], meal: str = "dinner"
) -> None:
    """Write past meals with what was prepared and left of a dish: day, grams, grams."""
    with service.db.transaction() as session:
        for day, prepared, left in meals:
            found = select(MealSessionRow).where(
                MealSessionRow.canteen_id == CANTEEN,
                MealSessionRow.day == day,
                MealSessionRow.meal == meal,
            )
            row = session.exec(found).first()
            if row is None:
                row = MealSessionRow(
                    canteen_id=CANTEEN, day=day, meal=meal, capacity=9, cutoff_at=service.clock.at
                )
                session.add(row)
                session.flush()
            session.add(
                LeftoverRow(
                    meal_session_id=row.id, dish_id=uuid.UUID(dish["id"]),
                    prepared_grams=prepared, left_grams=left,
                )
            )  # fmt: skip
