"""Any sequence of what people do with seats, against a model of a few lines, on both databases."""

import os
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import bindparam, select

from cleanplate_menu.actions.door.checking_in import check_in
from cleanplate_menu.actions.door.refusals import RegistrationCancelled
from cleanplate_menu.actions.groups import gatherings
from cleanplate_menu.actions.registering import refusals
from cleanplate_menu.actions.registering.changing import change_each
from cleanplate_menu.actions.registering.giving import give_each, keep_each
from cleanplate_menu.actions.registering.joining import wait_each
from cleanplate_menu.actions.registering.registrations import cancel_each, register_each
from cleanplate_menu.actions.registering.waiting import leave_each
from cleanplate_menu.actions.sessions import CapacityTooSmall, change_capacity
from cleanplate_menu.actions.weeks import changing as meals
from cleanplate_menu.models import (
    REGISTRATIONS,
    SESSIONS,
    WAITING,
    KnownPersonRow,
    MealSessionRow,
)
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu import CheckInItem
from cleanplate_shared.contracts.menu_groups import GroupRegistrationCreate
from cleanplate_shared.contracts.menu_registrations import (
    RegistrationChange,
    RegistrationCreate,
    WaitingCreate,
)
from cleanplate_shared.contracts.menu_weeks import MealSessionChange
from cleanplate_shared.db import Database
from cleanplate_shared.errors import NotFound, ServiceError
from cleanplate_shared.idempotency import Asked, Once
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import Grant, Role
from support.seats import Model
from support.services import CANTEEN, SettableClock, know_canteens

RUNS = int(os.environ.get("MODEL_RUNS", "500" if os.environ.get("CI") else "25"))  # each
STEPS = 50
PEOPLE = [uuid.UUID(int=n) for n in range(1, 7)]
HOST = uuid.UUID(int=100)
people = st.sampled_from(PEOPLE)
MEAL = select(SESSIONS.c.registered, SESSIONS.c.capacity).where(SESSIONS.c.id == bindparam("meal"))
ROW = REGISTRATIONS.c
STANDING = (ROW.meal_session_id == bindparam("meal")) & (ROW.status == "registered")
# ids are random, and a run must be repeatable
ROWS = select(REGISTRATIONS).where(STANDING).order_by(ROW.registered_at, ROW.person_id)
LINE = (
    select(WAITING.c.person_id)
    .where(WAITING.c.meal_session_id == bindparam("meal"))
    .order_by(WAITING.c.since)
)


def somebody(person: uuid.UUID, role: Role = Role.DINER) -> Identity:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    return Identity(
        person_id=person, session_id=uuid.uuid4(), issued_at=at, expires_at=at, name="",
        unit_id=None, must_change_password=False, grants=[Grant(role=role, canteen_id=CANTEEN)],
    )  # fmt: skip


DINERS = {person: somebody(person) for person in PEOPLE}
MANAGER, COOK = somebody(HOST, Role.MANAGER), somebody(HOST, Role.COOK)


