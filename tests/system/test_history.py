import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from cleanplate_gateway.cli import importing
from cleanplate_gateway.installation import Installation

FILE = Path(__file__).parents[3] / "shared" / "data" / "school_canteens_nantes.csv"
CANTEEN = "AIME CESAIRE M/E"


def a_canteens_file():
    """The real file's rows of one canteen, and the file as it is imported."""
    with FILE.open(encoding="utf-8", newline="") as file:
        mine = [row for row in csv.DictReader(file) if row["canteen"] == CANTEEN]
    text = io.StringIO()
    writer = csv.DictWriter(text, mine[0].keys())
    writer.writeheader()
    writer.writerows(mine)
    return importing.Wanted("history", FILE.name, text.getvalue().encode(), "本单位"), mine


async def read(opened, last):
    """The forecast of the last day's lunch, and the report of its month."""
    canteens = (await opened.get("/api/v1/directory/canteens")).json()["items"]
    (canteen,) = [one["id"] for one in canteens if one["name"] == CANTEEN]
    query = {"canteen_id": canteen, "date_from": last, "date_to": last}
    (session,) = (await opened.get("/api/v1/menu/meal-sessions", **query)).json()["items"]
    forecast = await opened.get(f"/api/v1/forecast/meal-sessions/{session['id']}")
    assert forecast.status_code == 200, forecast.text
    month = {"canteen_id": canteen, "month": last[:7], "format": "json"}
    return forecast.json(), (await opened.get("/api/v1/report/monthly", **month)).json()


@pytest.mark.skipif(not FILE.exists(), reason="the real canteens' file lies beside the project")
async def test_a_real_history_leads_to_a_forecast_and_a_months_report(tmp_path):
    wanted, mine = a_canteens_file()
    installation = Installation(tmp_path)
    answer = await importing.run(installation, wanted, dry_run=False)
    assert (answer.created, answer.updated) == (len(mine), 0)

    last = max(row["date"] for row in mine)
    served = [int(row["served"]) for row in mine if row["date"].startswith(last[:7])]
    async with installation.opened() as opened:
        forecast, report = await read(opened, last)
    assert 0 < forecast["mean"] < 2 * max(served)
    assert report["figures"]["served"] == sum(served)
    assert report["figures"]["days_open"] == len(served)

    again = await importing.run(installation, wanted, dry_run=False)
    assert (again.created, again.updated, again.unchanged) == (0, 0, len(mine))


@pytest.mark.skipif(not FILE.exists(), reason="the real canteens' file lies beside the project")
async def test_a_dry_run_and_a_refused_file_leave_no_canteen_behind(tmp_path):
    wanted, mine = a_canteens_file()
    installation = Installation(tmp_path)
    tried = await importing.run(installation, wanted, dry_run=True)
    assert (tried.created, tried.dry_run) == (len(mine), True)
    twice = replace(wanted, content=wanted.content + wanted.content.splitlines()[1] + b"\n")
    with pytest.raises(typer.Exit) as refused:
        await importing.run(installation, twice, dry_run=False)
    assert refused.value.exit_code == 2
    async with installation.opened() as opened:
        assert (await opened.get("/api/v1/directory/canteens")).json()["items"] == []
