"""What menus say of their dishes: stars, the share left, the kitchen's reply."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from cleanplate_menu.actions.survey.figures import WINDOW, star_sums
from cleanplate_menu.domain import scores
from cleanplate_menu.domain.scores import NONE, Opinion
from cleanplate_menu.models import (
    DishDecisionRow,
    DishRow,
    LeftoverRow,
    MealSessionRow,
    RatingRow,
)
from cleanplate_shared.contracts.menu import SessionDish
from cleanplate_shared.db import instant


@dataclass(frozen=True)
class Mark:
    """What a menu says of a dish."""

    stars: float | None = None
    left_share: float | None = None
    reply: str | None = None


Menus = Mapping[UUID, Sequence[SessionDish]]


def marked(
    session: Session, canteen_ids: Collection[UUID], menus: Menus
) -> dict[UUID, list[SessionDish]]:
    """Return the menus with what is said of each dish; the same few queries for any number."""
    return with_marks(menus, marks_of(session, canteen_ids, instant(session).date()))


def with_marks(menus: Menus, marks: Mapping[UUID, Mark]) -> dict[UUID, list[SessionDish]]:
    """Return the menus with what `marks` says of each dish."""
    said = {dish_id: asdict(mark) for dish_id, mark in marks.items()}
    return {
        key: [dish.model_copy(update=said.get(dish.id, {})) for dish in menu]
        for key, menu in menus.items()
    }


def marks_of(session: Session, canteen_ids: Collection[UUID], today: date) -> dict[UUID, Mark]:
    """Return what the menus of canteens say of their dishes: three queries, however many."""
    since = today - WINDOW
    stars = _stars_of(session, canteen_ids, since)
    shares = _shares_of(session, canteen_ids, since)
    replies = _replies_of(session, canteen_ids, since)
    return {
        dish_id: Mark(stars.get(dish_id), shares.get(dish_id), replies.get(dish_id))
        for dish_id in stars.keys() | shares.keys() | replies.keys()
    }


def _stars_of(session: Session, canteens: Collection[UUID], since: date) -> dict[UUID, float]:
    found = (
        select(col(DishRow.id), col(DishRow.canteen_id), col(DishRow.kind), *star_sums())
        .join(RatingRow, col(RatingRow.dish_id) == DishRow.id)
        .where(col(RatingRow.canteen_id).in_(canteens), col(RatingRow.day) >= since)
        .group_by(col(DishRow.id), col(DishRow.canteen_id), col(DishRow.kind))
    )
    rated = [
        (dish_id, (canteen_id, kind), Opinion(count, int(total), int(squares)))
        for dish_id, canteen_id, kind, count, total, squares in session.execute(found)
    ]
    kinds: dict[tuple[UUID, str], Opinion] = defaultdict(lambda: NONE)
    for _, kind, opinion in rated:
        kinds[kind] += opinion
    shown = {dish: scores.shown_stars(opinion, kinds[kind]) for dish, kind, opinion in rated}
    return {dish: round(stars, 1) for dish, stars in shown.items() if stars is not None}


def _shares_of(session: Session, canteens: Collection[UUID], since: date) -> dict[UUID, float]:
    found = (
        select(
            col(LeftoverRow.dish_id),
            func.sum(col(LeftoverRow.prepared_grams)),
            func.sum(col(LeftoverRow.left_grams)),
        )
        .join(MealSessionRow, col(MealSessionRow.id) == LeftoverRow.meal_session_id)
        .where(col(MealSessionRow.canteen_id).in_(canteens), col(MealSessionRow.day) >= since)
        .group_by(col(LeftoverRow.dish_id))
    )
    return {
        dish: round(int(left) / int(prepared), 3) for dish, prepared, left in session.execute(found)
    }


def _replies_of(session: Session, canteens: Collection[UUID], since: date) -> dict[UUID, str]:
    begin = datetime.combine(since, time(), UTC)
    found = (
        select(col(DishDecisionRow.dish_id), col(DishDecisionRow.reply))
        .join(DishRow, col(DishRow.id) == DishDecisionRow.dish_id)
        .where(col(DishRow.canteen_id).in_(canteens), col(DishDecisionRow.at) >= begin)
        .order_by(col(DishDecisionRow.at))
    )
    return {row[0]: row[1] for row in session.execute(found)}  # the latest wins
