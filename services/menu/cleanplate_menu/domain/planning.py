"""Who is wanted at a meal without asking, and what that changes.

A plan wants a seat for one person: a standing pattern (固定报餐), or a unit's opting out (报停),
which is a plan for Monday to Friday. Plans count workdays only, by the day's own weekday: a worked
Saturday (班) is a Saturday, whatever weekday it makes up for, so only a plan that says Saturday
wants it (docs/decisions/0013).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from uuid import UUID

from cleanplate_shared.workdays import DayKind

PATTERN, OPT_OUT = "pattern", "opt_out"
OPT_OUT_WEEKDAYS = "12345"


@dataclass(frozen=True)
class Plan:
    """A seat wanted for a person.

    Attributes:
        source: what wants it; `pattern`, `opt_out`, or how a withdrawn registration was made.
        since: its age; where seats are short, the older plan has the first.
        weekdays: ISO weekdays, as in 12345.
        last_day: None where it has no end.
        restores: the withdrawn registration that a person had made by hand.
    """

    person_id: UUID
    source: str
    since: datetime
    portion: str
    rice: str
    weekdays: str = OPT_OUT_WEEKDAYS
    first_day: date = date.min
    last_day: date | None = None
    restores: UUID | None = None

    def covers(self, day: DayKind) -> bool:
        """Say whether the plan wants its person's seat on a day."""
        if self.restores is not None:
            return True
        is_in_span = self.first_day <= day.day <= (self.last_day or date.max)
        return is_in_span and day.is_workday and str(day.day.isoweekday()) in self.weekdays


class Standing(Enum):
    """What a person has at a meal: a seat, a place in line, or a no of their own."""

    SEAT = "seat"
    LINE = "line"
    DECLINED = "declined"


@dataclass(frozen=True)
class There:
    """What is there of a person at a meal.

    Attributes:
        id: of the registration or of the place in line.
        plan: what wants it; None where somebody wished it.
    """

    id: UUID
    standing: Standing
    plan: str | None


@dataclass
class Difference:
    """What must change at a meal so that its planned registrations are those wanted.

    Attributes:
        take: seats to take, who comes first in front.
        withdraw: registrations to cancel.
        leave: places in line to give up.
        relabel: what another plan wants now -> that plan.
    """

    take: list[Plan] = field(default_factory=list)
    withdraw: list[UUID] = field(default_factory=list)
    leave: list[UUID] = field(default_factory=list)
    relabel: dict[There, Plan] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return how many rows it changes."""
        return len(self.take) + len(self.withdraw) + len(self.leave) + len(self.relabel)

    def first(self, most: int) -> "Difference":
        """Return about `most` of its changes: what frees seats before what takes them."""
        if self.size <= most:
            return self
        leave, relabel = self.leave[:most], list(self.relabel.items())[:most]
        withdraw = self.withdraw[: max(most - len(leave) - len(relabel), 0)]
        left = max(most - len(leave) - len(relabel) - len(withdraw), 0)
        return Difference(self.take[:left], withdraw, leave, dict(relabel))


def wanted(day: DayKind, plans: Iterable[Plan], absent: Collection[UUID]) -> dict[UUID, Plan]:
    """Return the plan that counts for each person who is wanted on a day.

    What somebody had chosen by hand counts before their pattern, and that before their unit.
    """
    found: dict[UUID, Plan] = {}
    for plan in plans:
        if plan.person_id in absent or not plan.covers(day):
            continue
        other = found.get(plan.person_id)
        if other is None or _rank(plan) < _rank(other):
            found[plan.person_id] = plan
    return found


def difference(plans: Mapping[UUID, Plan], there: Mapping[UUID, There]) -> Difference:
    """Return what must change at a meal; what people did themselves stays as it is.

    Args:
        plans: who is wanted, by person.
        there: what is there, by person; who is missing has nothing, and never said no.
    """
    found = Difference()
    missing = [plan for person_id, plan in plans.items() if person_id not in there]
    found.take = sorted(missing, key=_age)
    for person_id, row in there.items():
        if row.plan is None or row.standing is Standing.DECLINED:
            continue
        plan = plans.get(person_id)
        if plan is None:
            (found.withdraw if row.standing is Standing.SEAT else found.leave).append(row.id)
        elif plan.source != row.plan:
            found.relabel[row] = plan
    return found


def _rank(plan: Plan) -> int:
    return 0 if plan.restores is not None else (PATTERN, OPT_OUT).index(plan.source) + 1


def _age(plan: Plan) -> tuple[datetime, UUID]:
    return plan.since, plan.person_id
