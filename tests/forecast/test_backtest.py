import csv
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate_forecast.actions.backtests import HistoryFileRefused
from cleanplate_forecast.app import backtest
from cleanplate_forecast.domain import backtest as testing
from cleanplate_forecast.domain.attendance import forecast
from cleanplate_forecast.domain.history_file import read_history
from cleanplate_forecast.domain.scores import score
from support.real_files import INGREDIENTS, SCHOOLS, real


def silently(_done: int, _all: int) -> None:
    return None


def by_rule(history, horizon, origins, progress):
    """Forecast by the rule alone, in no time."""
    series = [named.series for named in history.series]
    return forecast(series, [np.arange(len(one.days)) for one in series], horizon)


def a_file(folder: Path, rows: list[str], header: str = "date,canteen,meal,served") -> Path:
    path = folder / "history.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def a_history(served: list[list[int | str]]) -> str:
    """Give canteen after canteen its `served`, day after day from 2026-03-01 on."""
    days = [f"2026-{3 + n // 28:02}-{n % 28 + 1:02}" for n in range(max(map(len, served)))]
    rows = [
        f"{days[n]},c{canteen},lunch,{value}"
        for canteen, values in enumerate(served)
        for n, value in enumerate(values)
    ]
    return "\n".join(["date,canteen,meal,served", *rows])


@pytest.mark.parametrize(
    ("name", "canteens", "horizon", "origins", "most"),
    [(SCHOOLS, 8, 1, 20, 0.95), (INGREDIENTS, 1, 1, 20, 1.0)],
)
def test_real_canteens_are_forecast_better_than_by_both_baselines(
    tmp_path, name, canteens, horizon, origins, most
):
    """The bars of the whole files are the benchmark's; here are some canteens and days."""
    with real(name).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    some = sorted({row[1] for row in rows})[:canteens]
    path = tmp_path / "some.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if row[1] in some)])
    ours, *baselines = backtest(path, horizon, origins, silently).table()
    for baseline in baselines:
        assert ours.wape < most * baseline.wape
        assert ours.pinball < most * baseline.pinball
    assert 0.7 < ours.coverage80 < 0.9


@pytest.mark.parametrize(
    ("name", "origins", "last_week", "mean_of_8"),
    [(SCHOOLS, 60, 0.0805, 0.0767), (INGREDIENTS, 120, 0.3417, 0.2809)],
)
def test_the_baselines_have_the_published_error(name, origins, last_week, mean_of_8):
    history = read_history(real(name).read_text(encoding="utf-8"))
    found = testing.backtest(history, 1, origins, silently, by_rule).baselines
    assert found["same_weekday_last_week"].wape == pytest.approx(last_week, abs=5e-5)
    assert found["mean_of_last_8_same_weekdays"].wape == pytest.approx(mean_of_8, abs=5e-5)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 9), st.integers(1, 12))
def test_no_forecast_of_a_backtest_looks_ahead(data, horizon, origins):
    one = st.lists(st.integers(0, 500), min_size=15, max_size=50)
    served = data.draw(st.lists(one, min_size=1, max_size=3))
    text = a_history(served)
    days = sorted({row.split(",")[0] for row in text.splitlines()[1:]})
    first = days[-min(origins, len(days))]
    for position, values in enumerate(served):
        target = days.index(first)
        if target >= len(values):
            continue
        changed = [list(each) for each in served]
        changed[position][max(target - horizon + 1, 0) :] = [
            10_000 + n for n in range(len(values) - max(target - horizon + 1, 0))
        ]
        assert _forecasts_on(first, text, horizon, origins) == _forecasts_on(
            first, a_history(changed), horizon, origins
        )


def _forecasts_on(first: str, text: str, horizon: int, origins: int):
    history = read_history(text)
    tested = testing.backtest(history, horizon, origins, silently, by_rule)
    opening = date.fromisoformat(first).toordinal()
    return [
        (row.canteen, row.mean, row.q10, row.q50, row.q90)
        for row in tested.predictions
        if row.day == opening
    ]


def test_a_rule_that_looks_ahead_is_found_out():
    def peeking(history, horizon, origins, progress):
        return [
            testing.with_past_errors(
                named.series, named.series.served, np.arange(len(named.series.days)), 0
            )
            for named in history.series
        ]

    history = read_history(a_history([[100, 120, 90, 130, 110, 95, 105, 140, 80, 60]]))
    honest = testing.backtest(history, 1, 3, silently)
    peeked = testing.backtest(history, 1, 3, silently, peeking)
    assert peeked.scores.wape == 0
    assert honest.scores.wape > 0


def test_the_scores_are_those_of_a_hand_calculation():
    found = score(np.array([10.0, 20.0]), np.array([[8.0, 12.0, 16.0], [21.0, 24.0, 30.0]]))
    assert found.mae == 3
    assert found.wape == pytest.approx(6 / 30)
    assert found.pinball == pytest.approx((0.55, 1.5, 0.8))
    assert (found.coverage80, found.width80) == (0.5, 8.5)
    logs = [np.log(13 / 11), np.log(25 / 21)]
    assert found.rmsle == pytest.approx(np.sqrt(np.mean(np.square(logs))))


