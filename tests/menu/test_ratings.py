import asyncio
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from cleanplate_menu.models import Table
from support.menus import MENU
from support.survey import eaten_lunch, ratings, tell_unit, write_ratings


async def test_who_was_checked_in_rates_once(service):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    await eaten.come(person)
    (due,) = await eaten.due(person)
    assert [dish["name"] for dish in due["dishes"]] == ["红烧肉", "白菜"]
    assert (due["date"], due["until"]) == (str(eaten.day), str(eaten.day + timedelta(3)))
    answer = await eaten.rate(person, 4, 2, tags=["salty", "good"])
    assert (answer.status_code, answer.json()["dishes"]) == (201, 2)
    assert await eaten.due(person) == []
    again = await eaten.rate(person, 5)
    assert (again.status_code, again.json()["type"]) == (409, "AlreadyRated")
    assert sorted((row.stars, row.tags) for row in ratings(service)) == [
        (2, "good salty"),
        (4, "good salty"),
    ]


async def test_who_did_not_come_does_not_rate_where_the_door_is_used(service):
    eaten = await eaten_lunch(service, people=2)
    came, stayed_away = eaten.seats
    await eaten.come(came)
    eaten.at(20)
    refused = await eaten.rate(stayed_away, 1)
    assert (refused.status_code, refused.json()["type"]) == (409, "NotServed")
    assert await eaten.due(stayed_away) == []
    assert (await eaten.rate(came, 1)).status_code == 201


async def test_where_the_door_is_not_used_the_registered_rate_once_the_meal_is_over(service):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    eaten.at(13)
    assert (await eaten.rate(person, 4)).json()["type"] == "NotServed"
    eaten.at(14)
    assert len(await eaten.due(person)) == 1
    assert (await eaten.rate(person, 4)).status_code == 201


@pytest.mark.parametrize(
    ("days", "hour", "status"), [(-1, 23, 409), (0, 0, 201), (3, 23, 201), (4, 0, 409)]
)
async def test_a_meal_is_rated_on_its_day_and_three_days_after(service, days, hour, status):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    await eaten.come(person)
    eaten.at(hour, days)
    assert len(await eaten.due(person)) == (status == 201)
    answer = await eaten.rate(person, 4)
    assert answer.status_code == status
    assert status == 201 or answer.json()["type"] == "RatingClosed"


async def test_somebody_elses_meal_is_not_there_whatever_the_role(service):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    await eaten.come(person)
    for role in ("diner", "manager", "admin"):
        answer = await service.client.post(
            f"{MENU}/registrations/{eaten.seats[person]['id']}/ratings",
            json={"dishes": [{"dish_id": eaten.dishes[0]["id"], "stars": 1}]},
            headers=eaten.bearer(role),
        )
        assert answer.status_code == 404
    assert ratings(service) == []


async def test_only_dishes_of_the_meal_and_whole_stars(service):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    await eaten.come(person)
    dish = eaten.dishes[0]["id"]
    cases = [
        ([{"dish_id": str(uuid.uuid4()), "stars": 3}], "UnknownDish"),
        ([{"dish_id": dish, "stars": 0}], "Unprocessable"),
        ([{"dish_id": dish, "stars": 6}], "Unprocessable"),
        ([{"dish_id": dish, "stars": 2.5}], "Unprocessable"),
        ([{"dish_id": dish, "stars": 3, "tags": ["awful"]}], "Unprocessable"),
        ([{"dish_id": dish, "stars": 3, "said": "by me"}], "Unprocessable"),
        ([], "Unprocessable"),
    ]
    for dishes, code in cases:
        answer = await service.client.post(
            f"{MENU}/registrations/{eaten.seats[person]['id']}/ratings",
            json={"dishes": dishes}, headers=eaten.bearer(person=person),
        )  # fmt: skip
        assert (answer.status_code, answer.json()["type"]) == (422, code), dishes
    assert len(await eaten.due(person)) == 1


async def test_a_diner_rates_the_dishes_they_picked(service):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    await eaten.come(person)
    with service.db.transaction() as session:
        session.execute(
            text("UPDATE registration SET dishes = :dishes"),
            {"dishes": f'["{eaten.dishes[1]["id"]}"]'},
        )
    (due,) = await eaten.due(person)
    assert [dish["name"] for dish in due["dishes"]] == ["白菜"]
    assert (await eaten.rate(person, 1)).json()["type"] == "UnknownDish"


