"""The ledger as a table: the same columns and figures in the workbook and in the PDF."""

from datetime import datetime

from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste_manifests import Destination, WasteKind
from cleanplate_shared.contracts.waste_treatment import Ledger, LedgerRow
from cleanplate_shared.i18n import Locale, Message, msg
from cleanplate_shared.labels import words_of

Cell = str | int | float | None
COLUMNS: tuple[Message, ...] = (
    msg("Date"),
    msg("Kind"),
    msg("Arose (kg)"),
    msg("Manifest"),
    msg("Containers"),
    msg("Handed over (kg)"),
    msg("Hauler's weight (kg)"),
    msg("Hauler"),
    msg("Licence"),
    msg("Plate"),
    msg("Time"),
    msg("Handed over by"),
    msg("Received by"),
    msg("Destination"),
    msg("Remarks"),
)
MASS = (2, 5, 6)


def title_of(ledger: Ledger, locale: Locale) -> str:
    """Return what stands over the table."""
    said = msg(
        "Ledger of kitchen waste: {canteen}, {month}", canteen=ledger.canteen, month=ledger.month
    )
    return said.in_(locale)


def rows_of(ledger: Ledger, locale: Locale) -> list[tuple[Cell, ...]]:
    """Return a row per line of the ledger; masses in kilograms."""
    return [_cells(row, ledger, locale) for row in ledger.rows]


def sums_of(ledger: Ledger, locale: Locale) -> list[tuple[Cell, ...]]:
    """Return a row per kind: what arose, how many collections, what they came to."""
    together = msg("Sum of the month").in_(locale)
    return [
        (
            together,
            _words(total.kind, locale),
            total.produced_grams / 1000,
            msg("{count} {count:collection|collections}", count=total.collections).in_(locale),
            None,
            total.counted_grams / 1000,
        )
        + (None,) * (len(COLUMNS) - 6)
        for total in ledger.totals
        if total.produced_grams or total.collections
    ]


def _cells(row: LedgerRow, ledger: Ledger, locale: Locale) -> tuple[Cell, ...]:
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


def _words(code: WasteKind | Destination, locale: Locale) -> str:
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
