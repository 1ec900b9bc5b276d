"""Any sequence of patterns, absences, modes, moves and wishes, against a model of a few lines."""

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from cleanplate_menu.jobs import plan_meals
from cleanplate_menu.models import REGISTRATIONS, SESSIONS
from cleanplate_shared.workdays import day_kind
from support.menus import MENU
from support.plans import OTHER_UNIT, a_person, as_, know, meal_on, put, register, set_mode
from support.services import CANTEEN, running

PEOPLE, DAYS = range(3), range(6)  # Monday to Saturday
_people, _days = st.sampled_from(PEOPLE), st.sampled_from(DAYS)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pattern"), _people, st.sets(st.integers(1, 7), min_size=1)),
        st.tuples(st.just("no_pattern"), _people, st.none()),
        st.tuples(st.just("away"), _people, st.tuples(_days, _days).map(sorted)),
        st.tuples(st.just("back"), _people, st.none()),
        st.tuples(st.just("register"), _people, _days),
        st.tuples(st.just("cancel"), _people, _days),
        st.tuples(st.just("mode"), st.none(), st.sampled_from(["opt_in", "opt_out"])),
        st.tuples(st.just("move"), _people, st.booleans()),
        st.tuples(st.just("active"), _people, st.booleans()),
        st.tuples(st.just("meal"), st.none(), _days),
        st.tuples(st.just("job"), st.none(), st.none()),
    ),
    max_size=20,
)
Place = tuple[int, int]  # person, day


@dataclass
class Model:
    """What people and plans want; `standing()` is what should be there once the job has run."""

    monday: date
    meals: set[int] = field(default_factory=set)
    patterns: dict[int, set[int]] = field(default_factory=dict)
    absences: dict[int, list[list[int]]] = field(default_factory=lambda: {p: [] for p in PEOPLE})
    mode: str = "opt_in"
    in_unit: set[int] = field(default_factory=lambda: set(PEOPLE))
    active: set[int] = field(default_factory=lambda: set(PEOPLE))
    by_hand: set[Place] = field(default_factory=set)
    declined: set[Place] = field(default_factory=set)
    suspended: set[Place] = field(default_factory=set)

    def is_away(self, person: int, day: int) -> bool:
        return any(first <= day <= last for first, last in self.absences[person])

    def leave(self, person: int, span: list[int]) -> None:
        self.absences[person].append(span)
        gone = {place for place in self.by_hand if place[0] == person and self.is_away(*place)
                and span[0] <= place[1] <= span[1]}  # fmt: skip
        self.by_hand -= gone
        self.suspended |= gone

    def come_back(self, person: int) -> None:
        self.absences[person].pop()
        back = {place for place in self.suspended if place[0] == person}
        back = {place for place in back if not self.is_away(*place)}
        self.suspended -= back
        self.by_hand |= back

    def plan_of(self, person: int, day: int) -> str | None:
        kind = day_kind(self.monday + timedelta(day))
        weekday = day + 1
        if person not in self.active or not kind.is_workday or self.is_away(person, day):
            return None
        if weekday in self.patterns.get(person, set()):
            return "pattern"
        opted_out = self.mode == "opt_out" and person in self.in_unit and weekday < 6
        return "opt_out" if opted_out else None

    def standing(self) -> set[tuple[int, int, str | None]]:
        planned = {
            (person, day, plan)
            for person in PEOPLE
            for day in self.meals
            if (person, day) not in self.by_hand | self.declined
            and (plan := self.plan_of(person, day))
        }
        return {(*place, None) for place in self.by_hand} | planned


