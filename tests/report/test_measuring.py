"""A file of daily kilograms is measured as the contract of files says, or refused by row."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from bench.wasting import Canteen, wasted

from cleanplate_report.actions.measuring import MeasurementRefused, measure_file
from cleanplate_shared.contracts.report_measurement import CanteenMeasure, ChangeVerdict, Measured
from cleanplate_shared.periods import Period
from cleanplate_shared.tabular import FileRefused, RowsRefused
from support.real_files import SCHOOL_WASTE, real

BEFORE = Period(date(2026, 1, 5), date(2026, 3, 27))  # sixty days, Monday to Friday
AFTER = Period(date(2026, 3, 30), date(2026, 12, 31))
HEADER = ["date", "canteen", "served", "waste_kg"]


def written(path: Path, rows: list[list], header: list[str] = HEADER) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def rows_of(name: str, change: float, seed: int, *more: object) -> list[list]:
    days = wasted(Canteen(), 60, 60, change, seed=seed)
    each = zip(days.ordinals, days.served, days.waste, strict=True)
    return [
        [date.fromordinal(int(day)), name, int(served), round(waste, 3), *more]
        for day, served, waste in each
    ]


def measured(path: Path) -> Measured:
    return measure_file(path, BEFORE, AFTER, "en")


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "measured.csv"


def test_a_file_is_measured_by_canteen_and_together(file):
    rows = [*rows_of("A", -0.3, 1), *rows_of("B", 0.0, 2)]
    found = measured(written(file, rows))
    first, second = found.canteens
    assert (first.canteen, second.canteen) == ("A", "B")
    assert first.verdict is ChangeVerdict.DECREASE
    assert first.ci95[0] < -0.3 < first.ci95[1]
    assert second.verdict is ChangeVerdict.NO_SIGNIFICANT_CHANGE
    overall = found.overall
    assert (overall.days_before, overall.days_after, overall.effect) == (60, 60, None)
    sums = [
        [sum(row[place] for row in rows if period.holds(row[0])) for place in (3, 2)]
        for period in (BEFORE, AFTER)
    ]
    rates = [1000 * kilograms / diners for kilograms, diners in sums]
    assert [overall.rate_before, overall.rate_after] == pytest.approx(rates)
    assert overall.raw_change == pytest.approx(rates[1] / rates[0] - 1, abs=1e-6)
    assert overall.avoided_kg == pytest.approx(first.avoided_kg + second.avoided_kg)


def test_what_was_avoided_is_what_was_expected_less_what_was_measured(file):
    [found] = measured(written(file, rows_of("A", -0.2, 3))).canteens
    after_kg = sum(row[3] for row in rows_of("A", -0.2, 3) if AFTER.holds(row[0]))
    ends = [after_kg / (1 + change) - after_kg for change in reversed(found.ci95)]
    assert found.avoided_kg == pytest.approx(
        after_kg / (1 + found.adjusted_change) - after_kg, abs=1e-3
    )
    assert list(found.avoided_kg_ci95) == pytest.approx(ends, abs=1e-3)


def test_where_some_were_not_treated_the_effect_is_the_difference(file):
    rows = [row for n in range(4) for row in rows_of(f"T{n}", -0.3, n, 1)]
    rows += [row for n in range(4) for row in rows_of(f"U{n}", -0.1, 10 + n, 0)]
    effect = measured(written(file, rows, [*HEADER, "treated"])).overall.effect
    assert (effect.canteens_treated, effect.canteens_untreated) == (4, 4)
    assert effect.ci95[0] < 0.7 / 0.9 - 1 < effect.ci95[1]
    assert effect.verdict is ChangeVerdict.DECREASE


def test_meals_of_a_day_are_rows_of_their_own(file):
    rows = [[*row, "lunch"] for row in rows_of("A", -0.2, 1)]
    rows += [[day, name, served // 3, kg / 5, "dinner"] for day, name, served, kg, _ in rows]
    [found] = measured(written(file, rows, [*HEADER, "meal"])).canteens
    assert (found.days_before, found.days_after) == (60, 60)
    assert found.ci95[0] < -0.2 < found.ci95[1]


def test_few_days_are_said_to_be_too_few(file):
    days = [row for row in rows_of("A", 0.0, 1) if BEFORE.holds(row[0])]
    few = [row for row in rows_of("A", 0.0, 1) if AFTER.holds(row[0])][:9]
    found = measured(written(file, days + few)).overall
    assert found.verdict is ChangeVerdict.NOT_ENOUGH_DATA
    assert (found.adjusted_change, found.ci95, found.avoided_kg) == (None, None, None)
    assert found.raw_change is not None


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (["2026-01-32", "A", 1, 1], "date", "date_from_datetime_parsing"),
        (["2026-02-02", "", 1, 1], "canteen", "missing"),
        (["2026-02-02", "A", -1, 1], "served", "greater_than_equal"),
        (["2026-02-02", "A", 1, "much"], "waste_kg", "float_parsing"),
        (["2026-02-02", "A", 1, "inf"], "waste_kg", "finite_number"),
        (["2026-01-05", "A", 1, 1], "date", "repeated_row"),
    ],
)
def test_a_bad_cell_is_named_with_its_remedy(file, row, column, code):
    with pytest.raises(RowsRefused) as refused:
        measured(written(file, [*rows_of("A", 0.0, 1), row]))
    [found] = refused.value.errors
    assert (found.row, found.column, found.code) == (122, column, code)
    assert found.message


def test_a_file_without_its_columns_is_refused(file):
    with pytest.raises(FileRefused, match="waste_kg"):
        measured(written(file, [], HEADER[:3]))
    with pytest.raises(FileRefused):
        measured(file.with_name("none.csv"))


def test_periods_that_overlap_and_files_without_a_day_in_them_are_refused(file):
    written(file, rows_of("A", 0.0, 1))
    with pytest.raises(MeasurementRefused, match="after the end of the first"):
        measure_file(file, BEFORE, BEFORE, "en")
    long_ago = [
        Period(date(2020, 1, 1), date(2020, 1, 31)),
        Period(date(2021, 1, 1), date(2021, 2, 1)),
    ]
    with pytest.raises(MeasurementRefused, match="No day"):
        measure_file(file, *long_ago, "en")


def test_diners_that_nobody_counted_are_no_day(file):
    rows = rows_of("A", 0.0, 1)
    without = [[*row[:2], 0, row[3]] if n % 10 == 0 else row for n, row in enumerate(rows)]
    [found] = measured(written(file, without)).canteens
    assert (found.days_before, found.days_after) == (54, 54)


@pytest.mark.parametrize("cut", [110, 140, 170])
def test_the_noise_of_a_real_school_hides_small_changes_and_not_large_ones(file, cut):
    """Its daily rate differs by a third, and neighbouring days are alike."""
    with real(SCHOOL_WASTE).open(encoding="utf-8") as lines:
        told = [
            (int(one["numStudents"]), float(one["totalWaste"])) for one in csv.DictReader(lines)
        ]
    days = [BEFORE.first + timedelta(n // 5 * 7 + n % 5) for n in range(len(told))]
    periods = Period(days[0], days[cut - 1]), Period(days[cut], days[-1])

    def change(share: float) -> CanteenMeasure:
        rows = [
            [day, "V", served, round(served * rate * (share if n >= cut else 1), 4)]
            for n, (day, (served, rate)) in enumerate(zip(days, told, strict=True))
        ]
        return measure_file(written(file, rows), *periods, "en").canteens[0]

    as_it_was, less = change(1.0), change(0.6)
    assert (1 + less.adjusted_change) / (1 + as_it_was.adjusted_change) == pytest.approx(
        0.6, abs=0.01
    )
    assert less.verdict is ChangeVerdict.DECREASE
    assert 0.05 < as_it_was.smallest_detectable_change < 0.35


def test_the_answer_is_the_contracts_json(file):
    found = json.loads(measured(written(file, rows_of("A", -0.2, 1))).model_dump_json())
    keys = {"rate_before", "rate_after", "raw_change", "adjusted_change", "ci95", "avoided_kg"}
    keys |= {
        "avoided_kg_ci95",
        "smallest_detectable_change",
        "verdict",
        "days_before",
        "days_after",
    }
    assert found["overall"].keys() == keys | {"effect"}
    assert found["canteens"][0].keys() == keys | {"canteen"}
