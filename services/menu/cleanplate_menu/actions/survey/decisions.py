"""What the kitchen decided about a dish, and its words to the diners."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.dishes import tell_dishes_again
from cleanplate_menu.actions.menus.stamps import touch_menus
from cleanplate_menu.actions.survey.figures import WINDOW, read_diary
from cleanplate_menu.actions.survey.marks import marks_of
from cleanplate_menu.domain import scores
from cleanplate_menu.models import DishDecisionRow, DishRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu import DishState
from cleanplate_shared.contracts.menu_survey import (
    DishDecision,
    DishDecisionCreate,
    DishDecisionKind,
)
from cleanplate_shared.errors import NotFound, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE, KITCHEN
from cleanplate_shared.tables import KnownCanteenRow

_MOST_LISTED = 200
_LEADS_TO = {
    DishDecisionKind.KEEP: DishState.OFFERED,
    DishDecisionKind.ADJUST: DishState.OFFERED,
    DishDecisionKind.TRIAL: DishState.TRIAL,
    DishDecisionKind.RETIRE: DishState.RETIRED,
}


class TrialNeedsAnEnd(Unprocessable, title=msg("A trial needs a last day")):
    """A trial ends on a day to come, within 60 days; no other decision has such a day."""


def decide(
    session: Session, caller: Identity, dish_id: UUID, wanted: DishDecisionCreate, at: datetime
) -> DishDecision:
    """Decide about a dish on the figures of today; the reply is shown on menus from now on.

    Raises:
        NotFound: no such dish at a canteen of the caller.
        TrialNeedsAnEnd: as it says.
    """
    dish, canteen = _find(session, caller, dish_id)
    today = at.astimezone(zone(canteen.time_zone)).date()
    _check_trial(wanted, today)
    mark = marks_of(session, [canteen.id], today).get(dish.id)
    lately = read_diary(session, canteen.id, today - WINDOW, today)
    row = DishDecisionRow(
        dish_id=dish.id,
        decision=wanted.decision.value,
        reply=wanted.reply,
        trial_until=wanted.trial_until,
        stars=mark.stars if mark else None,
        ratings=lately.between(dish.id, today - WINDOW, today).opinion.count,
        left_share=mark.left_share if mark else None,
        decided_by=caller.person_id,
        at=at,
    )
    session.add(row)
    dish.state = _LEADS_TO[wanted.decision].value
    session.flush()
    tell_dishes_again(session, [dish.id])
    touch_menus(session, [canteen.id])
    return as_decision(row, dish.name)


def list_decisions(session: Session, caller: Identity, canteen_id: UUID) -> list[DishDecision]:
    """Return the latest 200 decisions about a canteen's dishes, newest first."""
    find_canteen(session, caller, KITCHEN, canteen_id)
    found = (
        select(DishDecisionRow, DishRow.name)
        .join(DishRow)
        .where(DishRow.canteen_id == canteen_id)
        .order_by(col(DishDecisionRow.at).desc())
        .limit(_MOST_LISTED)
    )
    return [as_decision(row, name) for row, name in session.exec(found)]


def as_decision(row: DishDecisionRow, name: str) -> DishDecision:
    """Return a decision as the contract says it: of the kitchen, not of a cook."""
    return DishDecision(
        name=name, **row.model_dump(exclude={"decision", "decided_by"}), decision=row.decision
    )


def _find(session: Session, caller: Identity, dish_id: UUID) -> tuple[DishRow, KnownCanteenRow]:
    dish = session.get(DishRow, dish_id, with_for_update=True)
    canteen = session.get(KnownCanteenRow, dish.canteen_id) if dish else None
    if dish is None or canteen is None or not caller.holds(ANYONE, canteen):
        raise NotFound(msg("There is no such dish."))
    find_canteen(session, caller, KITCHEN, canteen.id)
    return dish, canteen


def _check_trial(wanted: DishDecisionCreate, today: date) -> None:
    until = wanted.trial_until
    is_trial = wanted.decision is DishDecisionKind.TRIAL
    if is_trial != (until is not None):
        raise TrialNeedsAnEnd(msg("Say until when the dish is on trial; only for a trial."))
    if until and not today < until <= today + timedelta(scores.WINDOW_DAYS):
        detail = msg("Choose a day from tomorrow to {days} days ahead.", days=scores.WINDOW_DAYS)
        raise TrialNeedsAnEnd(detail)
