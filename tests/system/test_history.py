import csv
import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import typer
from sqlalchemy import text

from cleanplate_gateway.cli import importing
from cleanplate_gateway.installation import Installation
from cleanplate_shared.clock import now
from support.real_files import SCHOOLS, real

CANTEEN = "AIME CESAIRE M/E"


def a_canteens_file():
    """The real file's rows of one canteen, and the file as it is imported."""
    path = real(SCHOOLS)
    with path.open(encoding="utf-8", newline="") as file:
        mine = [row for row in csv.DictReader(file) if row["canteen"] == CANTEEN]
    kept = io.StringIO()
    writer = csv.DictWriter(kept, mine[0].keys())
    writer.writeheader()
    writer.writerows(mine)
    return importing.Wanted("history", path.name, kept.getvalue().encode(), "本单位"), mine


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


def a_short_history(*cells: str) -> importing.Wanted:
    days = [(now().date() - timedelta(n), cell) for n, cell in enumerate(cells, 1)]
    rows = "".join(f"{day},食堂,lunch,90,{cell}\n" for day, cell in days)
    content = f"date,canteen,meal,served,x_rain\n{rows}".encode()
    return importing.Wanted("history", "history.csv", content, "本单位")


async def given(installation):
    async with installation.opened() as opened:
        with opened.suite.services["forecast"].state.db.reading() as session:
            found = session.execute(text("SELECT given FROM given_day ORDER BY date DESC"))
            return [json.loads(row.given) for row in found]


async def test_what_a_history_gives_in_advance_reaches_the_forecast(tmp_path, capsys):
    installation = Installation(tmp_path)
    answer = await importing.run(installation, a_short_history("1.5", "", "2"), dry_run=False)
    assert (answer.created, answer.updated) == (3, 0)
    assert await given(installation) == [{"x_rain": 1.5}, {"x_rain": 2.0}]
    assert "1.5" not in capsys.readouterr().err


async def test_a_bad_column_does_not_hold_a_history_up_and_is_told(tmp_path, capsys):
    installation = Installation(tmp_path)
    answer = await importing.run(installation, a_short_history("1", "much", "2"), dry_run=False)
    assert answer.created == 3
    assert await given(installation) == []
    assert "x_rain" in capsys.readouterr().err
