"""250 people at one meal at the same time: all are answered, and the seats come out right."""

import asyncio
from collections import Counter
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select

from cleanplate_menu.models import REGISTRATIONS, SESSIONS
from support.menus import MENU, open_meal, register
from support.rush import Diner, seats_of

PEOPLE = [Diner() for _ in range(250)]


async def ask(service, diner, method, path, body=None):
    one = diner.asks(method, path, body)
    return await service.client.request(one.method, MENU + path, json=body, headers=one.headers)


async def all_ask(service, asked):
    """Send all requests at once; return the answers, and how many of each status there are."""
    answers = await asyncio.gather(*(ask(service, *one) for one in asked))
    return answers, Counter(answer.status_code for answer in answers)


async def all_registered(service, people=PEOPLE, capacity=250):
    """Return a meal, and the registration of each by their number."""
    meal = await open_meal(service, capacity=capacity)
    made = await asyncio.gather(*(register(service, meal, one.id) for one in people))
    assert {answer.status_code for answer in made} == {201}
    return meal, {one.id: answer.json()["id"] for one, answer in zip(people, made, strict=True)}


def stand(service, meal, what):
    """Count standing registrations of a meal by a column."""
    here = REGISTRATIONS.c.meal_session_id == UUID(meal["id"])
    found = select(what, func.count()).where(here, REGISTRATIONS.c.status == "registered")
    with service.db.reading() as session:
        return dict(map(tuple, session.connection().execute(found.group_by(what))))


def seats(service, meal):
    """Return the counter, the registrations and the places in line of a meal."""
    found = seats_of(service.db, UUID(meal["id"]))
    return found.counter, found.rows, found.waiting


def pass_cutoff(service, meal):
    service.clock.at = datetime.fromisoformat(meal["cutoff_at"])


async def test_all_join_a_line_at_once_and_leave_it_at_once(service):
    meal, _ = await all_registered(service, [Diner()], capacity=1)
    path = f"/meal-sessions/{meal['id']}/waiting"
    answers, statuses = await all_ask(service, [(one, "POST", path, {}) for one in PEOPLE])
    assert statuses == {201: 250}
    version = select(SESSIONS.c.version)
    with service.db.reading() as session:
        before = session.connection().scalar(version)
    _, again = await all_ask(service, [(one, "POST", path, {}) for one in PEOPLE])
    assert again == {409: 250}
    places = await asyncio.gather(
        *(ask(service, one, "GET", "/waiting/mine") for one in PEOPLE[:10])
    )
    ahead = [answer.json()["items"][0]["ahead"] for answer in places]
    assert len(set(ahead)) == 10
    assert set(ahead) <= set(range(250))
    assert seats(service, meal) == (1, 1, 250)
    assert [answer.json()["registration"] for answer in answers] == [None] * 250
    _, left = await all_ask(service, [(one, "DELETE", path) for one in PEOPLE])
    assert left == {204: 250}
    assert seats(service, meal) == (1, 1, 0)
    with service.db.reading() as session:
        assert session.connection().scalar(version) == before


async def test_all_change_what_they_take_at_once(service):
    meal, made = await all_registered(service)
    asked = [
        (one, "PATCH", f"/registrations/{made[one.id]}", {"portion": ("half", "small")[n % 2]})
        for n, one in enumerate(PEOPLE)
    ]
    answers, statuses = await all_ask(service, asked)
    assert statuses == {200: 250}
    assert all(
        (answer.json()["id"], answer.json()["portion"]) == (made[one.id], body["portion"])
        for answer, (one, _, _, body) in zip(answers, asked, strict=True)
    )
    assert stand(service, meal, REGISTRATIONS.c.portion) == {"half": 125, "small": 125}
    foreign = [(Diner(), *one[1:]) for one in asked[:249]]
    mine = (PEOPLE[0], "PATCH", asked[0][2], {"portion": "full"})
    answers, statuses = await all_ask(service, [*foreign, mine])
    assert statuses == {404: 249, 200: 1}
    assert answers[-1].status_code == 200
    assert stand(service, meal, REGISTRATIONS.c.portion) == {"half": 124, "small": 125, "full": 1}


async def test_all_offer_their_meals_at_once_and_keep_them_after_all(service):
    meal, made = await all_registered(service)
    pass_cutoff(service, meal)
    is_offered = REGISTRATIONS.c.offered_at.is_not(None)
    for verb, body, wanted in ((":give", {}, {True: 250}), (":keep", None, {False: 250})):
        asked = [(one, "POST", f"/registrations/{made[one.id]}{verb}", body) for one in PEOPLE]
        _, statuses = await all_ask(service, asked)
        assert statuses == {200: 250}
        assert stand(service, meal, is_offered) == wanted
    assert seats(service, meal) == (250, 250, 0)


async def test_who_gives_and_who_waits_at_once_find_one_another(service):
    """Givers and waiters are as many: whoever comes first, each waiter eats at the end."""
    givers, waiters = PEOPLE[:125], PEOPLE[125:]
    meal, made = await all_registered(service, givers, capacity=125)
    pass_cutoff(service, meal)
    path = f"/meal-sessions/{meal['id']}/waiting"
    asked = []
    for giver, waiter in zip(givers, waiters, strict=True):
        asked += [(giver, "POST", f"/registrations/{made[giver.id]}:give", {})]
        asked += [(waiter, "POST", path, {})]
    _, statuses = await all_ask(service, asked)
    assert statuses == {200: 125, 201: 125}
    assert seats(service, meal) == (125, 125, 0)
    assert set(stand(service, meal, REGISTRATIONS.c.person_id)) == {one.id for one in waiters}


async def test_a_refusal_among_many_changes_nothing_of_its_own(service):
    """A colleague who has a meal takes no second one; the others of the group are served."""
    meal, made = await all_registered(service, PEOPLE[:3])
    pass_cutoff(service, meal)
    path = f"/registrations/{made[PEOPLE[0].id]}:give"
    asked = [(PEOPLE[0], "POST", path, {"number": "nobody"})]
    asked += [(one, "POST", f"/registrations/{made[one.id]}:give", {}) for one in PEOPLE[1:3]]
    asked += [(Diner(), "POST", f"/registrations/{uuid4()}:give", {})]
    answers, _ = await all_ask(service, asked)
    assert [answer.status_code for answer in answers] == [404, 200, 200, 404]
    assert stand(service, meal, REGISTRATIONS.c.offered_at.is_not(None)) == {False: 1, True: 2}
