"""The queue of dishes to decide about, and every dish's score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.survey.decisions import as_decision
from cleanplate_menu.actions.survey.figures import (
    WINDOW,
    Diary,
    Evidence,
    added,
    read_diary,
    rounded_share,
    rounded_stars,
)
from cleanplate_menu.actions.survey.marks import marks_of
from cleanplate_menu.domain import scores
from cleanplate_menu.models import DishDecisionRow, DishRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu import DishKind, DishState
from cleanplate_shared.contracts.menu_survey import (
    Comparison,
    DishDecisionKind,
    DishScore,
    Interval,
    QueuedDish,
    QueueReason,
)
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE, KITCHEN
from cleanplate_shared.tables import KnownCanteenRow

_DAY = timedelta(1)


@dataclass(frozen=True)
class Kitchen:
    """A canteen's dishes with all that is known of them today.

    Attributes:
        kinds: what is known of all dishes of a kind, by kind.
        decided: the latest decision on a dish, and the day of it.
    """

    today: date
    dishes: list[DishRow]
    diary: Diary
    kinds: Mapping[str, Evidence] = field(default_factory=dict)
    decided: Mapping[UUID, tuple[DishDecisionRow, date]] = field(default_factory=dict)

    def lately(self, dish: DishRow) -> Evidence:
        """Return what is known of a dish from the last 60 days."""
        return self.diary.between(dish.id, self.today - WINDOW, self.today)

    def since_decided(self, dish: DishRow) -> Evidence:
        """Return what is known since the day after the last decision, at most 60 days."""
        first = self.today - WINDOW
        if dish.id in self.decided:
            first = max(first, self.decided[dish.id][1] + _DAY)
        return self.diary.between(dish.id, first, self.today)


def list_scores(
    session: Session, caller: Identity, canteen_id: UUID, at: datetime
) -> list[DishScore]:
    """Return the figures of a canteen's dishes by name."""
    kitchen = _read(session, find_canteen(session, caller, ANYONE, canteen_id), at, WINDOW)
    marks = marks_of(session, [canteen_id], kitchen.today)
    found = []
    for dish in kitchen.dishes:
        lately, mark = kitchen.lately(dish), marks.get(dish.id)
        found.append(
            DishScore(
                dish_id=dish.id,
                name=dish.name,
                kind=DishKind(dish.kind),
                state=DishState(dish.state),
                ratings=lately.opinion.count,
                stars=mark.stars if mark else None,
                tags=lately.shown_tags,
                meals=len(lately.meals),
                left_share=mark.left_share if mark else None,
                reply=mark.reply if mark else None,
            )
        )
    return found


def list_queue(
    session: Session, caller: Identity, canteen_id: UUID, at: datetime
) -> list[QueuedDish]:
    """Return the dishes to decide about, the most pressing first.

    A dish is in the queue for its figures since the last decision, or because its trial is over.
    """
    back = 2 * WINDOW + _DAY  # the 60 days before a decision of up to 60 days ago
    kitchen = _read(session, find_canteen(session, caller, KITCHEN, canteen_id), at, back)
    found = [_queued(kitchen, dish) for dish in kitchen.dishes]
    return sorted(
        (one for one in found if one),
        key=lambda one: (one.score is None, -(one.score or 0), one.name),
    )


def _read(session: Session, canteen: KnownCanteenRow, at: datetime, back: timedelta) -> Kitchen:
    local = zone(canteen.time_zone)
    today = at.astimezone(local).date()
    of_canteen = select(DishRow).where(DishRow.canteen_id == canteen.id).order_by(DishRow.name)
    dishes = list(session.exec(of_canteen).all())
    diary = read_diary(session, canteen.id, today - back, today)
    decided = (
        select(DishDecisionRow)
        .join(DishRow)
        .where(DishRow.canteen_id == canteen.id)
        .order_by(col(DishDecisionRow.at))
    )
    return Kitchen(
        today,
        dishes,
        diary,
        kinds=_kinds(dishes, diary, today),
        decided={
            row.dish_id: (row, row.at.astimezone(local).date()) for row in session.exec(decided)
        },
    )


def _kinds(dishes: list[DishRow], diary: Diary, today: date) -> dict[str, Evidence]:
    by_kind: dict[str, list[Evidence]] = {}
    for dish in dishes:
        lately = diary.between(dish.id, today - WINDOW, today)
        by_kind.setdefault(dish.kind, []).append(lately)
    return {
        kind: Evidence(
            added(one.opinion for one in found),
            meals=tuple(meal for one in found for meal in one.meals),
        )
        for kind, found in by_kind.items()
    }


def _queued(kitchen: Kitchen, dish: DishRow) -> QueuedDish | None:
    evidence, kind = kitchen.since_decided(dish), kitchen.kinds[dish.kind]
    stars, share = scores.shown_stars(evidence.opinion, kind.opinion), evidence.left_share
    score = None if stars is None or share is None else scores.queue_score(stars, share)
    why = _why(kitchen, dish, evidence, score)
    if why is None:
        return None
    decided = kitchen.decided.get(dish.id)
    return QueuedDish(
        dish_id=dish.id,
        name=dish.name,
        kind=DishKind(dish.kind),
        state=DishState(dish.state),
        why=why,
        score=rounded_share(score),
        ratings=evidence.opinion.count,
        stars=rounded_stars(stars),
        tags=evidence.shown_tags,
        meals=len(evidence.meals),
        left_share=rounded_share(share),
        kind_stars=rounded_stars(kind.opinion.mean),
        kind_left_share=rounded_share(kind.left_share),
        decided=as_decision(decided[0], dish.name) if decided else None,
        comparison=_compared(kitchen, dish, evidence),
    )


def _why(
    kitchen: Kitchen, dish: DishRow, evidence: Evidence, score: float | None
) -> QueueReason | None:
    if dish.state == DishState.RETIRED:
        return None
    if dish.state == DishState.TRIAL and dish.id in kitchen.decided:
        until = kitchen.decided[dish.id][0].trial_until
        return QueueReason.TRIAL_OVER if until and until < kitchen.today else None
    enough = (
        evidence.opinion.count >= scores.LEAST_RATINGS_QUEUED
        and len(evidence.meals) >= scores.LEAST_MEALS_QUEUED
    )
    is_bad = score is not None and score >= scores.QUEUED_FROM
    return QueueReason.FIGURES if enough and is_bad else None


def _compared(kitchen: Kitchen, dish: DishRow, after: Evidence) -> Comparison | None:
    """Return a dish before and after its last decision; None where that is too long ago."""
    if dish.id not in kitchen.decided:
        return None
    row, day = kitchen.decided[dish.id]
    if day < kitchen.today - WINDOW or row.decision == DishDecisionKind.KEEP:
        return None
    before = kitchen.diary.between(dish.id, day - WINDOW, day)
    return Comparison(
        before=before.plain,
        after=after.plain,
        stars_change=_interval(scores.stars_change(before.opinion, after.opinion), 2),
        left_change=_interval(scores.left_change(before.meals, after.meals), 3),
    )


def _interval(change: scores.Change | None, places: int) -> Interval | None:
    if change is None:
        return None
    return Interval(
        value=round(change.value, places),
        low=round(change.low, places),
        high=round(change.high, places),
    )