class Seats(RuleBasedStateMachine):
    """One meal and all that can be done with its seats."""

    db: Database
    clock: SettableClock
    days: "count[int]"

    @initialize()
    def begin(self) -> None:
        self.model, self.ids, self.codes = Model(), {}, {}
        day = date(2030, 1, 1) + timedelta(next(self.days))
        self.clock.at = datetime.combine(day, time(), UTC)
        row = MealSessionRow(
            canteen_id=CANTEEN, day=day, meal="lunch", capacity=3,
            cutoff_at=self.clock.at + timedelta(minutes=10),
        )  # fmt: skip
        with self.db.transaction() as session:
            session.add(row)
        self.meal = row.id

    def does(self, wanted: type[ServiceError] | None, act: Callable[[Any], Any]) -> Any:
        """Do something in a transaction; it must be refused as the model says."""
        self.clock.at += timedelta(seconds=1)
        try:
            with self.db.transaction() as session:
                got = act(session)
        except ServiceError as refusal:
            got = refusal
        assert (type(got) if isinstance(got, ServiceError) else None) is wanted
        return got

    def seat(self, person: uuid.UUID) -> uuid.UUID:
        """Return the person's registration, or one that there is not."""
        return self.ids.get(person, uuid.UUID(int=999))

    @rule(asking=st.lists(people, min_size=1, max_size=4))
    def register(self, asking: list[uuid.UUID]) -> None:
        wanted = [self.model.register(person) for person in asking]
        body, once = RegistrationCreate(meal_session_id=self.meal), Once(None, "")
        asked = [Asked(DINERS[person], body, once) for person in asking]
        got = self.does(None, lambda session: register_each(session, asked))
        assert [type(one) if isinstance(one, ServiceError) else None for one in got] == wanted

    @rule(person=people)
    def cancel(self, person: uuid.UUID) -> None:
        wanted = None
        if person not in self.model.seats:
            wanted = NotFound
        elif person in self.model.served:
            wanted = refusals.AlreadyServed
        elif self.model.is_late:
            wanted = refusals.CutoffPassed
        asked = [Asked(DINERS[person], self.seat(person), Once(None, ""))]
        self.does(wanted, lambda session: cancel_each(session, asked)[0])
        if wanted is None:
            del self.model.seats[person]
            self.model.gone[self.seat(person)] = False
            self.model.seat_line()

    @rule(data=st.data())
    def cancel_again(self, data: st.DataObject) -> None:
        if not self.model.gone:
            return
        key = data.draw(st.sampled_from(list(self.model.gone)))
        wanted = refusals.NotStanding if self.model.gone[key] else None
        asked = [Asked(MANAGER, key, Once(None, ""))]
        self.does(wanted, lambda session: cancel_each(session, asked)[0])

    @rule(person=people, portion=st.sampled_from(Portion))
    def change(self, person: uuid.UUID, portion: Portion) -> None:
        wanted = self.model.shut()
        if person not in self.model.seats:
            wanted = NotFound
        elif person in self.model.served:
            wanted = refusals.AlreadyServed
        body = RegistrationChange(portion=portion)
        caller, key = DINERS[person], self.seat(person)
        self.does(wanted, lambda session: change_each(session, [(caller, key, body)])[0])
        if wanted is None:
            self.model.seats[person] = (portion.value, self.model.seats[person][1])

    @rule(person=people)
    def wait(self, person: uuid.UUID) -> None:
        model, wanted = self.model, None
        if person in model.seats:
            wanted = refusals.AlreadyRegistered
        elif model.is_closed:
            wanted = refusals.MealClosed
        elif model.is_open and model.room > 0:
            wanted = refusals.SeatsFree
        elif person in model.line:
            wanted = refusals.AlreadyWaiting
        body, caller = WaitingCreate(), DINERS[person]
        got = self.does(wanted, lambda session: wait_each(session, [(caller, self.meal, body)])[0])
        if wanted is None:
            giver = model.offer()
            assert (got.registration is not None) == (giver is not None)
            if giver:
                model.gone[self.seat(giver)] = True
                model.move(giver, person)
            else:
                model.line.append(person)

    @rule(person=people)
    def leave(self, person: uuid.UUID) -> None:
        asked = [(DINERS[person], self.meal)]
        self.does(None, lambda session: leave_each(session, asked)[0])
        self.model.line = [one for one in self.model.line if one != person]

    @rule(person=people, colleague=st.none() | people)
    def give(self, person: uuid.UUID, colleague: uuid.UUID | None) -> None:
        model, wanted = self.model, None
        if person not in model.seats:
            wanted = NotFound
        elif person in model.served:
            wanted = refusals.AlreadyServed
        elif model.is_open:
            wanted = refusals.CutoffAhead
        elif colleague in model.seats:
            wanted = refusals.AlreadyRegistered
        number, key = f"N{colleague.int}" if colleague else None, self.seat(person)
        asked = [(DINERS[person], key, number)]
        self.does(wanted, lambda session: give_each(session, asked)[0])
        if wanted is None:
            taker = colleague or next(iter(model.line), None)
            if taker:
                model.gone[key] = True
                model.move(person, taker)
            else:
                model.seats[person] = (model.seats[person][0], self.clock.at.timestamp())

    @rule(person=people)
    def keep(self, person: uuid.UUID) -> None:
        wanted = None if person in self.model.seats else NotFound
        asked = [(DINERS[person], self.seat(person))]
        self.does(wanted, lambda session: keep_each(session, asked)[0])
        if wanted is None:
            self.model.seats[person] = (self.model.seats[person][0], 0)

    @rule(capacity=st.integers(0, 8))
    def resize(self, capacity: int) -> None:
        taken = self.model.capacity - self.model.room
        wanted = CapacityTooSmall if capacity < taken else None
        self.does(wanted, lambda session: change_capacity(session, MANAGER, self.meal, capacity))
        if wanted is None:
            self.model.capacity = capacity
            self.model.seat_line()

    @rule()
    def call_off(self) -> None:
        self.does(None, lambda session: meals.close_session(session, MANAGER, self.meal, "停电"))
        self.model.is_closed = True

    @rule()
    def hold_again(self) -> None:
        self.does(None, lambda session: meals.reopen_session(session, MANAGER, self.meal))
        self.model.is_closed = False
        self.model.seat_line()

    @rule()
    def pass_cutoff(self) -> None:
        self.clock.at += timedelta(minutes=11)
        self.model.is_late = True

    @rule()
    def move_cutoff(self) -> None:
        wanted = refusals.MealClosed if self.model.is_closed else None
        body = MealSessionChange(cutoff_at=self.clock.at + timedelta(minutes=10))
        self.does(wanted, lambda session: meals.change_session(session, MANAGER, self.meal, body))
        if wanted is None:
            self.model.is_late = False
            self.model.seat_line()

    @rule(data=st.data())
    def check_in(self, data: st.DataObject) -> None:
        if not self.codes:
            return
        key = data.draw(st.sampled_from(list(self.codes)))
        owner = next((one for one, its in self.ids.items() if its == key), None)
        wanted = None
        if owner is None:
            wanted = RegistrationCancelled
        elif owner in self.model.served:
            wanted = refusals.AlreadyServed
        else:
            self.model.served.add(owner)
        item = CheckInItem(
            id=uuid.uuid4(),
            meal_session_id=self.meal,
            pickup_code=self.codes[key],
            at=self.clock.at,
        )
        self.does(wanted, lambda session: check_in(session, [(COOK, item)])[0])

    @rule(heads=st.integers(1, 4))
    def register_group(self, heads: int) -> None:
        wanted = self.model.shut()
        if wanted is None and heads > self.model.room:
            wanted = refusals.SessionFull
        body = GroupRegistrationCreate(meal_session_id=self.meal, kind="guest", headcount=heads)
        got = self.does(wanted, lambda session: gatherings.register_group(session, MANAGER, body))
        if wanted is None:
            self.model.groups[got.id] = heads

    @rule(data=st.data(), heads=st.integers(0, 4))
    def change_group(self, data: st.DataObject, heads: int) -> None:
        """Change how many come; nobody means that it is cancelled."""
        model = self.model
        if not model.groups:
            return
        key = data.draw(st.sampled_from(list(model.groups)))
        more = heads - model.groups[key]
        wanted = model.shut() if heads else refusals.CutoffPassed if model.is_late else None
        if key in model.served:
            wanted = refusals.AlreadyServed
        elif wanted is None and heads and more > model.room:
            wanted = refusals.SessionFull
        if heads:
            self.does(
                wanted, lambda session: gatherings.change_headcount(session, MANAGER, key, heads)
            )
        else:
            self.does(wanted, lambda session: gatherings.cancel_group(session, MANAGER, key))
        if wanted is None:
            model.groups[key] = heads
            if not heads:
                del model.groups[key]
                model.gone[key] = False
            model.seat_line()

    @invariant()
    def agrees(self) -> None:
        """The database says what the model says."""
        model = self.model
        with self.db.reading() as session:
            connection, this = session.connection(), {"meal": self.meal}
            counter, capacity = connection.execute(MEAL, this).one()
            rows = connection.execute(ROWS, this).all()
            line = connection.scalars(LINE, this).all()
        own = {row.person_id: row for row in rows if row.kind == "person"}
        assert {one: (row.portion, row.offered_at is not None) for one, row in own.items()} == {
            one: (portion, at > 0) for one, (portion, at) in model.seats.items()
        }
        groups = {row.id: row.headcount for row in rows if row.kind != "person"}
        assert (groups, line) == (model.groups, model.line)
        assert (counter, capacity) == (model.capacity - model.room, model.capacity)
        assert not (model.is_open and model.room and model.line)  # nobody waits beside a free seat
        self.ids = {one: row.id for one, row in own.items()} | {key: key for key in groups}
        self.codes |= {row.id: row.pickup_code for row in rows}


@pytest.mark.timeout(900)
def test_the_service_does_what_the_model_says(databases):
    clock = SettableClock()
    db = Database(databases.url("menu"), {}, clock)
    know_canteens(db)
    with db.transaction() as session:
        for person in [*PEOPLE, HOST]:
            known = {"name": "某人", "number": f"N{person.int}", "canteen_ids": [str(CANTEEN)]}
            session.add(KnownPersonRow(id=person, active=True, version=1, **known))
    kept = {"db": db, "clock": clock, "days": count()}
    run_state_machine_as_test(
        type("OneMeal", (Seats,), kept),
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    db.engine.dispose()
