"""Plans: which week's bins are drawn, and how many."""

import secrets
from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cleanplate_shared.contracts.waste import Stream
from cleanplate_shared.contracts.waste_sorting import (
    PlannedStream,
    SortingPlan,
    SortingPlanCreate,
    SortingPlans,
)
from cleanplate_shared.errors import Conflict
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import MANAGEMENT, READERS
from cleanplate_waste.actions.sorting.frame import (
    Plan,
    bins_of,
    plans_between,
    sorted_bins,
    with_draws,
)
from cleanplate_waste.actions.standing import monday_of
from cleanplate_waste.models import SortingDrawRow, SortingPlanRow


class WeekAlreadyPlanned(Conflict, title=msg("This week's bins are drawn already")):
    """A canteen has one plan per week: a second draw until one likes it is no draw."""


def add_plan(
    session: Session, caller: Identity, wanted: SortingPlanCreate, now: datetime
) -> SortingPlan:
    """Draw a week's bins; what is weighed later in the week is drawn as it comes.

    Raises:
        NotFound, Forbidden: not a canteen that the caller manages.
        WeekAlreadyPlanned: there is a plan for the week.
    """
    find_canteen(session, caller, MANAGEMENT, wanted.canteen_id)
    row = SortingPlanRow(
        canteen_id=wanted.canteen_id,
        week=monday_of(wanted.week),
        seed=secrets.randbelow(2**31) if wanted.seed is None else wanted.seed,
        made_at=now,
        made_by=caller.person_id,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise WeekAlreadyPlanned(msg("Look at the plan that is there.")) from error
    session.add_all(
        SortingDrawRow(plan_id=row.id, stream=draw.stream.value, one_in=draw.one_in)
        for draw in wanted.streams
    )
    session.flush()
    [plan] = with_draws(session, [row])
    return _told(session, plan)


def list_plans(
    session: Session, caller: Identity, canteen_id: UUID, period: Period
) -> SortingPlans:
    """Return a canteen's plans of the weeks in a period, newest first.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    find_canteen(session, caller, READERS, canteen_id)
    plans = plans_between(session, canteen_id, period.first, period.last)
    return SortingPlans(items=[_told(session, plan) for plan in plans])


def _told(session: Session, plan: Plan) -> SortingPlan:
    bins = bins_of(session, [plan], plan.row.week, plan.last)
    drawn = [one for one in bins if one.is_drawn]
    done = sorted_bins(session, [one.key for one in drawn])
    of_all, of_drawn = Counter(b.stream for b in bins), Counter(b.stream for b in drawn)
    of_sorted = Counter(one.stream for one in drawn if one.key in done)
    return SortingPlan(
        id=plan.row.id,
        canteen_id=plan.row.canteen_id,
        week=plan.row.week,
        seed=plan.row.seed,
        streams=[
            PlannedStream(
                stream=stream,
                one_in=plan.one_in[stream],
                bins=of_all[stream],
                drawn=of_drawn[stream],
                sorted=of_sorted[stream],
            )
            for stream in Stream
            if stream in plan.one_in
        ],
    )
