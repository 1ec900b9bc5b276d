import json
import os
import sqlite3
import subprocess
import sys

import pytest

from cleanplate_gateway.cli.texts import locale_of

START = "from cleanplate_gateway.cli import main; main()"
VERBS = ("demo", "up", "serve", "import", "migrate", "doctor", "backup", "restore", "openapi")


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
        ("import", "suppliers", "x.csv"),
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
