import json
import os
import sqlite3
import subprocess
import sys
import zipfile

import pytest
import structlog
from typer.testing import CliRunner

from cleanplate_gateway.cli import app
from cleanplate_gateway.cli.texts import locale_of
from cleanplate_gateway.installation import Installation

START = "from cleanplate_gateway.cli import main; main()"
VERBS = ("demo", "up", "serve", "import", "migrate", "doctor", "backup", "restore", "openapi")


@pytest.fixture
def run():
    """Run a verb; return exit code, stdout and stderr."""
    runner = CliRunner()
    yield lambda *words: runner.invoke(app, [str(word) for word in words])
    structlog.reset_defaults()  # a verb decides where its process logs to


@pytest.fixture
async def data(tmp_path):
    """An installation with an administrator and one canteen, not running."""
    folder = tmp_path / "data"
    async with Installation(folder).opened() as opened:
        organizations = (await opened.get("/api/v1/directory/organizations")).json()["items"]
        canteen = {"name": "机关第一食堂", "organization_id": organizations[0]["id"]}
        answer = await opened.post("/api/v1/directory/canteens", canteen)
        assert answer.status_code == 201
        await opened.suite.settle()
    return folder


@pytest.mark.parametrize(
    ("language", "said"), [("en_US.UTF-8", "can prove it"), ("zh_CN.UTF-8", "有据可查")]
)
def test_help_speaks_the_language_of_the_terminal(language, said):
    environment = os.environ | {"LC_ALL": language, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment |= {"PYTHONUTF8": "1", "COLUMNS": "120"}
    command = [sys.executable, "-c", START, "--help"]
    answer = subprocess.run(command, env=environment, capture_output=True, check=True)  # noqa: S603
    text = answer.stdout.decode()
    assert said in text
    assert all(verb in text for verb in VERBS)


def test_a_terminal_that_says_nothing_is_chinese():
    assert locale_of({}) == "zh"
    assert locale_of({"LANG": "C.UTF-8"}) == "en"
    assert locale_of({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}) == "zh"


@pytest.mark.parametrize(
    "words",
    [
        ("import", "recipes", "x.csv"),
        ("import", "nothing-known", "x.csv"),
        ("import", "people", "not-there.csv"),
        ("forecast", "backtest", "not-there.csv"),
        ("report", "monthly", "--month", "2026-06"),
        ("report", "monthly", "--month", "2026-06", "--canteen", "A", "--format", "pdf"),
        ("serve", "kitchen-sink"),
        ("no-such-verb",),
    ],
)
def test_wrong_usage_ends_with_2_and_prints_no_result(run, words):
    answer = run(*words)
    assert answer.exit_code == 2
    assert answer.stdout == ""


@pytest.mark.parametrize("kind", ["people", "units", "dishes", "history", "weighings"])
def test_a_template_is_written_for_each_kind(run, tmp_path, kind):
    for suffix, begins in ((".csv", b"\xef\xbb\xbf"), (".xlsx", b"PK")):
        target = tmp_path / f"table{suffix}"
        assert run("import", kind, "--template", target).exit_code == 0
        assert target.read_bytes().startswith(begins)


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


def test_nothing_is_restored_under_a_running_server(run, data, tmp_path):
    file = tmp_path / "backup.zip"
    run("backup", file, "--data", data)
    with Installation(data).held():
        assert run("restore", file, "--data", data, "--force").exit_code == 2


def test_the_doctor_says_when_a_counter_is_wrong(run, data):
    with sqlite3.connect(data / "menu.sqlite3") as menu:
        menu.execute(
            "INSERT INTO meal_session (id, canteen_id, day, meal, cutoff_at, capacity, registered,"
            " is_imported, is_registered, is_forgotten, past_full, past_half, past_small,"
            " past_came, past_walk_ins, version, told_version) VALUES"
            " ('a', 'b', '2026-06-01', 'lunch', '2026-06-01', 9, 3, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1)"
        )
    menu.close()
    answer = run("doctor", "--data", data, "--json")
    assert answer.exit_code == 1
    wrong = [one for one in json.loads(answer.stdout)["checks"] if not one["ok"]]
    assert [one["service"] for one in wrong] == ["menu"]


def test_the_demo_is_never_mixed_with_real_data(run, data):
    assert run("demo", "--data", data, "--port", "0").exit_code == 2
