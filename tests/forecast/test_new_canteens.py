"""A canteen that has just opened is forecast by what is usual in the others."""

from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from sqlmodel import col, select

from cleanplate_forecast.models import ForecastRow
from cleanplate_shared.contracts.menu import MealSessionsChanged, SessionFacts
from support.identities import bearer
from support.seasons import TODAY, facts
from support.services import CANTEEN, OTHER_CANTEEN

RATE = 0.7  # of the registered who come in the other canteen


def elsewhere(days: int = 60) -> list[SessionFacts]:
    random = np.random.default_rng(1)
    registered = random.integers(150, 250, days)
    served = random.binomial(registered, RATE)
    return [facts(OTHER_CANTEEN, n - days, int(registered[n]), int(served[n])) for n in range(days)]


def own_days(days: int, rate: float) -> list[SessionFacts]:
    return [facts(CANTEEN, n - days, 200, round(200 * rate)) for n in range(days)]


def opening(registered: int = 200) -> SessionFacts:
    return facts(CANTEEN, 0, registered, None)


async def told(service, *sessions: SessionFacts) -> None:
    await service.tell(MealSessionsChanged(sessions=list(sessions)))


async def ask(service, session: SessionFacts):
    now = service.clock.at.timestamp()
    signed_in = bearer(role="cook", canteen_id=CANTEEN, iat=now, exp=now + 900)
    path = f"/api/v1/forecast/meal-sessions/{session.meal_session_id}"
    return await service.client.get(path, headers=signed_in)


async def middle(service, session: SessionFacts) -> float:
    answer = await ask(service, session)
    assert answer.status_code == 200
    assert answer.json()["by_show_up"] is True
    return answer.json()["quantiles"]["0.5"]


def after_the_cut_off() -> datetime:
    return datetime.combine(TODAY, time(2), UTC)


async def test_on_its_first_day_as_many_come_as_usual_elsewhere(service):
    service.clock.at = after_the_cut_off()
    await told(service, *elsewhere(), opening())
    answer = (await ask(service, opening())).json()
    assert (answer["model"], answer["by_show_up"]) == ("show-up-1", True)
    assert answer["mean"] == pytest.approx(200 * RATE, rel=0.08)
    low, high = answer["quantiles"]["0.1"], answer["quantiles"]["0.9"]
    assert low < 200 * RATE < high
    assert high - low < 120  # half above and half below were 200
    with service.db.reading() as session:
        kept = session.exec(select(ForecastRow)).one()
    assert (kept.model, kept.registered, kept.final) == ("show-up-1", 200, True)


async def test_its_own_days_count_the_more_the_more_there_are(service):
    service.clock.at = after_the_cut_off()
    await told(service, *elsewhere(), opening())
    first = await middle(service, opening())
    await told(service, *own_days(2, 0.95))
    third = await middle(service, opening())
    await told(service, *own_days(12, 0.95))
    late = await middle(service, opening())
    assert first < third < late
    assert late == pytest.approx(190, rel=0.03)


async def test_with_twenty_days_of_its_own_it_is_no_longer_new(service):
    service.clock.at = after_the_cut_off()
    await told(service, *elsewhere(), *own_days(20, 0.95), opening())
    answer = (await ask(service, opening())).json()
    assert (answer["model"], answer["by_show_up"]) == ("mean8-registered-1", False)


async def test_before_the_cut_off_it_goes_by_the_usual_pace(service):
    """The job notes in the other canteen that half register in the last day."""
    half = [
        one.model_copy(update={"registered": (one.registered or 0) // 2, "served": None})
        for one in elsewhere(30)
    ]
    for one, then in zip(elsewhere(30), half, strict=True):
        service.clock.at = one.cutoff_at - timedelta(hours=24.5)
        await told(service, then)
        service.run_jobs()
        await told(service, one.model_copy(update={"version": 2}))
    await told(service, opening(registered=100))
    service.clock.at = opening().cutoff_at - timedelta(hours=24)
    early = (await ask(service, opening())).json()
    assert early["mean"] == pytest.approx(200 * RATE, rel=0.15)
    service.clock.at = after_the_cut_off()
    final = (await ask(service, opening())).json()
    assert final["mean"] == pytest.approx(100 * RATE, rel=0.15)


async def test_before_the_cut_off_there_is_no_forecast_where_no_pace_is_known(service):
    service.clock.at = opening().cutoff_at - timedelta(hours=24)
    await told(service, *elsewhere(), opening())
    refused = await ask(service, opening())
    assert (refused.status_code, refused.json()["type"]) == (409, "NoHistory")


async def test_what_comes_later_in_other_canteens_is_not_known_on_a_past_day(service):
    """A forecast of a day that had none is made from its eve."""
    past = facts(CANTEEN, -30, 200, None)
    await told(service, *elsewhere(), past)
    service.clock.at = after_the_cut_off()
    before = await middle(service, past)
    later = [
        one.model_copy(update={"served": 1, "version": 2})
        for one in elsewhere()
        if one.date >= past.date
    ]
    await told(service, *later)
    assert await middle(service, past) == before
    earlier = [
        one.model_copy(update={"served": 1, "version": 2})
        for one in elsewhere()
        if one.date < past.date
    ]
    await told(service, *earlier)
    assert await middle(service, past) < before - 30


async def test_the_hourly_job_and_a_reader_say_the_same(service):
    service.clock.at = after_the_cut_off()
    await told(service, *elsewhere(), opening())
    service.run_jobs()
    with service.db.reading() as session:
        kept = session.exec(
            select(ForecastRow).where(col(ForecastRow.session_id) == opening().meal_session_id)
        ).one()
    assert (await middle(service, opening())) == kept.quantiles["0.5"]
    assert kept.model == "show-up-1"
