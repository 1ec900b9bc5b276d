from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean, pstdev

import httpx
import numpy as np
import pytest

from cleanplate_gateway.app import create_app
from cleanplate_gateway.demo import crowd, loading, marker, scale, sheets, town, year
from cleanplate_gateway.demo.truth import CAMPAIGN, DAILY_SPREAD, HALL, OFFICE, PLATE_GAP
from cleanplate_gateway.installation import Installation

TODAY = date(2026, 9, 16)
FIRST = year.first_day_of(TODAY)


@pytest.fixture(scope="module")
def meals():
    return list(year.meal_days(1, FIRST, TODAY - timedelta(days=1)))


def rates(meals, canteen, streams=scale.STREAMS, **within):
    """Grams per diner-meal of each workday, and the day."""
    grams, served = defaultdict(int), defaultdict(int)
    for meal in meals:
        if meal.canteen.name == canteen and within.get("since", FIRST) <= meal.day <= within.get(
            "until", TODAY
        ):
            served[meal.day] += int(meal.attendance.came.sum())
            for found in meal.weighed(FIRST):
                if found.stream in streams:
                    grams[meal.day] += found.net_grams
    return {day: grams[day] / served[day] for day in served if day.weekday() < 5 and served[day]}


def test_the_same_seed_makes_the_same_year_and_another_seed_another():
    days = (FIRST, FIRST + timedelta(days=5))
    stretch = sheets.Stretch(FIRST, FIRST, TODAY, TODAY)
    once, again, other = (
        sheets.weighings(year.meal_days(seed, *days), stretch) for seed in (1, 1, 2)
    )
    assert once == again
    assert once != other


def test_a_year_in_pieces_is_the_year_made_at_once():
    cut, last = FIRST + timedelta(days=3), FIRST + timedelta(days=6)
    stretch = sheets.Stretch(FIRST, FIRST, TODAY, TODAY)
    whole = sheets.weighings(year.meal_days(1, FIRST, last), stretch)
    first = sheets.weighings(year.meal_days(1, FIRST, cut), stretch)
    rest = sheets.weighings(year.meal_days(1, cut + timedelta(days=1), last), stretch)
    assert whole.splitlines() == first.splitlines() + rest.splitlines()[1:]


def test_about_nine_hundred_diners_eat_in_nineteen_units():
    diners = [one for one in town.people(1) if one.role == "diner"]
    assert len(diners) == 900
    assert len({(one.canteen, one.unit) for one in diners}) == 19
    assert {one.user_name for one in town.people(1)} - {None} == {"diner", "cook", "manager"}


