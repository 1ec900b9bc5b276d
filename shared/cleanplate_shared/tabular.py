"""Tables that people bring: CSV (UTF-8, with or without BOM, or GB18030) and XLSX.

Every bad cell is reported with row, column, value and remedy, and then nothing is changed.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Generic, TypeVar, get_args

import xlsxwriter
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from python_calamine import CalamineError, CalamineWorkbook

from cleanplate_shared.errors import RowProblem, Unprocessable
from cleanplate_shared.i18n import Locale, Message, msg
from cleanplate_shared.labels import code_of
from cleanplate_shared.problems import words

MOST_ROWS = 200_000
_MOST_UNPACKED = 64 << 20
_MOST_ERRORS = 200
_YES_OR_NO = {"是": "true", "否": "false"}


RowT = TypeVar("RowT", bound=BaseModel)


class FileRefused(Unprocessable, title=msg("The file cannot be read")):
    """The file is not a table that we can read."""


class RowsRefused(Unprocessable, title=msg("Some rows are wrong; nothing was changed")):
    """Some rows are wrong; nothing was changed."""


class ImportAnswer(BaseModel):
    """What an import did, or would do."""

    created: int
    updated: int
    unchanged: int
    dry_run: bool


@dataclass(frozen=True)
class Line(Generic[RowT]):
    """One row and its number in the file (the header is row 1)."""

    number: int
    row: RowT


class Findings:
    """Collects what is wrong with a file, so that all of it is told at once.

    Attributes:
        found: the first bad cells, at most `most`.
        lines: the numbers of all rows with a bad cell.
    """

    def __init__(self, locale: Locale, most: int = _MOST_ERRORS) -> None:
        self._locale = locale
        self._most = most
        self.found: list[RowProblem] = []
        self.lines: set[int] = set()

    def add(self, line: int, column: str, value: object, code: str, message: Message) -> None:
        """Note one bad cell."""
        self.lines.add(line)
        if len(self.found) < self._most:
            self.found.append(
                RowProblem(
                    field=f"{line}:{column}",
                    code=code,
                    message=message.in_(self._locale),
                    row=line,
                    column=column,
                    value=str(value if value is not None else "")[:100],
                )
            )

    def check(self) -> None:
        """Raise RowsRefused if anything was found."""
        if self.found:
            raise RowsRefused(
                msg("{count} {count:cell needs|cells need} correction.", count=len(self.found)),
                errors=list(self.found),
            )


def read_rows(
    file_name: str, content: bytes, row_type: type[RowT], findings: Findings, more: str = ""
) -> list[Line[RowT]]:
    """Return the rows of a file; bad ones are noted in `findings` and left out.

    Columns are found by field name or by the Chinese title of `row_type`. Of others, those whose
    name begins with `more` become extra fields of the row, which allows them; the rest is ignored.

    Raises:
        FileRefused: not CSV or XLSX, too large, or a column is missing or comes twice.
    """
    table = _table(content)
    header = _header(table)
    columns = _columns(header, row_type) | (_further(header, more) if more else {})
    lines: list[Line[RowT]] = []
    for number, cells in enumerate(table, start=2):
        if number > MOST_ROWS + 1:
            raise FileRefused(
                msg("{file}: at most {rows} rows at once.", file=file_name, rows=MOST_ROWS)
            )
        if any(cell not in ("", None) for cell in cells):
            _read_line(number, cells, columns, row_type, lines, findings)
    return lines


def column_names(content: bytes) -> list[str]:
    """Return what the first row of a file says.

    Raises:
        FileRefused: not CSV or XLSX.
    """
    return _header(_table(content))


def template(row_type: type[BaseModel], file_name: str) -> bytes:
    """Return an empty table with its header and one example row, XLSX or (by name) CSV."""
    header = list(row_type.model_fields)
    example = [(field.examples or [""])[0] for field in row_type.model_fields.values()]
    if not file_name.endswith(".xlsx"):
        text = io.StringIO()
        csv.writer(text).writerows([header, example])
        return text.getvalue().encode("utf-8-sig")
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("data")
        sheet.write_row(
            0, 0, [field.title or name for name, field in row_type.model_fields.items()]
        )
        sheet.write_row(1, 0, [str(value) for value in example])
        sheet.set_column(0, len(header) - 1, 16)
    return target.getvalue()


def _table(content: bytes) -> Iterator[Any]:
    return _xlsx(content) if content[:2] == b"PK" else _csv(content)


def _header(table: Iterator[Any]) -> list[str]:
    return [str(cell or "").strip().lstrip("\ufeff") for cell in next(table, [])]


def _columns(header: Sequence[str], row_type: type[BaseModel]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, field in row_type.model_fields.items():
        for position, label in enumerate(header):
            if label.casefold() in {name, (field.title or name).casefold()}:
                found[name] = position
    missing = [
        f"{name} ({f.title})"
        for name, f in row_type.model_fields.items()
        if f.is_required() and name not in found
    ]
    if missing:
        raise FileRefused(
            msg(
                "The first row must name the columns; missing: {columns}.",
                columns=", ".join(missing),
            )
        )
    return found


def _further(header: Sequence[str], beginning: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for position, label in enumerate(header):
        if label.startswith(beginning):
            if label in found:
                raise FileRefused(msg("The column {column} comes twice.", column=label[:100]))
            found[label] = position
    return found


def _read_line(
    number: int,
    cells: Sequence[Any],
    columns: dict[str, int],
    row_type: type[RowT],
    lines: list[Line[RowT]],
    findings: Findings,
) -> None:
    found = {name: _cell(cells[at]) for name, at in columns.items() if at < len(cells)}
    given = {name: value for name, value in found.items() if value is not None}
    read = {name: _read(value, row_type.model_fields.get(name)) for name, value in given.items()}
    try:
        lines.append(Line(number, row_type.model_validate(read)))
    except ValidationError as error:
        for wrong in error.errors():
            column = str(wrong["loc"][0]) if wrong["loc"] else ""
            findings.add(number, column, given.get(column), str(wrong["type"]), words(dict(wrong)))


def _read(cell: str | bool, field: FieldInfo | None) -> str | bool:
    """Return the code of a cell in whose column codes stand and people write words."""
    if field is None or isinstance(cell, bool):
        return cell
    for kind in (field.annotation, *get_args(field.annotation)):
        if kind is bool:
            return _YES_OR_NO.get(cell, cell)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return code_of(kind, cell)
    return cell


def _cell(value: Any) -> str | bool | None:  # noqa: ANN401
    """Return a cell as text, as a person would read it; None if it is empty."""
    if isinstance(value, bool):
        return value
    if isinstance(value, datetime) and not value.time():
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip()
    return text or None


def _csv(content: bytes) -> Iterator[Any]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        try:
            return iter(list(csv.reader(io.StringIO(text, newline=""), strict=True)))
        except csv.Error:
            break
    raise FileRefused(msg("Save the file as CSV (UTF-8 or GB18030) or as XLSX."))


def _xlsx(content: bytes) -> Iterator[Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _MOST_UNPACKED:
                raise FileRefused(msg("The file is too large when unpacked."))
        return iter(
            CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        )
    except (zipfile.BadZipFile, CalamineError, IndexError) as error:
        raise FileRefused(msg("Save the file as CSV (UTF-8 or GB18030) or as XLSX.")) from error
