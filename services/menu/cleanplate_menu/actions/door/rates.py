"""No-shows of units in a month, beside the canteen's own failures; no person, no small group."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import Session, col

from cleanplate_menu.actions.door.known import REGISTERED
from cleanplate_menu.domain.suppression import FEWEST, hidden_groups
from cleanplate_menu.models import (
    CanteenFailureRow,
    KnownPersonRow,
    MealJudgedRow,
    MealSessionRow,
    NoShowRow,
    RegistrationRow,
)
from cleanplate_shared.contracts.menu_door import (
    FailureCounts,
    FailureKind,
    NoShowRate,
    NoShowRates,
    NoShowState,
    UnitNoShowRate,
)
from cleanplate_shared.contracts.menu_registrations import RegistrationKind
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE

# A disputed no-show counts only once a manager has said that it was one.
_COUNTS = [NoShowState.COUNTED.value, NoShowState.GRACED.value, NoShowState.EXPLAINED.value]


@dataclass(frozen=True)
class _Group:
    """Diners of one unit: how many, their registrations and no-shows."""

    unit: str | None
    diners: int
    registered: int
    no_shows: int


def show_rates(session: Session, caller: Identity, canteen_id: UUID, month: str) -> NoShowRates:
    """Return a canteen's no-shows of a month by unit, beside its failures; for all its people.

    Only meals whose no-shows could be named count, in registrations as in no-shows. A unit of
    fewer than ten diners is hidden, and further ones where it could be worked out.

    Raises:
        NotFound: the caller has nothing to do with the canteen.
    """
    find_canteen(session, caller, ANYONE, canteen_id)
    first = date.fromisoformat(f"{month}-01")
    last = first.replace(day=monthrange(first.year, first.month)[1])
    groups = _groups(session, canteen_id, first, last)
    hidden = hidden_groups({unit_id: group.diners for unit_id, group in groups.items()})
    return NoShowRates(
        canteen_id=canteen_id,
        month=month,
        meals=_count_meals(session, canteen_id, first, last),
        total=NoShowRate(**_total(groups)),
        units=[
            UnitNoShowRate(
                unit_id=unit_id, unit=group.unit, **_figures(group, hide=unit_id in hidden)
            )
            for unit_id, group in sorted(groups.items(), key=lambda one: one[1].unit or "\uffff")
        ],
        failures=_failures(session, canteen_id, first, last),
    )


def _in_month(canteen_id: UUID, first: date, last: date) -> ColumnElement[bool]:
    return and_(
        col(MealSessionRow.canteen_id) == canteen_id,
        col(MealSessionRow.day).between(first, last),
        col(MealJudgedRow.named).is_(True),
        col(MealSessionRow.is_forgotten).is_(False),
    )


def _count_meals(session: Session, canteen_id: UUID, first: date, last: date) -> int:
    judged = (
        select(func.count())
        .select_from(MealSessionRow)
        .join(MealJudgedRow, col(MealJudgedRow.meal_session_id) == MealSessionRow.id)
        .where(_in_month(canteen_id, first, last))
    )
    return session.connection().execute(judged).scalar_one()


def _groups(
    session: Session, canteen_id: UUID, first: date, last: date
) -> Mapping[UUID | None, _Group]:
    counted = (col(NoShowRow.registration_id) == RegistrationRow.id) & col(NoShowRow.state).in_(
        _COUNTS
    )
    found = (
        select(
            col(KnownPersonRow.unit_id),
            func.max(col(KnownPersonRow.unit)),
            func.count(func.distinct(col(RegistrationRow.person_id))),
            func.count(),
            func.count(col(NoShowRow.registration_id)),
        )
        .select_from(RegistrationRow)
        .join(MealSessionRow)
        .join(MealJudgedRow, col(MealJudgedRow.meal_session_id) == MealSessionRow.id)
        .outerjoin(KnownPersonRow, col(KnownPersonRow.id) == RegistrationRow.person_id)
        .outerjoin(NoShowRow, counted)
        .where(
            _in_month(canteen_id, first, last),
            col(RegistrationRow.status) == REGISTERED,
            col(RegistrationRow.kind) == RegistrationKind.PERSON.value,
        )
        .group_by(col(KnownPersonRow.unit_id))
    )
    rows = session.connection().execute(found)
    return {
        unit_id: _Group(unit, diners, registered, no_shows)
        for unit_id, unit, diners, registered, no_shows in rows
    }


def _figures(group: _Group, *, hide: bool) -> dict[str, int | float | bool | None]:
    if hide:
        return {"registered": None, "no_shows": None, "rate": None, "suppressed": True}
    return {
        "registered": group.registered,
        "no_shows": group.no_shows,
        "rate": group.no_shows / group.registered if group.registered else None,
        "suppressed": False,
    }


def _total(groups: Mapping[UUID | None, _Group]) -> dict[str, int | float | bool | None]:
    """Return the figures of all units together; groups are disjoint, a diner has one unit."""
    every = _Group(
        None,
        sum(group.diners for group in groups.values()),
        sum(group.registered for group in groups.values()),
        sum(group.no_shows for group in groups.values()),
    )
    return _figures(every, hide=0 < every.diners < FEWEST)


def _failures(session: Session, canteen_id: UUID, first: date, last: date) -> FailureCounts:
    seats_taken = func.coalesce(func.sum(col(MealSessionRow.registered)), 0)
    closed = select(func.count(), seats_taken).where(
        col(MealSessionRow.canteen_id) == canteen_id,
        col(MealSessionRow.day).between(first, last),
        col(MealSessionRow.closed_reason).is_not(None),
    )
    meals, seats = session.connection().execute(closed).one()
    reported = (
        select(col(CanteenFailureRow.kind), func.count(), func.count(col(CanteenFailureRow.reply)))
        .where(
            col(CanteenFailureRow.canteen_id) == canteen_id,
            col(CanteenFailureRow.day).between(first, last),
        )
        .group_by(col(CanteenFailureRow.kind))
    )
    counts = {
        kind: (count, replied) for kind, count, replied in session.connection().execute(reported)
    }
    return FailureCounts(
        closed_meals=meals,
        failed_by_closing=seats,
        reported={kind: counts.get(kind.value, (0, 0))[0] for kind in FailureKind},
        replied=sum(replied for _, replied in counts.values()),
    )
