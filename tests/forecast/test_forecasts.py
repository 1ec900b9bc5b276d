import asyncio
import uuid
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlmodel import col, select

from cleanplate_forecast.actions.forecasts import keep_forecasts
from cleanplate_forecast.models import ForecastRow, SessionRow
from cleanplate_shared.contracts.directory import CalendarDaySet
from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts
from support.identities import bearer
from support.services import CANTEEN, ORGANIZATION, OTHER_CANTEEN

TODAY = date(2026, 6, 8)  # an ordinary Monday
COOK = {"role": "cook", "canteen_id": CANTEEN}


def facts(day: date, **changes) -> SessionFacts:
    known = {
        "meal_session_id": uuid.uuid5(CANTEEN, f"{day}"),
        "canteen_id": CANTEEN,
        "date": day,
        "meal": "lunch",
        "cutoff_at": datetime.combine(day, time(1), UTC),
        "capacity": 500,
        "registered": 250,
        "portions": {},
        "served": 200 if day < TODAY else None,
        "no_shows": 0,
        "walk_ins": 0,
        "dishes": [],
        "version": 1,
    }
    return SessionFacts(**known | changes)


def history(days: int = 100) -> list[SessionFacts]:
    return [facts(TODAY - timedelta(days=n)) for n in range(1, days + 1)]


async def tell(service, *sessions) -> None:
    assert await service.tell(MealSessionsChanged(sessions=list(sessions))) == 1


async def ask(service, session_id, **who):
    path = f"/api/v1/forecast/meal-sessions/{session_id}"
    now = service.clock.at.timestamp()
    signed_in = bearer(**who or COOK, iat=now, exp=now + 900)
    return await service.client.get(path, headers=signed_in)


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def kept(service) -> list[ForecastRow]:
    with service.db.reading() as session:
        found = select(ForecastRow).order_by(col(ForecastRow.session_id), col(ForecastRow.number))
        return list(session.exec(found))


async def test_a_session_is_forecast_from_its_history(service):
    service.clock.at = at(TODAY, 0)
    coming = facts(TODAY, registered=3)
    await tell(service, *history(), coming)
    answer = await ask(service, coming.meal_session_id)
    assert answer.status_code == 200
    told = answer.json()
    assert told["mean"] == 200
    assert told["quantiles"] == {"0.1": 200, "0.5": 200, "0.9": 200}
    assert (told["registered"], told["model"]) == (3, "mean8-registered-1")
    assert datetime.fromisoformat(told["made_at"]) == service.clock.at
    assert told["provisional_calendar"] is False


async def test_after_the_cut_off_the_registrations_count_in_full(service):
    coming = facts(TODAY, registered=125)
    await tell(service, *history(), coming)
    service.clock.at = at(TODAY, 0)
    assert (await ask(service, coming.meal_session_id)).json()["mean"] == 200
    service.clock.at = at(TODAY, 2)
    assert (await ask(service, coming.meal_session_id)).json()["mean"] == 100
    assert [(row.number, row.final) for row in kept(service)] == [(1, False), (2, True)]


async def test_a_forecast_that_says_nothing_new_is_kept_once(service):
    service.clock.at = at(TODAY, 0)
    coming = facts(TODAY)
    await tell(service, *history(), coming)
    first = (await ask(service, coming.meal_session_id)).json()
    service.clock.at += timedelta(minutes=30)
    assert (await ask(service, coming.meal_session_id)).json() == first
    assert len(kept(service)) == 1


@pytest.mark.parametrize(("moved", "count"), [(0.4, 1), (0.6, 2)])
async def test_half_a_diner_more_is_something_new(service, moved, count):
    service.clock.at = at(TODAY, 0)
    await tell(service, *history(), facts(TODAY))
    service.run_jobs()
    [row] = kept(service)
    with service.db.transaction() as session:
        keep_forecasts(session, [ForecastRow(**row.model_dump() | {"mean": row.mean + moved})])
    assert len(kept(service)) == count


