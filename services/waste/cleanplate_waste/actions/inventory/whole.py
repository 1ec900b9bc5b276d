"""An inventory as a whole: its two totals with their scope, and its lines as a table."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from cleanplate_shared.contracts.waste import FOOD_STREAMS, Stream
from cleanplate_shared.contracts.waste_inventory import (
    Footprint,
    Inventory,
    InventoryRow,
    LifecycleStage,
    MaterialType,
    ScopeBox,
    Totals,
    Whither,
)
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import READERS
from cleanplate_waste.actions.inventory.rows import Grounds, grounds_of, inventory_rows
from cleanplate_waste.actions.reconciliation import as_estimate
from cleanplate_waste.domain.inventory import FACTOR_VERSION, FOOTPRINT

_SPOILS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take the cell for a formula


def show_inventory(
    session: Session, caller: Identity, canteen_id: UUID, period: Period, now: datetime
) -> Inventory:
    """Return a canteen's two totals of some days, their scope and their quality.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    grounds = grounds_of(session, canteen, period, now)
    rows = list(inventory_rows(session, grounds))
    totals = _totals(rows)
    days = {d: whole for d, whole in grounds.standing.is_complete.items() if d >= period.first}
    return Inventory(
        canteen_id=canteen_id,
        scope=_scope(grounds, rows),
        totals=totals,
        tier=grounds.tier,
        factor=as_estimate(grounds.factor),
        days_open=len(days),
        days_complete=sum(days.values()),
        footprint=[] if totals.not_separated_grams else _footprint(totals.food_grams),
    )


def export_inventory(
    session: Session, caller: Identity, canteen_id: UUID, period: Period, now: datetime
) -> str:
    """Return the lines of a canteen's inventory as CSV; they add up to what was weighed.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(InventoryRow.model_fields)
    for row in inventory_rows(session, grounds_of(session, canteen, period, now)):
        writer.writerow([_cell(value) for value in row.model_dump(mode="json").values()])
    return text.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str) and value.startswith(_SPOILS):
        return f"'{value}"
    return value


def _totals(rows: Iterable[InventoryRow]) -> Totals:
    grams: Counter[str] = Counter()
    for row in rows:
        if row.in_kitchen_waste_total:
            grams["kitchen_waste_grams"] += row.grams
            grams[_WITHIN[row.material_type]] += row.grams
            if row.destination is Whither.ANIMAL_FEED:
                grams["animal_feed_grams"] += row.grams
        else:
            grams["oil_grams" if row.stream is Stream.OIL else "nonfood_grams"] += row.grams
        if row.in_flw_total:
            grams["flw_grams"] += row.grams
    return Totals(**{name: grams[name] for name in Totals.model_fields})


_WITHIN = {
    MaterialType.FOOD: "food_grams",
    MaterialType.INEDIBLE_PARTS: "inedible_grams",
    MaterialType.NOT_SEPARATED: "not_separated_grams",
    MaterialType.NONFOOD: "nonfood_found_grams",
}


def _scope(grounds: Grounds, rows: Iterable[InventoryRow]) -> ScopeBox:
    counted = [row for row in rows if row.in_flw_total]
    materials = {row.material_type for row in counted}
    ways = {row.destination for row in counted}
    stages = {row.lifecycle_stage for row in counted}
    return ScopeBox(
        date_from=grounds.period.first,
        date_to=grounds.period.last,
        material_types=[one for one in MaterialType if one in materials],
        destinations=[one for one in Whither if one in ways],
        canteen=grounds.canteen.name,
        geography=grounds.canteen.time_zone,
        lifecycle_stages=[one for one in LifecycleStage if one in stages],
        streams=list(FOOD_STREAMS),
    )


def _footprint(food_grams: int) -> list[Footprint]:
    return [
        Footprint(
            quantity=factor.quantity,
            unit=factor.unit,
            low=factor.low * food_grams / 1000,
            high=factor.high * food_grams / 1000,
            factor_version=FACTOR_VERSION,
            boundary=factor.boundary,
            sources=list(factor.sources),
        )
        for factor in FOOTPRINT
    ]
