"""The ledger as a workbook to send, to print and to sign."""

import io
from datetime import datetime
from typing import Any

import xlsxwriter

from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste_treatment import Ledger, LedgerRow
from cleanplate_shared.i18n import Locale, Message, msg
from cleanplate_shared.labels import words_of

_COLUMNS: tuple[tuple[Message, int], ...] = (
    (msg("Date"), 11),
    (msg("Kind"), 11),
    (msg("Arose (kg)"), 10),
    (msg("Manifest"), 15),
    (msg("Containers"), 7),
    (msg("Handed over (kg)"), 10),
    (msg("Hauler's weight (kg)"), 10),
    (msg("Hauler"), 20),
    (msg("Licence"), 18),
    (msg("Plate"), 11),
    (msg("Time"), 7),
    (msg("Handed over by"), 11),
    (msg("Received by"), 11),
    (msg("Destination"), 14),
    (msg("Remarks"), 30),
)
_TITLE, _HEADER = 0, 2
_MASS = (2, 5, 6)


def as_workbook(ledger: Ledger, locale: Locale) -> bytes:
    """Return a ledger as XLSX: one sheet, one row per collection, ready for A4 across."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(ledger.month)
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        mass = book.add_format({"num_format": "0.000", "valign": "top"})
        text = book.add_format({"text_wrap": True, "valign": "top"})
        title = msg("Ledger of kitchen waste: {canteen}, {month}", canteen=ledger.canteen,
                    month=ledger.month)  # fmt: skip
        sheet.write_string(_TITLE, 0, title.in_(locale), book.add_format({"bold": True}))
        for at, (words, width) in enumerate(_COLUMNS):
            sheet.set_column(at, at, width, mass if at in _MASS else text)
            sheet.write_string(_HEADER, at, words.in_(locale), bold)
        lines = [_cells(row, ledger, locale) for row in ledger.rows] + _sums(ledger, locale)
        for number, cells in enumerate(lines, start=_HEADER + 1):
            for at, value in enumerate(cells):
                if value is not None:
                    sheet.write(number, at, value)
        _to_print(sheet)
    return target.getvalue()


def _cells(row: LedgerRow, ledger: Ledger, locale: Locale) -> tuple[Any, ...]:
    signed = row.is_signed or (False, False)
    return (
        row.date.isoformat(),
        _words(row.kind, locale),
        _kilograms(row.produced_grams),
        row.code,
        row.containers,
        _kilograms(row.net_grams),
        _kilograms(row.received_grams),
        row.hauler or row.machine,
        row.licence_number,
        row.plate,
        _clock(row.at, ledger.time_zone),
        _signature(row.kitchen, locale, is_signed=signed[0]),
        _signature(row.driver, locale, is_signed=signed[1]),
        _where(row, locale),
        row.remarks or None,
    )


def _sums(ledger: Ledger, locale: Locale) -> list[tuple[Any, ...]]:
    together = msg("Sum of the month").in_(locale)
    return [
        (
            together,
            _words(total.kind, locale),
            total.produced_grams / 1000,
            None,
            total.collections,
            total.counted_grams / 1000,
        )
        for total in ledger.totals
        if total.produced_grams or total.collections
    ]


def _words(code: Any, locale: Locale) -> str:  # noqa: ANN401 (any enumeration)
    words = words_of(code)
    return words.in_(locale) if words else str(code)


def _where(row: LedgerRow, locale: Locale) -> str | None:
    if row.destination is not None:
        return _words(row.destination, locale)
    return msg("Treated on site").in_(locale) if row.machine else None


def _signature(name: str | None, locale: Locale, *, is_signed: bool) -> str | None:
    return name or (msg("confirmed").in_(locale) if is_signed else None)


def _kilograms(grams: int | None) -> float | None:
    return None if grams is None else grams / 1000


def _clock(at: datetime | None, time_zone: str) -> str | None:
    return at.astimezone(zone(time_zone)).strftime("%H:%M") if at else None


def _to_print(sheet: Any) -> None:  # noqa: ANN401 (xlsxwriter has no types)
    sheet.freeze_panes(_HEADER + 1, 2)
    sheet.repeat_rows(_HEADER)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&R&P / &N")
