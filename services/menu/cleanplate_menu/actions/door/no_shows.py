"""No-shows: what the diner sees and says of them, and what a manager decides.

Nothing follows from a no-show by itself (PIPL Art. 24): no rank, no block, no deduction.
"""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from cleanplate_menu.actions.door.withdrawing import STANDING
from cleanplate_menu.models import NO_SHOWS, KnownPersonRow, MealSessionRow, NoShowRow
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_door import Dispute, DisputeDecision, NoShow, NoShowState
from cleanplate_shared.db import instant
from cleanplate_shared.errors import Conflict, NotFound
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import ANYONE, MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow

ANSWER_WITHIN = timedelta(days=7)


class NoShowSettled(Conflict, title=msg("This is settled")):
    """The no-show was struck, or a manager decided."""


class NotDisputed(Conflict, title=msg("There is no dispute to decide")):
    """Nobody disputes this no-show any more."""


def list_mine(session: Session, caller: Identity, period: Period) -> list[NoShow]:
    """Return the caller's own no-shows in a range of days, newest first."""
    found = (
        select(NoShowRow, MealSessionRow.meal)
        .join(MealSessionRow, col(MealSessionRow.id) == NoShowRow.meal_session_id)
        .where(
            NoShowRow.person_id == caller.person_id,
            col(NoShowRow.day).between(period.first, period.last),
        )
        .order_by(col(NoShowRow.day).desc(), col(NoShowRow.registration_id))
    )
    return [_as_no_show(row, meal) for row, meal in session.exec(found)]


def explain(session: Session, caller: Identity, registration_id: UUID, reason: str) -> NoShow:
    """Keep why the caller could not come.

    Raises:
        NotFound: there is no such no-show of the caller.
        NoShowSettled: it is disputed or does not stand any more.
    """
    row = _own(session, caller, registration_id)
    open_states = {NoShowState.COUNTED, NoShowState.GRACED, NoShowState.EXPLAINED}
    if NoShowState(row.state) not in open_states:
        raise NoShowSettled(msg("There is nothing to explain any more."))
    row.state, row.reason = NoShowState.EXPLAINED.value, reason
    return _kept(session, row)


def dispute(session: Session, caller: Identity, registration_id: UUID, note: str | None) -> NoShow:
    """Say that the caller was there; a second time changes nothing.

    Raises:
        NotFound: there is no such no-show of the caller.
        NoShowSettled: a manager decided, or it does not stand any more.
    """
    row = _own(session, caller, registration_id)
    if row.state == NoShowState.DISPUTED.value:
        return _kept(session, row)
    if row.state not in STANDING or row.decided_by is not None:
        raise NoShowSettled(msg("There is nothing to dispute any more."))
    row.state, row.disputed_at = NoShowState.DISPUTED.value, instant(session)
    row.reason = note or row.reason
    return _kept(session, row)


def list_disputes(session: Session, caller: Identity, canteen_id: UUID) -> list[Dispute]:
    """Return the disputes of a canteen that wait for a decision, oldest first."""
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    found = (
        select(NoShowRow, MealSessionRow.meal, KnownPersonRow)
        .select_from(NoShowRow)
        .join(MealSessionRow, col(MealSessionRow.id) == NoShowRow.meal_session_id)
        .outerjoin(KnownPersonRow, col(KnownPersonRow.id) == NoShowRow.person_id)
        .where(NoShowRow.canteen_id == canteen_id, NoShowRow.state == NoShowState.DISPUTED.value)
        .order_by(col(NoShowRow.disputed_at), col(NoShowRow.registration_id))
        .limit(500)
    )
    return [_as_dispute(*one) for one in session.exec(found)]


def decide(
    session: Session, caller: Identity, registration_id: UUID, decision: DisputeDecision
) -> None:
    """Decide a dispute, once; the diner reads the answer.

    Raises:
        NotFound: there is none, or it is at a canteen the caller has nothing to do with.
        NotDisputed: nobody disputes it (any more).
    """
    row = session.get(NoShowRow, registration_id, with_for_update=True)
    canteen = session.get(KnownCanteenRow, row.canteen_id) if row else None
    if row is None or canteen is None or not caller.holds(ANYONE, canteen):
        raise NotFound(msg("There is no such no-show."))
    find_canteen(session, caller, MANAGEMENT, row.canteen_id)
    if row.state != NoShowState.DISPUTED.value:
        raise NotDisputed(msg("The diner or somebody else was quicker; look again."))
    state = NoShowState.UPHELD if decision.upheld else NoShowState.COUNTED
    row.state, row.answer, row.decided_by = state.value, decision.answer, caller.person_id
    session.flush()


def uphold_unanswered(session: Session, at: datetime) -> None:
    """Uphold disputes that nobody decided within seven days: the diner is presumed right."""
    session.connection().execute(
        update(NO_SHOWS)
        .where(
            NO_SHOWS.c.state == NoShowState.DISPUTED.value,
            NO_SHOWS.c.disputed_at <= at - ANSWER_WITHIN,
        )
        .values(state=NoShowState.UPHELD.value)
    )


def _own(session: Session, caller: Identity, registration_id: UUID) -> NoShowRow:
    row = session.get(NoShowRow, registration_id, with_for_update=True)
    if row is None or row.person_id != caller.person_id:
        raise NotFound(msg("There is no such no-show."))
    return row


def _kept(session: Session, row: NoShowRow) -> NoShow:
    session.flush()
    return _as_no_show(row, session.get_one(MealSessionRow, row.meal_session_id).meal)


def _as_no_show(row: NoShowRow, meal: str) -> NoShow:
    return NoShow(
        registration_id=row.registration_id,
        canteen_id=row.canteen_id,
        date=row.day,
        meal=Meal(meal),
        state=NoShowState(row.state),
        reason=row.reason,
        answer=row.answer,
        decided=row.decided_by is not None,
    )


def _as_dispute(row: NoShowRow, meal: str, person: KnownPersonRow | None) -> Dispute:
    disputed_at = cast(datetime, row.disputed_at)  # set with the state
    return Dispute(
        registration_id=row.registration_id,
        date=row.day,
        meal=Meal(meal),
        name=person.name if person else "",
        number=person.number if person else "",
        unit=person.unit if person else None,
        note=row.reason,
        disputed_at=disputed_at,
        upheld_at=disputed_at + ANSWER_WITHIN,
    )
