"""No acknowledged weighing is lost by a power cut, whatever the disk had not synced."""

import json
import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from cleanplate_shared.db import Database
from support import power
from support.directory_server import directory_served
from support.services import PEER_KEY, know_canteens
from waste.devices import Device
from waste.kitchen import BATCH, cook

TABLETS, BATCHES, AT_ONCE, CUTS = 4, 25, 4, 150

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


def weigh(url: str, tablet: int, journal: Path) -> list[tuple[int, set[str]]]:
    """Send a tablet's batches; return where the journal stood when each was acknowledged."""
    device, acknowledged = Device(f"tablet-{tablet}"), []
    with httpx.Client(base_url=url, headers=cook(), timeout=120) as client:
        for _ in range(BATCHES):
            items = [device.weighs() for _ in range(AT_ONCE)]
            answer = client.post(BATCH, json={"items": items})
            assert {r["outcome"] for r in answer.json()["results"]} == {"created"}
            at = journal.stat().st_size if journal.exists() else 0
            acknowledged.append((at, {item["id"] for item in items}))
    return acknowledged


def lost_by_cuts(url: str, folder: Path, *pragmas: str) -> tuple[int, int]:
    """Weigh, then cut the power at many moments; return acknowledged weighings seen and lost."""
    database = Path(url.removeprefix("sqlite:///"))
    db = Database(url, {})
    know_canteens(db)
    db.engine.dispose()
    before, journal = database.read_bytes(), folder / "journal"
    with directory_served() as directory:
        env = {
            "WASTE_DATABASE_URL": url,
            "WASTE_PEERS": json.dumps({"directory": directory}),
            "WASTE_PEER_KEY": PEER_KEY,
            "WASTE_MIGRATE_ON_START": "false",
            "WASTE_JOBS_ON": "false",
        }
        with power.watched(database, folder, env, *pragmas) as server, ThreadPoolExecutor() as pool:
            jobs = [pool.submit(weigh, server.url, n, journal) for n in range(TABLETS)]
            acknowledged = [one for job in jobs for one in job.result()]
    done = list(power.journal(journal))
    rng, seen, lost = random.Random(9), 0, 0  # noqa: S311
    for cut in sorted(rng.randrange(done[-1].at) for _ in range(CUTS)):
        there = ids_after(power.left_by_a_cut(before, done, cut, rng), folder)
        expected = {key for at, ids in acknowledged if at <= cut for key in ids}
        seen, lost = seen + len(expected), lost + len(expected - there)
    return seen, lost


def ids_after(left: tuple[bytes, bytes], folder: Path) -> set[str]:
    """Open what a cut left, as the next start does; return the weighings that are there."""
    database = folder / "after.sqlite3"
    database.write_bytes(left[0])
    Path(f"{database}-wal").write_bytes(left[1])
    Path(f"{database}-shm").unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("SELECT id FROM weighing").fetchall()
        summed = connection.execute("SELECT coalesce(sum(weighings), 0) FROM day_stream")
        assert summed.fetchone() == (len(rows),)
    hexes = (key for (key,) in rows)
    return {f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}" for h in hexes}


def test_no_acknowledged_weighing_is_lost_by_a_power_cut(databases, tmp_path):
    # the log is copied back often, so that cuts fall into that too
    seen, lost = lost_by_cuts(databases.url("waste"), tmp_path, "wal_autocheckpoint=30")
    assert seen > TABLETS * BATCHES * AT_ONCE
    assert lost == 0


def test_without_syncing_each_commit_weighings_are_lost(databases, tmp_path):
    """Negative control: SQLite's usual setting in this mode syncs only when it copies back."""
    _, lost = lost_by_cuts(databases.url("waste"), tmp_path, "synchronous=NORMAL")
    assert lost > 0
