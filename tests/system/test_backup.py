import asyncio
import json
import os
import subprocess
import sys
import zipfile
from datetime import date

import pytest

from cleanplate_gateway import replacing
from cleanplate_gateway.demo import marker
from cleanplate_gateway.demo.marker import Marker
from cleanplate_gateway.installation import Installation


def test_a_backup_comes_back_and_the_doctor_finds_it_well(run, data, tmp_path):
    file, elsewhere = tmp_path / "backup.zip", tmp_path / "elsewhere"
    assert run("backup", file, "--data", data).exit_code == 0
    assert run("backup", file, "--data", data).exit_code == 2  # never over another backup
    assert run("restore", file, "--data", data).exit_code == 2  # never over data, unless forced
    assert run("restore", file, "--data", data, "--force").exit_code == 0
    assert run("restore", file, "--data", elsewhere).exit_code == 0
    answer = run("doctor", "--data", elsewhere, "--json")
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["ok"] is True


def test_a_damaged_backup_changes_nothing(run, data, tmp_path):
    file, damaged = tmp_path / "backup.zip", tmp_path / "damaged.zip"
    run("backup", file, "--data", data)
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(damaged, "w") as target:
        for name in whole.namelist():
            content = whole.read(name)
            target.writestr(name, content[:-1] + b"?" if name == "menu.sqlite3" else content)
    before = (data / "menu.sqlite3").read_bytes()
    assert run("restore", damaged, "--data", data, "--force").exit_code == 2
    assert (data / "menu.sqlite3").read_bytes() == before


@pytest.mark.parametrize("use", [Installation.held, Installation.used])
def test_nothing_is_restored_under_a_server_or_another_verb(run, data, tmp_path, use):
    file = tmp_path / "backup.zip"
    run("backup", file, "--data", data)
    with use(Installation(data)):
        assert run("restore", file, "--data", data, "--force").exit_code == 2
    assert run("restore", file, "--data", data, "--force").exit_code == 0


def test_a_restored_demo_says_that_it_is_synthetic_and_real_data_do_not(run, data, tmp_path):
    day, elsewhere = date(2026, 6, 1), tmp_path / "elsewhere"
    demo = Marker(state="whole", seed=1, first_day=day, made_on=day, today=day)
    assert run("backup", tmp_path / "real.zip", "--data", data).exit_code == 0
    marker.write(data, demo)
    assert run("backup", tmp_path / "demo.zip", "--data", data).exit_code == 0
    assert run("restore", tmp_path / "demo.zip", "--data", elsewhere).exit_code == 0
    assert marker.read(elsewhere) == demo
    assert run("restore", tmp_path / "real.zip", "--data", elsewhere, "--force").exit_code == 0
    assert marker.read(elsewhere) is None


# The process dies without a word before the n-th file is put in its place.
DIES = """
import os, sys
from pathlib import Path
from cleanplate_gateway.cli import app
left, replace = int(sys.argv.pop(1)), Path.replace
def dying(self, target):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
    return replace(self, target)
Path.replace = dying
app()
"""


def contents(data):
    return {path.name: path.read_bytes() for path in data.glob("*.sqlite3") if path.name[0] != "."}


@pytest.mark.parametrize(("deaths_after", "is_old"), [(0, True), (1, False), (3, False)])
async def test_a_restore_that_dies_leaves_all_old_or_all_new(
    run, data, tmp_path, deaths_after, is_old
):
    file = tmp_path / "backup.zip"
    await asyncio.to_thread(run, "backup", file, "--data", data)
    with zipfile.ZipFile(file) as backup:
        new = {name: backup.read(name) for name in backup.namelist() if name != "manifest.json"}
    async with Installation(data).opened() as opened:
        places = await opened.get("/api/v1/directory/organizations")
        body = {"name": "later", "organization_id": places.json()["items"][0]["id"]}
        assert (await opened.post("/api/v1/directory/canteens", body)).status_code == 201
    old = contents(data)
    assert old != new

    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    words = ["restore", str(file), "--data", str(data), "--force"]
    command = [sys.executable, "-c", DIES, str(deaths_after), *words]
    died = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: ASYNC221, S603
    assert died.returncode == 9, died.stderr
    with Installation(data).used():
        assert contents(data) == (old if is_old else new)
    assert not replacing.is_pending(data)
    answer = await asyncio.to_thread(run, "doctor", "--data", data, "--json")
    assert json.loads(answer.stdout)["ok"] is True
