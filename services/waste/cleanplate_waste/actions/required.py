"""Which streams a canteen has to weigh."""

from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from cleanplate_shared.contracts.waste import FOOD_STREAMS, RequiredStreams
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import MANAGEMENT, READERS
from cleanplate_waste.actions.days import lock_canteens, required_streams, tell_days
from cleanplate_waste.models import CanteenDayRow, CanteenStreamRow


def show_required_streams(session: Session, caller: Identity, canteen_id: UUID) -> RequiredStreams:
    """Return the streams that a canteen has to weigh.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    find_canteen(session, caller, READERS, canteen_id)
    return RequiredStreams(streams=list(required_streams(session, [canteen_id])[canteen_id]))


def set_required_streams(
    session: Session, caller: Identity, canteen_id: UUID, wanted: RequiredStreams
) -> RequiredStreams:
    """Set the streams that a canteen has to weigh; all its days are judged by them from now on.

    Raises:
        NotFound, Forbidden: not a canteen that the caller manages.
    """
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    lock_canteens(session, [canteen_id])
    before = show_required_streams(session, caller, canteen_id)
    chosen = [stream for stream in FOOD_STREAMS if stream in wanted.streams]
    if chosen != before.streams:
        session.execute(
            delete(CanteenStreamRow).where(col(CanteenStreamRow.canteen_id) == canteen_id)
        )
        session.add_all(CanteenStreamRow(canteen_id=canteen_id, stream=code) for code in chosen)
        told = select(col(CanteenDayRow.date)).where(col(CanteenDayRow.canteen_id) == canteen_id)
        tell_days(session, {(canteen_id, day) for day in session.exec(told)})
    return RequiredStreams(streams=chosen)
