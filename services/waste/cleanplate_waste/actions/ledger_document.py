"""The ledger as a PDF to file, to print and to sign."""

from datetime import datetime
from pathlib import Path

import cleanplate_waste
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste_treatment import Ledger
from cleanplate_shared.documents.rendering import Document, render
from cleanplate_shared.i18n import Locale, msg
from cleanplate_waste.actions.ledger_table import (
    COLUMNS,
    Cell,
    rows_of,
    sums_of,
    title_of,
)

_TEMPLATE = Path(cleanplate_waste.__file__).parent / "documents" / "ledger.typ"
_SIGNATURES = (msg("Drawn up by"), msg("Checked by"), msg("Date"))


def as_document(ledger: Ledger, locale: Locale, now: datetime) -> bytes:
    """Return a ledger as PDF: the rows of the workbook, incidents marked, and where to sign.

    Raises:
        DocumentTooLong, Unavailable: see documents.rendering.
    """
    incidents = msg(
        "{count} {count:incident|incidents}: waste left with a hauler without a valid licence.",
        count=ledger.incidents,
    )
    nothing = msg("Nothing was weighed and nothing left in this month.")
    data = {
        "columns": [words.in_(locale) for words in COLUMNS],
        "rows": [_texts(row) for row in rows_of(ledger, locale)],
        "sums": [_texts(row) for row in sums_of(ledger, locale)],
        "incidents": [at for at, row in enumerate(ledger.rows) if row.is_incident],
        "warning": incidents.in_(locale) if ledger.incidents else None,
        "nothing": nothing.in_(locale),
        "signatures": [words.in_(locale) for words in _SIGNATURES],
    }
    made_at = now.astimezone(zone(ledger.time_zone))
    return render(Document(_TEMPLATE, title_of(ledger, locale), locale, made_at, data))


def _texts(row: tuple[Cell, ...]) -> list[str]:
    return [_text(cell) for cell in row]


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)