@pytest.mark.parametrize(("there", "told"), [(9, False), (10, True)])
async def test_the_unit_is_told_only_among_ten_of_it(service, there, told):
    eaten = await eaten_lunch(service, people=12)
    person, *others = eaten.seats
    unit = uuid.uuid4()
    await tell_unit(service, unit, person, *others[: there - 1])
    await tell_unit(service, uuid.uuid4(), *others[there - 1 :])
    await tell_unit(service, unit, *(uuid.uuid4() for _ in range(20)))  # did not register
    await eaten.come(person)
    await eaten.rate(person, 3)
    assert [row.unit_id for row in ratings(service)] == [unit if told else None]


async def test_nothing_kept_leads_from_a_rating_to_its_diner(service):
    """No common column, no instant; and the order in the table is that of random keys."""
    eaten = await eaten_lunch(service, people=12)
    await eaten.come(*eaten.seats)
    for turn, person in enumerate(eaten.seats):
        assert (await eaten.rate(person, 1 + turn % 5)).status_code == 201
    columns = {
        name: set(Table.metadata.tables[name].columns.keys()) for name in ("rated", "rating")
    }
    assert columns["rated"] == {"registration_id"}
    assert columns["rating"] == {"id", "canteen_id", "dish_id", "day", "unit_id", "stars", "tags"}
    with service.db.reading() as session:
        keys = [row[0] for row in session.execute(text("SELECT id FROM rating"))]
        answered = session.execute(text("SELECT count(*) FROM answered")).scalar_one()
        if service.db.is_sqlite:
            assert keys == sorted(keys)
            with pytest.raises(Exception, match="rowid"):
                session.execute(text("SELECT rowid FROM rating"))
    assert len(keys) == 12
    assert answered == 0


async def test_a_repeated_key_is_no_place_to_look_up_what_was_said(service):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    await eaten.come(person)
    answer = await service.client.post(
        f"{MENU}/registrations/{eaten.seats[person]['id']}/ratings",
        json={"dishes": [{"dish_id": eaten.dishes[0]["id"], "stars": 1}]},
        headers=eaten.bearer(person=person) | {"Idempotency-Key": "k"},
    )
    assert answer.status_code == 201
    with service.db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM answered")).scalar_one() == 0


@pytest.mark.parametrize(("days", "left"), [(3, 1), (4, 1), (5, 0)])
async def test_who_has_rated_is_forgotten_when_nobody_may_any_more(service, days, left):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    await eaten.come(person)
    await eaten.rate(person, 4)
    eaten.at(12, days)
    service.run_jobs()
    with service.db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM rated")).scalar_one() == left
    assert len(ratings(service)) == 1


async def test_two_at_once_are_one(service):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    await eaten.come(person)
    answers = await asyncio.gather(*(eaten.rate(person, stars) for stars in (1, 2, 3, 4, 5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert len(ratings(service)) == 1


async def test_identities_are_forgotten_with_who_has_rated(start):
    async with start("menu", keep_identities_days=1) as service:
        eaten = await eaten_lunch(service)
        (person,) = eaten.seats
        await eaten.come(person)
        await eaten.rate(person, 4)
        eaten.at(12, days=3)  # before `rated` would be forgotten by itself
        service.run_jobs()
        with service.db.reading() as session:
            for table in ("rated", "registration"):
                count = session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
                assert count == 0, table
        assert len(ratings(service)) == 1


async def test_stars_are_on_the_menu_from_five_ratings_on(service):
    eaten = await eaten_lunch(service)
    dish, other = eaten.dishes
    today = eaten.day
    write_ratings(service, dish, today, 2, 2, 2, 2)
    write_ratings(service, dish, today - timedelta(60), 5, 5, 5)  # too long ago

    async def shown():
        service.clock.at += timedelta(minutes=1)  # stars may be as old as that
        answer = await service.client.get(
            f"{MENU}/meal-sessions/{eaten.meal['id']}", headers=eaten.bearer()
        )
        return [found["stars"] for found in answer.json()["dishes"]]

    assert await shown() == [None, None]
    write_ratings(service, dish, today, 2)
    assert await shown() == [2.0, None]
    write_ratings(service, other, today, 4, 4, 4, 4, 4)
    assert await shown() == [2.0, 4.0], "another kind"


async def test_a_guests_seat_is_not_rated(service):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    with service.db.transaction() as session:
        session.execute(text("UPDATE registration SET kind = 'guest'"))
    eaten.at(20)
    assert await eaten.due(person) == []
    assert (await eaten.rate(person, 4)).status_code == 404
    with service.db.transaction() as session:
        session.execute(text("UPDATE registration SET kind = 'person'"))
    assert len(await eaten.due(person)) == 1


async def test_a_walk_in_uses_the_door_and_rates_nothing(service):
    eaten = await eaten_lunch(service)
    (person,) = eaten.seats
    await eaten.check_in({})
    eaten.at(20)
    assert await eaten.due(person) == []
