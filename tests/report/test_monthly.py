import pytest

from support.facts import a_day, a_session, held, weighed
from support.identities import bearer
from support.services import CANTEEN, OTHER_CANTEEN

EMPTY = {
    "net_grams": 0,
    "diner_meals": 0,
    "grams_per_diner_meal": None,
    "days_open": 0,
    "days_complete": 0,
    "completeness": None,
    "registered": 0,
    "served": 0,
    "no_shows": 0,
    "walk_ins": 0,
    "no_show_rate": None,
    "walk_in_rate": None,
    "trust": None,
}


async def test_a_month_equals_the_hand_calculation_to_the_gram(service, monthly):
    await service.tell(
        weighed(
            a_day("2026-06-01", 211, plate=4321, prep_avoidable=1002, spoilage=0, oil=900),
            a_day("2026-06-02", 97, plate=3001, unserved=777, nonfood=50),
        )
    )
    figures = (await monthly())["figures"]
    assert figures["net_grams"] == 4321 + 1002 + 3001 + 777  # oil and nonfood stand outside
    assert figures["diner_meals"] == 308
    # a ratio of sums (9101 / 308), not the mean of 25.2 and 38.9
    assert figures["grams_per_diner_meal"] == pytest.approx(9101 / 308, abs=1e-12)
    by_stream = {one["stream"]: one for one in figures["streams"]}
    assert len(by_stream) == 7
    assert by_stream["plate"] == {
        "stream": "plate",
        "net_grams": 7322,
        "grams_per_diner_meal": pytest.approx(7322 / 308, abs=1e-12),
    }
    assert by_stream["oil"]["net_grams"] == 900
    assert by_stream["prep_unavoidable"]["net_grams"] == 0


async def test_incomplete_days_stand_outside_the_rate_and_lower_completeness(service, monthly):
    await service.tell(
        weighed(
            a_day("2026-06-01", 100, plate=5000),
            a_day("2026-06-02", 100, complete=False, plate=1),
            a_day("2026-06-03", None, plate=99_000),  # nobody counted: never complete
        )
    )
    report = await monthly()
    assert report["figures"]["grams_per_diner_meal"] == 50.0
    assert report["figures"]["net_grams"] == 5000
    assert (report["figures"]["days_open"], report["figures"]["days_complete"]) == (3, 1)
    assert report["figures"]["completeness"] == pytest.approx(1 / 3)
    assert report["canteens"] == [
        {
            "canteen_id": str(CANTEEN),
            "name": "机关第一食堂",
            "grams_per_diner_meal": 50.0,
            "diner_meals": 100,
            "days_open": 3,
            "days_complete": 1,
            "trust": {"tier": "C", "reason": "not_compared"},
        }
    ]


async def test_a_day_is_open_when_somebody_ate_registered_or_anything_was_weighed(service, monthly):
    await service.tell(
        held(
            a_session("2026-06-01", 0, 0),
            a_session("2026-06-02", 5, None),
            a_session("2026-06-03", None, 7),
            a_session("2026-06-03", 3, 3),  # a second meal of the same day
            a_session("2026-06-25", 5, None),  # still to come
        ),
        weighed(
            a_day("2026-06-03", 10),
            a_day("2026-06-04", None, complete=False, plate=0),  # an explicit zero is a weighing
            a_day("2026-06-05", 0, complete=False).model_copy(update={"streams": []}),
        ),
    )
    assert (await monthly())["figures"]["days_open"] == 3  # the 2nd, 3rd and 4th


async def test_month_borders_belong_to_one_month_each(service, monthly):
    await service.tell(
        weighed(
            a_day("2026-04-30", 1, plate=1),
            a_day("2026-05-01", 10, plate=100),
            a_day("2026-05-31", 10, plate=300),
            a_day("2026-06-01", 10, plate=500),
            a_day("2025-05-31", 1, plate=9000),
            a_day("2025-06-01", 10, plate=50),
            a_day("2025-06-30", 10, plate=150),
            a_day("2025-07-01", 1, plate=9000),
        )
    )
    report = await monthly()
    parts = [report[name] for name in ("figures", "last_month", "same_month_last_year")]
    assert [part["month"] for part in parts] == ["2026-06", "2026-05", "2025-06"]
    assert [part["net_grams"] for part in parts] == [500, 400, 200]
    assert [part["grams_per_diner_meal"] for part in parts] == [50.0, 20.0, 10.0]
    assert report["change_from_last_month"] == pytest.approx(1.5)
    assert report["change_from_last_year"] == pytest.approx(4.0)


