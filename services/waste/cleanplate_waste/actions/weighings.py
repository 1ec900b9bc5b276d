"""Weighings as they were kept."""

from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.waste import Entered, Weighing
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import KITCHEN
from cleanplate_waste.models import WeighingRow


def list_weighings(
    session: Session,
    caller: Identity,
    canteen_id: UUID,
    period: Period,
    after: UUID | None,
    limit: int,
) -> Page[Weighing]:
    """Return a canteen's weighings, newest first.

    Raises:
        NotFound, Forbidden: not a kitchen of the caller.
        Unprocessable: `after` is no weighing of this canteen.
    """
    find_canteen(session, caller, KITCHEN, canteen_id)
    at, key = col(WeighingRow.weighed_at), col(WeighingRow.id)
    wanted = select(WeighingRow).where(
        col(WeighingRow.canteen_id) == canteen_id,
        col(WeighingRow.date).between(period.first, period.last),
    )
    if after is not None:
        last = next(iter(session.exec(select(WeighingRow).where(key == after))), None)
        if last is None or last.canteen_id != canteen_id:
            raise Unprocessable(msg("The cursor does not belong to this list."))
        wanted = wanted.where(or_(at < last.weighed_at, and_(at == last.weighed_at, key < last.id)))
    rows = session.exec(wanted.order_by(at.desc(), key.desc()).limit(limit + 1)).all()
    items = [_weighing(row) for row in rows[:limit]]
    return Page(items=items, next=str(items[-1].id) if len(rows) > limit else None)


def _weighing(row: WeighingRow) -> Weighing:
    entered = None
    if row.entered_quantity is not None:
        entered = Entered.model_validate(
            {
                "quantity": row.entered_quantity,
                "unit": row.entered_unit,
                "grams_per_unit": row.entered_grams_per_unit,
            }
        )
    return Weighing.model_validate({**row.model_dump(), "entered": entered})
