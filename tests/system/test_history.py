import time
from datetime import date
from pathlib import Path

import pytest

from cleanplate_gateway.cli import importing
from cleanplate_gateway.installation import Installation

FILE = Path(__file__).parents[3] / "shared" / "data" / "school_canteens_nantes.csv"
CANTEEN = "AIME CESAIRE M/E"


@pytest.mark.skipif(not FILE.exists(), reason="the real canteens' file lies beside the project")
async def test_a_real_history_leads_to_a_forecast_and_a_months_report(tmp_path):
    lines = FILE.read_text(encoding="utf-8").splitlines()
    mine = [line for line in lines[1:] if line.split(",")[1] == CANTEEN]
    table = "\n".join([lines[0], *mine]).encode()
    installation = Installation(tmp_path)
    wanted = importing.Wanted("history", FILE.name, table, "本单位")
    begun = time.perf_counter()
    answer = await importing.run(installation, wanted, dry_run=False)
    assert (answer.created, answer.updated) == (len(mine), 0)
    assert time.perf_counter() - begun < 60

    last = max(mine)[:10]
    served = [int(line.split(",")[3]) for line in mine if line.startswith(last[:7])]
    async with installation.opened() as opened:
        canteens = (await opened.get("/api/v1/directory/canteens")).json()["items"]
        (canteen,) = [one["id"] for one in canteens if one["name"] == CANTEEN]
        query = {"canteen_id": canteen, "date_from": last, "date_to": last}
        sessions = await opened.get("/api/v1/menu/meal-sessions", **query)
        (session,) = sessions.json()["items"]
        forecast = await opened.get(f"/api/v1/forecast/meal-sessions/{session['id']}")
        assert forecast.status_code == 200, forecast.text
        assert 0 < forecast.json()["mean"] < 2 * max(served)
        month = {"canteen_id": canteen, "month": last[:7], "format": "json"}
        report = (await opened.get("/api/v1/report/monthly", **month)).json()
    assert report["figures"]["served"] == sum(served)
    assert report["figures"]["days_open"] == len(served)
    assert date.fromisoformat(last)

    again = await importing.run(installation, wanted, dry_run=False)
    assert (again.created, again.updated, again.unchanged) == (0, 0, len(mine))
