"""Ingredients and stock from a table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_forecast.models import IngredientRow, StockRow
from cleanplate_shared.contracts.forecast_purchasing import IngredientSheetRow, StockSheetRow
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.importing import Canteens, Changes
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_shared.tabular import Findings, Line

_Place = tuple[UUID, str]  # canteen, ingredient
_IngredientLine = Line[IngredientSheetRow]
_StockLine = Line[StockSheetRow]
_MOST_LOTS = 500
_MOST_GRAMS = 10_000_000


def import_ingredients(
    session: Session,
    caller: Identity,
    lines: Sequence[Line[IngredientSheetRow]],
    findings: Findings,
) -> Changes:
    """Add ingredients, and change those of the same name; others stay.

    Raises:
        RowsRefused: a canteen is not the caller's, or an ingredient comes twice.
    """
    canteens = Canteens(session, caller, findings)
    wanted: dict[_Place, dict[str, Any]] = {}
    for line in lines:
        canteen = canteens.find(line.number, line.row.canteen)
        if canteen is None:
            continue
        if (canteen.id, line.row.ingredient) in wanted:
            said = msg("This ingredient comes twice.")
            findings.add(line.number, "ingredient", line.row.ingredient, "duplicate", said)
        wanted[canteen.id, line.row.ingredient] = _terms(line.row)
    findings.check()
    _one_after_the_other(session, wanted)
    there = {
        (row.canteen_id, row.ingredient): row
        for row in session.exec(
            select(IngredientRow).where(col(IngredientRow.canteen_id).in_(_canteens(wanted)))
        )
    }
    changes = Changes()
    for place, values in wanted.items():
        known = there.get(place)
        if known is None:
            session.add(IngredientRow(canteen_id=place[0], ingredient=place[1], **values))
        elif known.model_dump(include=set(values)) != values:
            known.sqlmodel_update(values)
        else:
            changes.unchanged += 1
            continue
        changes.created += known is None
        changes.updated += known is not None
    session.flush()
    return changes


@dataclass
class _Lots:
    """The lots of an ingredient as a file has them, and in how many rows."""

    by_day: dict[date, int] = field(default_factory=dict)
    rows: int = 0

    def kept(self) -> list[dict[str, Any]]:
        """Return them as they are stored."""
        return [
            {"grams": grams, "expires_on": day.isoformat()}
            for day, grams in sorted(self.by_day.items())
            if grams
        ]


def import_stock(
    session: Session, caller: Identity, lines: Sequence[_StockLine], findings: Findings
) -> Changes:
    """Keep the lots of each ingredient that the file names, in place of those before.

    Raises:
        RowsRefused: a canteen is not the caller's, or an ingredient has too many lots.
    """
    wanted = _read_lots(Canteens(session, caller, findings), lines, findings)
    findings.check()
    _one_after_the_other(session, wanted)
    found = select(StockRow).where(col(StockRow.canteen_id).in_(_canteens(wanted)))
    there = {(row.canteen_id, row.ingredient): row for row in session.exec(found)}
    changes = Changes()
    for place, lots in wanted.items():
        known = there.get(place)
        if known is None:
            session.add(StockRow(canteen_id=place[0], ingredient=place[1], lots=lots.kept()))
            changes.created += lots.rows
        elif known.lots != lots.kept():
            known.lots = lots.kept()
            changes.updated += lots.rows
        else:
            changes.unchanged += lots.rows
    session.flush()
    return changes


def _read_lots(
    canteens: Canteens, lines: Sequence[_StockLine], findings: Findings
) -> dict[_Place, _Lots]:
    wanted: dict[_Place, _Lots] = defaultdict(_Lots)
    for line in lines:
        canteen = canteens.find(line.number, line.row.canteen)
        if canteen is None:
            continue
        lots, day = wanted[canteen.id, line.row.ingredient], line.row.expires_on
        lots.by_day[day] = lots.by_day.get(day, 0) + line.row.grams
        lots.rows += 1
        if lots.by_day[day] > _MOST_GRAMS or len(lots.by_day) > _MOST_LOTS:
            said = msg("There is more of this than we can keep; check the grams.")
            findings.add(line.number, "grams", line.row.grams, "too_much", said)
    return wanted


def _one_after_the_other(session: Session, wanted: Mapping[_Place, object]) -> None:
    found = select(KnownCanteenRow.id).where(col(KnownCanteenRow.id).in_(_canteens(wanted)))
    session.exec(found.order_by(col(KnownCanteenRow.id)).with_for_update()).all()


def _canteens(wanted: Mapping[_Place, object]) -> list[UUID]:
    return sorted({canteen_id for canteen_id, _ in wanted})


def _terms(row: IngredientSheetRow) -> dict[str, Any]:
    return {
        "category": row.category,
        "supplier": row.supplier,
        "pack_grams": row.pack_grams,
        "lead_days": row.lead_days,
        "shelf_days": row.shelf_days,
        "price_fen_per_kg": (
            None if row.price_yuan_per_kg is None else int(row.price_yuan_per_kg * 100)
        ),
        "is_bought": row.is_bought,
        "level": None if row.level is None else float(row.level) / 100,
        "reorder_grams": row.reorder_grams,
        "upto_grams": row.upto_grams,
    }
