"""The purchase plan as a workbook to send and to print."""

import io
from typing import Any

import xlsxwriter

from cleanplate_shared.contracts.forecast_purchasing import PurchasePlan, PurchaseRow
from cleanplate_shared.i18n import Locale, Message, msg

_COLUMNS: tuple[tuple[Message, int, str], ...] = (
    (msg("Supplier"), 18, ""),
    (msg("Category"), 12, ""),
    (msg("Ingredient"), 16, ""),
    (msg("Packs"), 8, ""),
    (msg("Pack (kg)"), 10, "kg"),
    (msg("To buy (kg)"), 12, "kg"),
    (msg("Needed (kg)"), 12, "kg"),
    (msg("In store (kg)"), 12, "kg"),
    (msg("Deliver on"), 26, ""),
    (msg("Cost (yuan)"), 12, "yuan"),
    (msg("Why"), 60, ""),
)


def as_workbook(plan: PurchasePlan, locale: Locale) -> bytes:
    """Return a plan as XLSX: one sheet, one row per ingredient, ready for A4 across."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(f"{plan.date_from}")
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        kilograms = book.add_format({"num_format": "0.000"})
        yuan = book.add_format({"num_format": "0.00"})
        shapes = {"kg": kilograms, "yuan": yuan, "": None}
        for at, (title, width, shape) in enumerate(_COLUMNS):
            sheet.set_column(at, at, width, shapes[shape])
            sheet.write_string(0, at, title.in_(locale), bold)
        for number, row in enumerate(plan.items, start=1):
            for at, value in enumerate(_cells(row)):
                if value is not None:
                    sheet.write(number, at, value)
        _to_print(sheet, f"{plan.date_from} – {plan.date_to}")
    return target.getvalue()


def _cells(row: PurchaseRow) -> tuple[Any, ...]:
    days = ", ".join(f"{one.deliver_on} × {one.packs}" for one in row.deliveries)
    return (
        row.supplier,
        row.category,
        row.ingredient,
        row.packs,
        row.pack_grams / 1000,
        row.to_buy_grams / 1000,
        row.needed_grams / 1000,
        row.on_hand_grams / 1000,
        days,
        None if row.cost_fen is None else row.cost_fen / 100,
        row.reason,
    )


def _to_print(sheet: Any, days: str) -> None:  # noqa: ANN401 (xlsxwriter has no types)
    sheet.freeze_panes(1, 3)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f"&L{days}&R&P / &N")
