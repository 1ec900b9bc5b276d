"""Where each week's food waste went, in proportion."""

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from cleanplate_shared.contracts.waste_inventory import Whither
from cleanplate_shared.contracts.waste_manifests import ManifestState, WasteKind
from cleanplate_waste.actions.standing import monday_of
from cleanplate_waste.domain.manifests import counted
from cleanplate_waste.models import MANIFESTS, LotOutputRow, Table

_SUNDAY = timedelta(days=6)
_OUTPUTS = Table.metadata.tables[str(LotOutputRow.__tablename__)]
_GONE = tuple(
    state.value
    for state in ManifestState
    if state not in {ManifestState.DRAFT, ManifestState.VOIDED}
)


def ways_out(
    session: Session, canteen_id: UUID, first: date, last: date
) -> dict[date, dict[Whither, int]]:
    """Return by week (its Monday) the grams of food that went each way, as manifests say.

    A lot treated on site went where its product and its residue went; what nothing was taken out
    of yet was treated on site.
    """
    left = MANIFESTS.c
    gone = select(
        left.date,
        left.destination,
        left.lot_id,
        left.net_grams,
        left.received_grams,
        left.settled_grams,
    ).where(
        left.canteen_id == canteen_id,
        left.kind == WasteKind.FOOD.value,
        left.state.in_(_GONE),
        left.date.between(monday_of(first), monday_of(last) + _SUNDAY),
    )
    found = session.connection().execute(gone).all()
    lots = _outputs(session, {lot for _, _, lot, *_ in found if lot})
    weeks: defaultdict[date, defaultdict[Whither, int]] = defaultdict(lambda: defaultdict(int))
    for day, destination, lot, *weights in found:
        ways = {Whither(destination): 1} if destination else lots.get(lot, {Whither.ON_SITE: 1})
        whole = sum(ways.values())
        for way, part in ways.items():
            weeks[monday_of(day)][way] += counted(*weights) * part // whole
    return {week: {way: g for way, g in ways.items() if g} for week, ways in weeks.items()}


def _outputs(session: Session, lots: set[UUID]) -> dict[UUID, dict[Whither, int]]:
    out = _OUTPUTS.c
    sums = select(out.lot_id, out.destination, func.sum(out.grams)).where(out.lot_id.in_(lots))
    ways: defaultdict[UUID, dict[Whither, int]] = defaultdict(dict)
    for lot, destination, grams in session.connection().execute(
        sums.group_by(out.lot_id, out.destination)
    ):
        ways[lot][Whither(destination)] = int(grams)
    return ways
