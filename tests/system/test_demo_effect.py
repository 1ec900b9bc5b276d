from dataclasses import replace
from datetime import date, timedelta
from math import sqrt

import pytest

from cleanplate_gateway.demo import loading, scale, year
from cleanplate_gateway.demo.truth import CAMPAIGN, DAILY_SPREAD, HALL, OFFICE
from cleanplate_gateway.installation import Installation

TODAY = date(2026, 9, 16)
DAYS = 170
HALF = DAYS // 2


def quiet(done, total, what):
    """Take no notice of progress."""


async def plates(opened, canteen_id, first, last):
    """Plate waste per diner-meal over complete days, and how many those were."""
    query = {"date_from": str(first), "date_to": str(last), "by": "stream"}
    answer = await opened.get("/api/v1/waste/summary", canteen_id=canteen_id, **query)
    assert answer.status_code == 200, answer.text
    (plate,) = [item for item in answer.json()["items"] if item["stream"] == "plate"]
    return plate["grams_per_diner_meal"], plate["days"]


@pytest.mark.parametrize("truth", [CAMPAIGN.plate_effect, 0.0])
async def test_the_services_own_figures_find_the_true_effect(tmp_path, monkeypatch, truth):
    first = TODAY - timedelta(days=DAYS)
    campaign = replace(CAMPAIGN, starts_after_days=HALF, plate_effect=truth)
    monkeypatch.setattr(scale, "CAMPAIGN", campaign)
    monkeypatch.setattr(year, "first_day_of", lambda _today: first)
    monkeypatch.setattr(year, "DAYS_AHEAD", 1)
    installation = Installation(tmp_path, from_environment=False)
    await loading.load(installation, TODAY, 1, quiet)

    begun, changes, days = campaign.first(first), {}, []
    async with installation.opened() as opened:
        canteens = (await opened.get("/api/v1/directory/canteens")).json()["items"]
        for canteen in canteens:
            before = await plates(opened, canteen["id"], first, begun - timedelta(days=1))
            after = await plates(opened, canteen["id"], begun, TODAY - timedelta(days=1))
            changes[canteen["name"]] = after[0] / before[0]
            days += [before[1], after[1]]
    noise = DAILY_SPREAD * sqrt(sum(1 / count for count in days))
    found = changes[OFFICE] / changes[HALL] - 1
    assert 2 * noise < abs(CAMPAIGN.plate_effect)  # the two truths can be told apart
    assert found == pytest.approx(truth, abs=2 * noise)
