"""One line per canteen: sums over its complete days, for whoever may read them."""

from datetime import timedelta

from sqlalchemy import update

from cleanplate_waste.models import CANTEEN_DAYS
from support.identities import bearer
from support.services import CANTEEN, ORGANIZATION, OTHER_CANTEEN, OTHER_ORGANIZATION
from waste.kitchen import (
    DAY,
    a_session,
    all_food,
    manager,
    manager_of_organization,
    send,
    summary,
    tell_sessions,
)


async def canteens(service, headers, **query):
    period = {"date_from": str(DAY), "date_to": str(DAY + timedelta(days=27))}
    answer = await service.client.get(
        "/api/v1/waste/summary/canteens", params=period | query, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def two_days(service):
    """A day that is complete, and one on which plates were not weighed."""
    await tell_sessions(
        service, a_session(served=100), a_session(served=80, day=DAY + timedelta(days=1))
    )
    await send(service, *all_food(net=1000), *all_food(DAY + timedelta(days=1))[:4])


async def test_a_canteens_sums_are_those_of_its_complete_days(service):
    await two_days(service)
    (found,) = (await canteens(service, manager()))["items"]
    assert found["canteen_id"] == str(CANTEEN)
    assert (found["days"], found["complete_days"]) == (2, 1)
    assert (found["net_grams"], found["served"]) == (5_000, 100)
    assert found["grams_per_diner_meal"] == 50
    by_day = await summary(service, "day", DAY, DAY + timedelta(days=1))
    assert sum(d["net_grams"] for d in by_day if d["complete"]) == found["net_grams"]


async def test_a_canteen_without_a_day_has_no_rate(service):
    (found,) = (await canteens(service, manager(OTHER_CANTEEN)))["items"]
    assert (found["days"], found["grams_per_diner_meal"]) == (0, None)


async def test_each_sees_the_canteens_of_their_roles(service):
    await two_days(service)
    everywhere = bearer("overseer", organization_id=ORGANIZATION)
    seen = [c["canteen_id"] for c in (await canteens(service, everywhere))["items"]]
    assert seen == [str(CANTEEN)]
    foreign = bearer("overseer", organization_id=OTHER_ORGANIZATION)
    seen = [c["canteen_id"] for c in (await canteens(service, foreign))["items"]]
    assert seen == [str(OTHER_CANTEEN)]
    elsewhere = {"organization_id": str(OTHER_ORGANIZATION)}
    assert (await canteens(service, manager_of_organization(), **elsewhere))["items"] == []


async def test_who_may_not_read_figures_is_refused(service):
    answer = await service.client.get(
        "/api/v1/waste/summary/canteens",
        params={"date_from": str(DAY), "date_to": str(DAY)},
        headers=bearer("diner", CANTEEN),
    )
    assert answer.status_code == 403


async def test_days_told_before_sums_were_kept_are_summed_by_the_job(service):
    await two_days(service)
    before = (await canteens(service, manager()))["items"]
    with service.db.transaction() as session:
        nothing = {"net_grams": None, "served": None, "is_complete": False}
        session.execute(update(CANTEEN_DAYS).values(nothing))
    assert (await canteens(service, manager()))["items"] != before
    service.run_jobs()
    assert (await canteens(service, manager()))["items"] == before