async def test_january_is_held_against_december(service, monthly):
    await service.tell(weighed(a_day("2025-12-31", 10, plate=200), a_day("2026-01-01", 10)))
    report = await monthly(month="2026-01")
    assert report["last_month"]["month"] == "2025-12"
    assert report["change_from_last_month"] == pytest.approx(500 / 20 - 1)


async def test_an_empty_month_has_no_rates_and_divides_by_nothing(monthly):
    report = await monthly()
    for name in ("figures", "last_month", "same_month_last_year"):
        assert EMPTY.items() <= report[name].items()
        assert all(one["grams_per_diner_meal"] is None for one in report[name]["streams"])
    assert report["change_from_last_month"] is None
    assert report["change_from_last_year"] is None


async def test_a_complete_day_without_diners_divides_by_nothing(service, monthly):
    await service.tell(weighed(a_day("2026-06-01", 0, plate=10)))
    assert (await monthly())["figures"]["grams_per_diner_meal"] is None


async def test_no_show_and_walk_in_rates_count_where_both_sides_are_known(service, monthly):
    await service.tell(
        held(
            a_session("2026-06-01", 110, 100, no_shows=15, walk_ins=5),
            a_session("2026-06-02", 90, 100, no_shows=5, walk_ins=15),
            a_session("2026-06-03", None, 400, no_shows=0, walk_ins=0),  # nobody registers here
            a_session("2026-06-20", 50, None, no_shows=0, walk_ins=0),  # today, not eaten yet
            a_session("2026-06-21", 70, None, no_shows=0, walk_ins=0),  # tomorrow
        )
    )
    figures = (await monthly())["figures"]
    assert figures["registered"] == 110 + 90 + 50
    assert figures["served"] == 600
    assert (figures["no_shows"], figures["walk_ins"]) == (20, 20)
    assert figures["no_show_rate"] == pytest.approx(20 / 200)
    assert figures["walk_in_rate"] == pytest.approx(20 / 200)


async def test_today_is_the_canteens_day_not_utc(service, monthly):
    await service.tell(held(a_session("2026-06-21", 70, 60, no_shows=10)))
    assert (await monthly())["figures"]["registered"] == 0
    service.clock.at = service.clock.at.replace(hour=16)  # midnight in Shanghai
    assert (await monthly())["figures"]["registered"] == 70


async def test_another_canteens_days_do_not_count(service, monthly):
    await service.tell(
        weighed(a_day("2026-06-01"), a_day("2026-06-01", canteen_id=OTHER_CANTEEN, plate=77)),
        held(a_session("2026-06-01", canteen_id=OTHER_CANTEEN)),
    )
    figures = (await monthly())["figures"]
    assert (figures["net_grams"], figures["served"]) == (5000, 0)


@pytest.mark.parametrize(
    "query",
    [
        {"month": "2026-06"},
        {"month": "2026-06", "canteen_id": CANTEEN, "organization_id": CANTEEN},
        {"month": "2026-13", "canteen_id": CANTEEN},
        {"month": "1999-12", "canteen_id": CANTEEN},
        {"month": "2026-6", "canteen_id": CANTEEN},
        {"month": "2026-06-01", "canteen_id": CANTEEN},
        {"canteen_id": CANTEEN},
        {"month": "2026-06", "canteen_id": "first"},
        {"month": "2026-06", "canteen_id": CANTEEN, "format": "docx"},
    ],
)
async def test_a_question_that_cannot_be_answered_is_422(service, query):
    answer = await service.client.get(
        "/api/v1/report/monthly", params=query, headers=bearer("manager", CANTEEN)
    )
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("month", ["2000-01", "2099-12"])
async def test_the_outermost_months_are_answered(monthly, month):
    assert EMPTY.items() <= (await monthly(month=month))["figures"].items()
