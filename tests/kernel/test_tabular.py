import csv
import io
import time
import zipfile

import pytest
import xlsxwriter
from pydantic import BaseModel, Field
from python_calamine import CalamineWorkbook

from cleanplate_shared.contracts.common import Day, Name
from cleanplate_shared.tabular import (
    MOST_ROWS,
    FileRefused,
    Findings,
    RowsRefused,
    read_rows,
    template,
)


class Sheet(BaseModel):
    """A row of a table."""

    day: Day = Field(title="日期", examples=["2026-03-02"])
    name: Name = Field(title="名称", examples=["=1+1"])
    grams: int | None = Field(default=None, ge=0, title="克数", examples=[5])


GOOD = "day,name,grams\n2026-03-02,办公室,5\n2026-03-03,二室,\n"


def read(content, name="f.csv", locale="en"):
    findings = Findings(locale)
    lines = read_rows(name, content, Sheet, findings)
    findings.check()
    return [(line.row.day.isoformat(), line.row.name, line.row.grams) for line in lines]


def xlsx(*rows):
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.encode("gb18030"),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("day,name,grams", "日期,名称,克数").encode("gb18030"),
        GOOD.replace("day,name,grams", " Day ,NAME,克数").encode(),
        (GOOD + "\n,,\n").encode(),
        xlsx(["日期", "名称", "克数"], ["2026-03-02", "办公室", 5], ["2026-03-03", "二室"]),
        xlsx(["day", "name", "grams", "more"], ["2026-03-02", "办公室", 5.0, "x"],
             ["2026-03-03", "二室", ""]),
    ],
)  # fmt: skip
def test_the_same_table_in_every_form(content):
    assert read(content) == [("2026-03-02", "办公室", 5), ("2026-03-03", "二室", None)]


def test_a_missing_column_is_named_in_both_words():
    with pytest.raises(FileRefused) as refused:
        read(b"name,grams\nx,5\n")
    assert "day (日期)" in refused.value.detail.in_("en")
    assert "day (日期)" in refused.value.detail.in_("zh")


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_every_bad_cell_is_told_with_row_column_value_and_remedy(locale):
    with pytest.raises(RowsRefused) as refused:
        read(b"day,name,grams\n2026-03-02,ok,5\n3 March,,-1\n", locale=locale)
    found = {(one.row, one.column): one for one in refused.value.errors}
    assert set(found) == {(3, "day"), (3, "name"), (3, "grams")}
    assert found[3, "day"].value == "3 March"
    assert found[3, "grams"].value == "-1"
    assert all(one.message.isascii() == (locale == "en") for one in found.values())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"PK\x03\x04 not a zip",
        b"\xff\xfe\xff\xff\x81",
        xlsx(),
        b'day,name,grams\n2026-03-02,"open,5\n',
        b"day,name\n" + b"x" * 200_000 + b",1\n",
    ],
    ids=["empty", "binary", "false xlsx", "no encoding", "empty xlsx", "open quote", "huge cell"],
)
def test_what_is_no_table_is_refused_and_never_a_failure(content):
    with pytest.raises((FileRefused, RowsRefused)):
        read(content)


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (65 << 20))
    started = time.process_time()
    with pytest.raises(FileRefused, match="unpacked"):
        read(bomb.getvalue(), "f.xlsx")
    assert time.process_time() - started < 1


def test_more_rows_than_we_read_are_refused():
    content = b"day,name\n" + b",\n" * MOST_ROWS + b"2026-03-02,x\n"
    with pytest.raises(FileRefused, match="at most 200000 rows"):
        read(content)


def test_many_errors_are_counted_and_not_all_listed():
    with pytest.raises(RowsRefused) as refused:
        read(b"day,name\n" + b"bad,x\n" * 1000)
    assert len(refused.value.errors) == 200


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
def test_a_cell_that_looks_like_a_formula_stays_text_in_a_template(start):
    class Dangerous(BaseModel):
        name: str = Field(title=f"{start}1+1", examples=[f"{start}cmd|' /C calc'!A0"])

    book = template(Dangerous, "t.xlsx")
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")
    cells = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert "1+1" in cells[0][0]


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_a_template_can_be_read_back(name):
    assert read(template(Sheet, name), name) == [("2026-03-02", "=1+1", 5)]


def test_a_csv_template_opens_in_excel():
    content = template(Sheet, "t.csv")
    assert content.startswith(b"\xef\xbb\xbf")
    assert next(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == ["day", "name", "grams"]