def test_a_fifth_of_the_diners_leaves_most(meals):
    lunches = [meal for meal in meals if meal.meal == "lunch" and meal.canteen.name == OFFICE][:40]
    left = [scale.left_on_plates(m.crowd, m.attendance, m.day, "lunch") for m in lunches]
    shares = [np.sort(one)[::-1][: len(one) // 5].sum() / one.sum() for one in left]
    assert 0.55 < fmean(shares) < 0.75


@pytest.mark.parametrize("canteen", [OFFICE, HALL])
def test_days_differ_as_they_do_in_a_real_kitchen(meals, canteen):
    untouched = rates(meals, canteen, until=CAMPAIGN.first(FIRST) - timedelta(days=1))
    values = list(untouched.values())
    assert pstdev(values) / fmean(values) == pytest.approx(DAILY_SPREAD, abs=0.07)
    memory = np.corrcoef([a for a, _ in pairwise(values)], [b for _, b in pairwise(values)])[0, 1]
    assert -0.05 < memory < 0.4


def test_the_campaign_is_there_and_only_there(meals, monkeypatch):
    begun = CAMPAIGN.first(FIRST)
    with_it = {canteen: rates(meals, canteen, ("plate",)) for canteen in (OFFICE, HALL)}
    monkeypatch.setattr(scale, "CAMPAIGN", CAMPAIGN.__class__("nowhere", 0, 0.0))
    without = {canteen: rates(meals, canteen, ("plate",)) for canteen in (OFFICE, HALL)}
    assert with_it[HALL] == without[HALL]
    for day, rate in with_it[OFFICE].items():
        change = rate / without[OFFICE][day] - 1 if without[OFFICE][day] else 0
        expected = CAMPAIGN.plate_effect if day >= begun else 0
        assert change == pytest.approx(expected, abs=0.002)


def test_plates_were_not_weighed_in_the_gap(meals):
    begin = FIRST + timedelta(days=PLATE_GAP.starts_after_days)
    gap = [m for m in meals if begin <= m.day < begin + timedelta(days=PLATE_GAP.days)]
    weighed = {m.canteen.name: set() for m in gap}
    for meal in gap:
        weighed[meal.canteen.name] |= {found.stream for found in meal.weighed(FIRST)}
    assert "plate" in weighed[OFFICE]
    assert "plate" not in weighed[HALL]
    assert "unserved" in weighed[HALL]


def test_registrations_never_pass_the_seats_and_do_not_all_turn_up(meals):
    for meal in meals:
        assert meal.attendance.registered.sum() <= meal.canteen.capacity[meal.meal]
    lunches = [m.attendance for m in meals if m.meal == "lunch"]
    registered = sum(int(one.registered.sum()) for one in lunches)
    stayed_away = sum(int((one.registered & ~one.came).sum()) for one in lunches)
    walked_in = sum(int((one.came & ~one.registered).sum()) for one in lunches)
    assert 0.04 < stayed_away / registered < 0.15
    assert 0.03 < walked_in / registered < 0.15


def test_a_few_people_of_the_crowd_are_the_same_every_day():
    assert [one.number for one in crowd.crowds(1)[0].diners[:2]] == ["A0001", "A0002"]


def quiet(done, total, what):
    """Take no notice of progress."""


async def front_door(installation):
    suite = installation.suite(jobs_on=False)
    app = create_app(suite.peers, suite.services, demo=True)
    transport = httpx.ASGITransport(app=app)
    return suite, httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
def short_year(monkeypatch):
    """Ten days instead of thirteen months."""
    monkeypatch.setattr(year, "first_day_of", lambda today: today - timedelta(days=10))
    monkeypatch.setattr(year, "DAYS_AHEAD", 3)


async def test_the_five_sign_ins_work_and_the_demo_goes_on_from_there(tmp_path, short_year):
    installation = Installation(tmp_path)
    today = date.today()  # noqa: DTZ011
    made = await loading.load(installation, today - timedelta(days=2), 1, quiet)
    assert made.state == "whole"
    grown = await loading.load(installation, today, 1, quiet)
    assert (grown.today, grown.first_day) == (today, made.first_day)
    assert await loading.load(installation, today, 1, quiet) == grown

    suite, client = await front_door(installation)
    async with suite.running(), client:
        assert (await client.get("/readyz")).status_code == 200
        for name in town.SIGN_INS:
            form = {"username": name, "password": loading.PASSWORD}
            answer = await client.post("/api/v1/directory/token", data=form)
            assert answer.status_code == 200, answer.text
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        canteens = (await client.get("/api/v1/directory/canteens", headers=token)).json()["items"]
        assert {one["name"] for one in canteens} == {OFFICE, HALL}
        ahead = {"date_from": str(today), "date_to": str(today + timedelta(days=9))}
        for canteen in canteens:
            query = {"canteen_id": canteen["id"], **ahead}
            answer = await client.get("/api/v1/menu/meal-sessions", params=query, headers=token)
            assert answer.json()["items"]


async def asked(client, who, path, **params):
    """Return the items of a list, as somebody of the demo who signs in."""
    form = {"username": who, "password": loading.PASSWORD}
    signed = (await client.post("/api/v1/directory/token", data=form)).json()
    headers = {"Authorization": f"Bearer {signed['access_token']}"}
    answer = await client.get(f"/api/v1{path}", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_each_page_of_a_new_demo_has_something_to_show(tmp_path, monkeypatch):
    monkeypatch.setattr(year, "first_day_of", lambda today: today - timedelta(days=24))
    installation, today = Installation(tmp_path), date.today()  # noqa: DTZ011
    await loading.load(installation, today, 1, quiet)
    suite, client = await front_door(installation)
    async with suite.running(), client:
        canteens = await asked(client, "diner", "/directory/canteens")
        office = next(one["id"] for one in canteens if one["name"] == OFFICE)
        place = f"/menu/canteens/{office}"
        lately = {"date_from": str(today - timedelta(days=14)), "date_to": str(today)}
        ahead = {"date_from": str(today), "date_to": str(today + timedelta(days=9))}
        (own,) = await asked(client, "diner", "/menu/patterns/mine")
        (unit,) = await asked(client, "diner", "/menu/secretary/units")
        theirs = {"canteen_id": office, "unit_id": unit["unit_id"]}
        patterns = await asked(client, "diner", "/menu/secretary/patterns", **theirs)
        missed = await asked(client, "diner", "/menu/no-shows/mine", **lately)
        disputes = await asked(client, "manager", f"{place}/disputes")
        modes = await asked(client, "manager", f"{place}/unit-modes")
        guests = await asked(
            client, "manager", "/menu/group-registrations", canteen_id=office, **ahead
        )
    assert own["meal"] == "dinner"
    assert (unit["unit"], len(patterns)) == (town.DEMO_UNIT, 9)
    assert missed[0]["state"] == "disputed"
    assert [one["number"] for one in disputes] == [sheets.DEMO_DINER]
    opted_out = [one["unit"] for one in modes if one["modes"]["lunch"] == "opt_out"]
    assert opted_out == [town.OPT_OUT_UNIT]
    assert {one["kind"] for one in guests} == {"guest", "official"}


async def test_an_interrupted_first_start_begins_again(tmp_path, short_year, monkeypatch):
    installation = Installation(tmp_path)

    async def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loading, "_load_days", interrupted)
        with pytest.raises(KeyboardInterrupt):
            await loading.load(installation, TODAY, 1, quiet)
    assert marker.is_unfinished(tmp_path)
    made = await loading.load(installation, TODAY, 1, quiet)
    assert made.state == "whole"
    assert not marker.is_unfinished(tmp_path)
