"""What is there: weighed since the last collection, and what that one left behind."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from cleanplate_shared.contracts.waste_manifests import (
    KindHere,
    ManifestState,
    WasteKind,
)
from cleanplate_waste.actions.manifests.kinds import STREAMS_OF
from cleanplate_waste.actions.sums import COUNTS
from cleanplate_waste.domain.manifests import carried
from cleanplate_waste.models import WEIGHINGS, ManifestRow

# Before the first collection: kitchen waste does not stay for longer.
_FIRST_LOOK = timedelta(days=31)


def here_at(session: Session, canteen_id: UUID, kind: WasteKind, at: datetime) -> KindHere:
    """Return what of a kind was in a kitchen at an instant, weighed and not gone."""
    last = session.exec(
        select_rows(ManifestRow)
        .where(
            ManifestRow.canteen_id == canteen_id,
            ManifestRow.kind == kind.value,
            col(ManifestRow.handed_over_at) <= at,
            ManifestRow.state != ManifestState.VOIDED.value,
        )
        .order_by(col(ManifestRow.handed_over_at).desc(), col(ManifestRow.id).desc())
        .limit(1)
    ).first()
    since = last.handed_over_at if last else None
    left = carried(last.weighed_grams, last.net_grams) if last else 0
    weighed = _weighed(session, canteen_id, kind, since or at - _FIRST_LOOK, at)
    return KindHere(kind=kind, grams=left + weighed, since=since)


def _weighed(
    session: Session, canteen_id: UUID, kind: WasteKind, since: datetime, until: datetime
) -> int:
    weighings = WEIGHINGS.c
    summed = select(func.coalesce(func.sum(weighings.net_grams), 0)).where(
        weighings.canteen_id == canteen_id,
        weighings.stream.in_([stream.value for stream in STREAMS_OF[kind]]),
        weighings.weighed_at > since,
        weighings.weighed_at <= until,
        COUNTS,
    )
    return int(session.connection().execute(summed).scalar_one())
