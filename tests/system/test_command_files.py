import asyncio
import json
from datetime import date, timedelta

import pytest

from cleanplate_gateway.installation import Installation

HISTORY = "date,canteen,meal,served\n2026-06-01,A,lunch,90\n2026-06-02,A,lunch,91\n"


@pytest.fixture
def history(tmp_path):
    file = tmp_path / "history.csv"
    file.write_text(HISTORY, encoding="utf-8")
    return file


def test_a_dry_run_makes_no_installation(run, history, tmp_path):
    data = tmp_path / "fresh"
    answer = run("import", "history", history, "--dry-run", "--data", data, "--json")
    assert answer.exit_code == 0, answer.output
    said = json.loads(answer.stdout)
    assert (said["created"], said["dry_run"]) == (2, True)
    assert not data.exists()
    done = run("import", "history", history, "--data", data)
    assert done.exit_code == 0
    assert "admin" in done.stdout  # the first sign-in is told when there is something to sign in to


def test_a_dry_run_changes_no_byte_of_what_is_there(run, data, history):
    before = {path.name: path.read_bytes() for path in data.glob("[a-z]*")}
    assert run("import", "history", history, "--dry-run", "--data", data).exit_code == 0
    assert {path.name: path.read_bytes() for path in data.glob("[a-z]*")} == before


def test_a_bad_first_file_makes_no_installation(run, history, tmp_path):
    history.write_text(HISTORY + "2026-06-02,A,lunch,many\n", encoding="utf-8")
    data = tmp_path / "fresh"
    answer = run("import", "history", history, "--data", data)
    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert not data.exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("doctor",), 2),
        (("backup", "b.zip"), 2),
        (("restore", "b.zip"), 2),
        (("password", "admin"), 2),
        (("report", "monthly", "--month", "2026-06", "--canteen", "A"), 2),
        (("import", "people", "--template", "t.csv"), 0),
        (("openapi", "--check", "--out", "nowhere"), 1),
    ],
)
def test_a_verb_without_data_makes_no_folder(run, tmp_path, monkeypatch, words, code):
    monkeypatch.chdir(tmp_path)
    answer = run(*words)
    assert answer.exit_code == code, answer.output
    assert [path.name for path in tmp_path.iterdir()] == (["t.csv"] if code == 0 else [])


async def test_a_lost_password_is_replaced_by_one_for_once(run, data):
    answer = await asyncio.to_thread(run, "password", "admin", "--data", data, "--json")
    assert answer.exit_code == 0, answer.output
    given = json.loads(answer.stdout)["one_time_password"]
    for wrong in ("nobody", "adm"):  # not the next best
        answer = await asyncio.to_thread(run, "password", wrong, "--data", data)
        assert answer.exit_code == 2
    async with Installation(data).opened() as opened:
        directory = opened.suite.peers["directory"]
        form = {"username": "admin", "password": given}
        answer = await directory.post("/api/v1/directory/token", data=form)
        assert answer.status_code == 200
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        me = await directory.get("/api/v1/directory/me", headers=token)
        assert me.json()["must_change_password"] is True


INVENTORY = ("export", "inventory", "--from", "2026-06-01", "--canteen")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*INVENTORY, "nobody's", "--to", "2026-06-30", "--out", "i.csv"), "nobody's"),
        ((*INVENTORY, "机关第一食堂", "--to", "2026-05-01", "--out", "i.csv"), ""),
        ((*INVENTORY, "机关第一食堂", "--to", "June", "--out", "i.csv"), "June"),
        ((*INVENTORY, "机关第一食堂", "--to", "2026-06-30", "--out", "no/i.csv"), "no/i.csv"),
    ],
)
def test_an_inventory_that_cannot_be_written_is_one_sentence(
    run, data, tmp_path, monkeypatch, words, said
):
    monkeypatch.chdir(tmp_path)
    answer = run(*words, "--data", data)
    assert answer.exit_code == 2, answer.output
    assert said in answer.stderr
    assert list(tmp_path.glob("*.csv")) == []


PERIODS = ("--before", "2026-01-01..2026-03-31", "--after", "2026-04-01..2026-06-30")
MONTHLY = ("report", "monthly", "--canteen", "机关第一食堂", "--month", "2026-06")


@pytest.mark.parametrize(
    "words",
    [
        ("import", "people", "."),
        ("import", "people", "--template", "."),
        ("import", "people", "--template", "no/t.csv"),
        ("import", "history", "empty.csv"),
        ("import", "history", "noise.csv"),
        ("forecast", "backtest", "."),
        ("forecast", "backtest", "noise.csv"),
        ("forecast", "backtest", "history.csv", "--predictions", "no/p.csv"),
        ("forecast", "backtest", "history.csv", "--horizon", "0"),
        ("report", "measure", ".", *PERIODS),
        ("report", "measure", "noise.csv", *PERIODS),
        ("report", "measure", "history.csv", *PERIODS),
        ("report", "measure", "history.csv", "--before", "2026", *PERIODS[2:]),
        ("report", "measure", "history.csv", *PERIODS[:2], "--after", "2026-04-30..2026-04-01"),
        (*MONTHLY, "--out", "."),
        (*MONTHLY, "--out", "no/r.json"),
        (*MONTHLY, "--month", "2026-13"),
        (*MONTHLY, "--month", "June"),
        ("report", "monthly", "--organization", "nobody's", "--month", "2026-06"),
        ("backup", "."),
        ("backup", "no/b.zip"),
        ("restore", "."),
        ("restore", "noise.csv", "--force"),
        ("migrate", "--service", "kitchen-sink"),
        ("migrate", "--new", "why"),
        ("openapi", "--out", "noise.csv"),
        ("doctor", "--data", "nowhere"),
        ("doctor", "--data", "noise.csv"),
        ("up", "--data", "noise.csv"),
        ("demo", "--data", "noise.csv", "--port", "0"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_exit_2(run, data, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEANPLATE_DATA", str(data))
    (tmp_path / "empty.csv").touch()
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)))
    (tmp_path / "history.csv").write_text(HISTORY, encoding="utf-8")
    answer = run(*words)
    assert isinstance(answer.exception, SystemExit)
    assert answer.exit_code == 2, answer.output
    assert answer.stderr.strip()
    assert "Traceback" not in answer.stderr


def test_a_file_is_measured_for_people_and_for_programs(run, tmp_path):
    file = tmp_path / "measured.csv"
    days = [date(2026, 1, 1) + timedelta(n) for n in range(180)]
    kilograms = [20 + n % 5 - 4 * (day.month > 3) for n, day in enumerate(days)]
    rows = [f"{day},A,{300 + day.day % 7},{kg}" for day, kg in zip(days, kilograms, strict=True)]
    file.write_text("\n".join(["date,canteen,served,waste_kg", *rows]), encoding="utf-8")
    found = json.loads(run("report", "measure", file, *PERIODS, "--json").stdout)
    assert [one["canteen"] for one in found["canteens"]] == ["A"]
    assert found["overall"]["verdict"] == "decrease"
    said = run("report", "measure", file, *PERIODS)
    assert said.exit_code == 0
    assert f"{found['overall']['adjusted_change']:+.1%}" in said.stdout


def test_a_database_that_is_none_is_said_to_be_so(run, data):
    (data / "waste.sqlite3").write_bytes(b"not a database" * 300)
    assert run("doctor", "--data", data).exit_code == 1
    answer = run(*MONTHLY, "--data", data)
    assert isinstance(answer.exception, SystemExit)
    assert answer.exit_code == 2