class Walk:
    """One sequence of steps through the routes, and the model beside it."""

    def __init__(self, service, number: int) -> None:
        monday = date(2024, 1, 1) + timedelta(7 * number)
        self.service, self.model = service, Model(monday)
        self.unit = uuid.uuid4()
        self.people = [a_person(100 * number + n, unit_id=self.unit) for n in PEOPLE]
        self.meals: dict[int, dict] = {}
        self.away: dict[int, list[str]] = {person: [] for person in PEOPLE}
        service.clock.at = datetime.combine(monday - timedelta(2), time(1), UTC)

    def day(self, number: int) -> str:
        return (self.model.monday + timedelta(number)).isoformat()

    async def step(self, what: str, person: int | None, value) -> None:
        self.service.clock.at += timedelta(seconds=1)
        await getattr(self, f"do_{what}")(person, value)

    async def do_pattern(self, person, weekdays) -> None:
        path = f"/patterns/{CANTEEN}/lunch"
        answer = await put(self.service, path, self.headers(person), weekdays=sorted(weekdays))
        assert answer.status_code == (200 if person in self.model.active else 409)
        if answer.status_code == 200:
            self.model.patterns[person] = weekdays

    async def do_no_pattern(self, person, _) -> None:
        path = f"{MENU}/patterns/{CANTEEN}/lunch"
        answer = await self.service.client.delete(path, headers=self.headers(person))
        assert answer.status_code == 200
        self.model.patterns.pop(person, None)

    async def do_away(self, person, span) -> None:
        body = {"first_day": self.day(span[0]), "last_day": self.day(span[1]), "kind": "leave"}
        path = f"{MENU}/absences"
        answer = await self.service.client.post(path, json=body, headers=self.headers(person))
        is_new = span not in self.model.absences[person]
        assert answer.status_code == (201 if is_new else 409)
        if is_new:
            self.away[person].append(answer.json()["id"])
            self.model.leave(person, span)

    async def do_back(self, person, _) -> None:
        if self.away[person]:
            path = f"{MENU}/absences/{self.away[person].pop()}"
            answer = await self.service.client.delete(path, headers=self.headers(person))
            assert answer.status_code == 200
            self.model.come_back(person)

    async def do_register(self, person, day) -> None:
        if day in self.meals:
            there = {place[:2] for place in self.there()}
            answer = await register(self.service, self.people[person], self.meals[day])
            assert answer.status_code == (409 if (person, day) in there else 201)
            if answer.status_code == 201:
                self.model.by_hand.add((person, day))
                self.model.declined.discard((person, day))
                self.model.suspended.discard((person, day))

    async def do_cancel(self, person, day) -> None:
        ids = {place[:2]: key for place, key in self.there().items()}
        if (person, day) in ids:
            path = f"{MENU}/registrations/{ids[person, day]}"
            answer = await self.service.client.delete(path, headers=self.headers(person))
            assert answer.status_code == 204
            self.model.by_hand.discard((person, day))
            self.model.declined.add((person, day))

    async def do_mode(self, _, mode) -> None:
        if self.model.in_unit & self.model.active:  # else nobody of the unit eats here
            await set_mode(self.service, mode, self.unit)
            self.model.mode = mode

    async def do_move(self, person, is_in) -> None:
        (self.model.in_unit.add if is_in else self.model.in_unit.discard)(person)
        await self.tell(person, unit_id=self.unit if is_in else OTHER_UNIT)

    async def do_active(self, person, is_active) -> None:
        (self.model.active.add if is_active else self.model.active.discard)(person)
        await self.tell(person, active=is_active)

    async def do_meal(self, _, day) -> None:
        if day not in self.meals:
            self.meals[day] = await meal_on(self.service, self.day(day))
            self.model.meals.add(day)

    async def do_job(self, _, __) -> None:
        plan_meals(self.service.db, self.service.clock)
        assert set(self.there()) == self.model.standing()

    def headers(self, person: int) -> dict[str, str]:
        return as_(self.people[person])

    async def tell(self, person: int, **changes: object) -> None:
        changes["version"] = self.people[person].version + 1
        self.people[person] = self.people[person].model_copy(update=changes)
        await know(self.service, self.people[person])

    def there(self) -> dict[tuple[int, int, str | None], uuid.UUID]:
        """Return what stands: (person, day, what wants it) -> registration."""
        people = {one.id: number for number, one in enumerate(self.people)}
        days = {uuid.UUID(meal["id"]): day for day, meal in self.meals.items()}
        rows = select(REGISTRATIONS).where(
            REGISTRATIONS.c.meal_session_id.in_(days), REGISTRATIONS.c.status == "registered"
        )
        with self.service.db.reading() as session:
            found = session.connection().execute(rows).all()
        there = {
            (people[row.person_id], days[row.meal_session_id], row.plan): row.id
            for row in found
            if row.person_id in people  # not of an earlier walk
        }
        assert len({place[:2] for place in there}) == len(there)
        return there

    def check_seats(self) -> None:
        heads = (
            select(func.count())
            .where(
                REGISTRATIONS.c.meal_session_id == SESSIONS.c.id,
                REGISTRATIONS.c.status == "registered",
            )
            .scalar_subquery()
        )
        with self.service.db.reading() as session:
            ids = [uuid.UUID(meal["id"]) for meal in self.meals.values()]
            wrong = select(func.count()).where(
                SESSIONS.c.id.in_(ids), SESSIONS.c.registered != heads
            )
            assert session.connection().execute(wrong).scalar_one() == 0


def test_registrations_are_what_the_model_says(databases):
    url = databases.url("menu")
    walks = count(1)

    async def run(steps) -> None:
        async with running("menu", url) as service:
            walk = Walk(service, next(walks))
            await know(service, *walk.people)
            for what, person, value in (*steps, ("job", None, None)):
                await walk.step(what, person, value)
            walk.check_seats()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def agree(steps) -> None:
        asyncio.run(run(steps))

    agree()
