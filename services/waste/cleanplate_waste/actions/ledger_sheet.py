"""The ledger as a workbook to send, to print and to sign."""

import io
from typing import Any

import xlsxwriter

from cleanplate_shared.contracts.waste_treatment import Ledger
from cleanplate_shared.i18n import Locale
from cleanplate_waste.actions.ledger_table import COLUMNS, MASS, rows_of, sums_of, title_of

_WIDTHS = (11, 11, 10, 15, 7, 10, 10, 20, 18, 11, 7, 11, 11, 14, 30)
_TITLE, _HEADER = 0, 2


def as_workbook(ledger: Ledger, locale: Locale) -> bytes:
    """Return a ledger as XLSX: one sheet, one row per collection, ready for A4 across."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(ledger.month)
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        mass = book.add_format({"num_format": "0.000", "valign": "top"})
        text = book.add_format({"text_wrap": True, "valign": "top"})
        title = title_of(ledger, locale)
        sheet.write_string(_TITLE, 0, title, book.add_format({"bold": True}))
        for at, (words, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
            sheet.set_column(at, at, width, mass if at in MASS else text)
            sheet.write_string(_HEADER, at, words.in_(locale), bold)
        lines = rows_of(ledger, locale) + sums_of(ledger, locale)
        for number, cells in enumerate(lines, start=_HEADER + 1):
            for at, value in enumerate(cells):
                if value is not None:
                    sheet.write(number, at, value)
        _to_print(sheet)
    return target.getvalue()


def _to_print(sheet: Any) -> None:  # noqa: ANN401 (xlsxwriter has no types)
    sheet.freeze_panes(_HEADER + 1, 2)
    sheet.repeat_rows(_HEADER)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&R&P / &N")