def test_the_result_and_the_predictions_are_as_the_contract_has_them(tmp_path):
    rows = a_history([[*range(100, 140)], [*range(50, 89), ""]]).splitlines()
    result = backtest(a_file(tmp_path, rows[1:], rows[0]), 2, 3, silently)
    told = json.loads(result.model_dump_json())
    block = {"mae", "wape", "rmsle", "pinball", "coverage80", "width80"}
    assert {"rows", "seconds", "baselines"} | block <= set(told)
    assert set(told["pinball"]) == {"0.1", "0.5", "0.9"}
    assert {name: set(measured) for name, measured in told["baselines"].items()} == {
        "same_weekday_last_week": block,
        "mean_of_last_8_same_weekdays": block,
    }
    result.write_predictions(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert list(written[0]) == ["date", "canteen", "meal", "served", "mean", "q10", "q50", "q90"]
    assert [row["served"] for row in written] == ["137", "87", "138", "88", "139", ""]
    assert told["rows"] == 5  # what is not known is forecast, and not scored


def test_a_canteen_that_opens_is_forecast_where_the_simple_rules_know_nothing(tmp_path):
    random = np.random.default_rng(1)
    rows = [
        f"{date.fromordinal(date(2026, 1, 1).toordinal() + n)},{name},lunch,{random.poisson(50)}"
        for name, first in (("old", 0), ("older", 0), ("new", 55))
        for n in range(first, 60)
    ]
    result = backtest(a_file(tmp_path, rows), 1, 5, silently)
    assert (result.rows, result.without_history) == (15, 0)
    for measured in result.baselines.values():
        assert np.isfinite([measured.wape, measured.coverage80, *measured.pinball.values()]).all()


def test_the_same_file_in_any_order_gives_the_same_forecasts(tmp_path):
    header, *rows = a_history([[*range(100, 130)], [*range(60, 90)]]).splitlines()
    straight = backtest(a_file(tmp_path, rows, header), 1, 5, silently)
    reversed_ = backtest(a_file(tmp_path, rows[::-1], header), 1, 5, silently)
    assert straight.predictions == reversed_.predictions


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_of_a_spreadsheet_are_read(tmp_path, encoding):
    path = tmp_path / "history.csv"
    rows = [f"2026-03-{n:02},机关食堂,lunch,{100 + n}" for n in range(1, 20)]
    path.write_bytes("\r\n".join(["date,canteen,meal,served", *rows, ""]).encode(encoding))
    assert backtest(path, 1, 5, silently).predictions[0].canteen == "机关食堂"


GOOD = ["2026-03-02,a,lunch,10", "2026-03-03,a,lunch,11"]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("2026-3-4,a,lunch,1", "date", "day"),
        ("2026-02-30,a,lunch,1", "date", "day"),
        ("20260304,a,lunch,1", "date", "day"),
        (",a,lunch,1", "date", "day"),
        ("2026-03-04,,lunch,1", "canteen", "empty"),
        ("2026-03-04,a, ,1", "meal", "empty"),
        ("2026-03-04,a,lunch,-1", "served", "count"),
        ("2026-03-04,a,lunch,many", "served", "count"),
        ("2026-03-04,a,lunch,nan", "served", "count"),
        ("2026-03-04,a,lunch,1.5", "served", "count"),
        ("2026-03-04,a,lunch,99999999", "served", "count"),
        ("2026-03-04,a,lunch,²", "served", "count"),
        ("2026-03-03,a,lunch,1", "date", "repeated_row"),
        ("2026-03-04,a,lunch", "", "cells"),
        ("2026-03-04,a,lunch,1,2", "", "cells"),
    ],
)
def test_a_bad_cell_is_named_with_row_column_value_and_remedy(tmp_path, row, column, code):
    with pytest.raises(HistoryFileRefused) as refused:
        backtest(a_file(tmp_path, [*GOOD, row]), 1, 1, silently, locale="en")
    [problem] = refused.value.errors
    assert (problem.row, problem.column, problem.code) == (4, column, code)
    assert problem.message
    assert problem.value in row or code == "cells"


def test_the_remedy_is_told_in_chinese_too(tmp_path):
    with pytest.raises(HistoryFileRefused) as refused:
        backtest(a_file(tmp_path, ["yesterday,a,lunch,1"]), 1, 1, silently)
    assert refused.value.errors[0].message == "日期请写成 YYYY-MM-DD。"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "missing_column"),
        (b"date,canteen,meal\n", "missing_column"),
        (b"date,canteen,meal,served,served\n", "repeated_column"),
        (b"date,canteen,meal,served\n", "no_rows"),
        (b'date,canteen,meal,served\n"2026-03-02,a,lunch,1', "not_csv"),
    ],
)
def test_a_file_that_holds_no_history_is_refused(tmp_path, content, code):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(HistoryFileRefused) as refused:
        backtest(path, 1, 1, silently)
    assert {problem.code for problem in refused.value.errors} == {code}


def test_what_cannot_be_read_or_scored_is_refused(tmp_path):
    (tmp_path / "binary.csv").write_bytes(b"\xff\xff\xff\x81")
    first_day = a_file(tmp_path, ["2026-03-02,a,lunch,10"])
    for path, horizon, origins in [
        (tmp_path / "absent.csv", 1, 1),
        (tmp_path, 1, 1),
        (tmp_path / "binary.csv", 1, 1),
        (first_day, 1, 1),
        (first_day, 0, 1),
        (first_day, 1, 0),
    ]:
        with pytest.raises(HistoryFileRefused):
            backtest(path, horizon, origins, silently)


def test_progress_reaches_its_end(tmp_path):
    told = []
    header, *rows = a_history([[*range(50)]] * 3).splitlines()
    backtest(a_file(tmp_path, rows, header), 1, 25, lambda done, of: told.append((done, of)))
    assert told == [(0, 50), (25, 50), (25, 50), (45, 50), (50, 50)]