async def test_a_rush_of_readers_keeps_one_forecast(service):
    service.clock.at = at(TODAY, 0)
    coming = facts(TODAY)
    await tell(service, *history(), coming)
    answers = await asyncio.gather(*(ask(service, coming.meal_session_id) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(kept(service)) == 1


async def test_what_is_kept_can_be_scored_later(service):
    service.clock.at = at(TODAY, 2)
    coming = facts(TODAY, registered=250)
    await tell(service, *history(), coming)
    await ask(service, coming.meal_session_id)
    service.clock.at = at(TODAY + timedelta(days=1), 2)
    await tell(service, facts(TODAY, registered=250, served=180, version=2))
    told = (await ask(service, coming.meal_session_id)).json()
    [row] = kept(service)
    assert (row.model, row.registered, row.final) == ("mean8-registered-1", 250, True)
    assert (row.as_of, row.mean) == (TODAY - timedelta(days=1), 200)
    assert told["mean"] == 200
    assert datetime.fromisoformat(told["made_at"]) == row.made_at


async def test_a_past_session_without_a_forecast_is_answered_from_its_eve_and_not_kept(service):
    service.clock.at = at(TODAY + timedelta(days=3), 2)
    past = facts(TODAY, served=900)
    later = facts(TODAY + timedelta(days=1), served=900)
    await tell(service, *history(), past, later)
    assert (await ask(service, past.meal_session_id)).json()["mean"] == 200
    assert kept(service) == []


async def test_stale_and_repeated_facts_are_ignored(service):
    service.clock.at = at(TODAY, 0)
    await tell(service, facts(TODAY, registered=9, version=3))
    await tell(service, facts(TODAY, registered=7, version=2))
    await tell(service, facts(TODAY, registered=8, version=3))
    await tell(
        service,
        facts(TODAY + timedelta(days=1), registered=5, version=5),
        facts(TODAY + timedelta(days=1), registered=4, version=4),
    )
    with service.db.reading() as session:
        rows = session.exec(select(SessionRow).order_by(col(SessionRow.date)))
        assert [(row.registered, row.version) for row in rows] == [(9, 3), (5, 5)]


async def test_five_hundred_sessions_in_one_event_are_learnt(service):
    await tell(service, *history(500))
    with service.db.reading() as session:
        assert len(session.exec(select(SessionRow)).all()) == 500


async def test_without_history_there_is_a_refusal_until_the_cut_off(service):
    coming = facts(TODAY, registered=80)
    await tell(service, coming)
    service.clock.at = at(TODAY, 0)
    refused = await ask(service, coming.meal_session_id)
    assert (refused.status_code, refused.json()["type"]) == (409, "NoHistory")
    service.clock.at = at(TODAY, 2)
    told = (await ask(service, coming.meal_session_id)).json()
    assert (told["model"], 65 < told["mean"] < 80) == ("show-up-1", True)
    assert 50 < told["quantiles"]["0.1"] < 70
    assert 75 < told["quantiles"]["0.9"] < 95


async def test_imported_history_without_registrations_is_enough(service):
    service.clock.at = at(TODAY, 2)
    coming = facts(TODAY, registered=None)
    past = [one.model_copy(update={"registered": None}) for one in history()]
    await tell(service, *past, coming)
    told = (await ask(service, coming.meal_session_id)).json()
    assert (told["mean"], told["registered"]) == (200, None)


async def test_each_meal_has_its_own_history(service):
    service.clock.at = at(TODAY, 0)
    dinner = facts(TODAY, meal="dinner", meal_session_id=uuid.uuid4(), registered=10)
    await tell(service, *history(), dinner)
    assert (await ask(service, dinner.meal_session_id)).status_code == 409


async def test_a_holiday_is_forecast_like_rest_days(service):
    holiday = date(2026, 6, 19)  # the Dragon Boat Festival, a Friday
    service.clock.at = at(holiday, 0)
    past = [
        facts(day, served=20 if day.weekday() >= 5 else 200, registered=None)
        for day in (holiday - timedelta(days=n) for n in range(1, 100))
    ]
    await tell(service, *past, facts(holiday, registered=None))
    told = (await ask(service, facts(holiday).meal_session_id)).json()
    assert 15 < told["mean"] < 30


async def test_a_day_set_by_hand_counts_as_it_was_set(service):
    service.clock.at = at(TODAY, 0)
    past = [
        facts(day, served=20 if day.weekday() >= 5 else 200, registered=None)
        for day in (TODAY - timedelta(days=n) for n in range(1, 100))
    ]
    await tell(service, *past, facts(TODAY, registered=None))
    normal = (await ask(service, facts(TODAY).meal_session_id)).json()["mean"]
    await service.tell(CalendarDaySet(day=TODAY, is_workday=False, version=1))
    set_by_hand = (await ask(service, facts(TODAY).meal_session_id)).json()["mean"]
    assert normal > 150
    assert set_by_hand < 40


async def test_a_year_that_is_not_announced_is_said_to_be_provisional(service):
    far = date(2030, 6, 3)
    service.clock.at = at(far, 0)
    await tell(service, facts(far - timedelta(days=7), served=50), facts(far))
    told = (await ask(service, facts(far).meal_session_id)).json()
    assert told["provisional_calendar"] is True


async def test_the_job_forecasts_the_next_ten_days_hourly_and_after_the_cut_off(service):
    service.clock.at = at(TODAY, 0)
    coming = [facts(TODAY + timedelta(days=n), registered=250) for n in range(13)]
    await tell(service, *history(), *coming)
    service.run_jobs()
    assert len(kept(service)) == 11
    service.clock.at += timedelta(minutes=5)
    await tell(service, facts(TODAY, registered=400, version=2))
    service.run_jobs()
    assert len(kept(service)) == 11
    service.clock.at += timedelta(hours=1)
    service.run_jobs()
    rows = [row for row in kept(service) if row.session_id == coming[0].meal_session_id]
    assert [(row.registered, row.final) for row in rows] == [(250, False), (400, True)]


async def test_the_job_keeps_how_many_had_registered_so_long_before_the_cut_off(service):
    coming = facts(TODAY + timedelta(days=2))
    for version, hours in enumerate((200, 60, 49, 13, 7, 2, 0, -5), start=1):
        service.clock.at = coming.cutoff_at - timedelta(hours=hours)
        await tell(service, facts(coming.date, registered=300 - hours, version=version))
        service.run_jobs()
    with service.db.reading() as session:
        row = session.get(SessionRow, coming.meal_session_id)
    assert (row.early_96, row.early_48, row.early_24) == (None, 251, None)
    assert (row.early_12, row.early_6, row.early_3, row.early_1) == (287, 293, None, 298)


async def test_the_job_and_a_reader_say_the_same(service):
    service.clock.at = at(TODAY, 0)
    coming = facts(TODAY + timedelta(days=4))
    await tell(service, *history(), coming)
    service.run_jobs()
    [row] = kept(service)
    told = (await ask(service, coming.meal_session_id)).json()
    assert len(kept(service)) == 1
    assert (told["mean"], told["quantiles"]) == (row.mean, row.quantiles)


async def test_who_may_read_a_forecast(service):
    service.clock.at = at(TODAY, 0)
    coming = facts(TODAY)
    await tell(service, *history(), coming)
    session_id = coming.meal_session_id
    overseer = await ask(service, session_id, role="overseer", organization_id=ORGANIZATION)
    assert overseer.status_code == 200
    assert (await ask(service, session_id, role="diner", canteen_id=CANTEEN)).status_code == 403
    assert (
        await ask(service, session_id, role="cook", canteen_id=OTHER_CANTEEN)
    ).status_code == 404
    assert (await ask(service, uuid.uuid4())).status_code == 404
    unsigned = await service.client.get(f"/api/v1/forecast/meal-sessions/{session_id}")
    assert unsigned.status_code == 401
