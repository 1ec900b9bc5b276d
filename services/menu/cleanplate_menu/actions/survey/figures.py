"""Ratings and leftovers of dishes added up: one query each, whatever the number of dishes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session, col

from cleanplate_menu.domain import scores
from cleanplate_menu.domain.scores import NONE, Opinion, Weighed
from cleanplate_menu.models import (
    LeftoverRow,
    MealSessionRow,
    RatingRow,
)
from cleanplate_shared.contracts.menu_survey import DishFigures, RatingTag

WINDOW = timedelta(scores.WINDOW_DAYS - 1)
_TAGS = list(RatingTag)


@dataclass(frozen=True)
class Evidence:
    """What is known of a dish in a range of days."""

    opinion: Opinion = NONE
    tags: dict[RatingTag, int] = field(default_factory=dict)
    meals: tuple[Weighed, ...] = ()

    @property
    def left_share(self) -> float | None:
        """Return left per prepared mass; None if it was never weighed."""
        return scores.left_share(self.meals)

    @property
    def shown_tags(self) -> dict[RatingTag, int]:
        """Return how often each tag was given; nothing before the stars are shown."""
        shown = self.opinion.count >= scores.LEAST_RATINGS_SHOWN
        return {tag: count for tag, count in self.tags.items() if count and shown}

    @property
    def plain(self) -> DishFigures:
        """Return the figures as plain means."""
        count = self.opinion.count
        stars = self.opinion.mean if count >= scores.LEAST_RATINGS_SHOWN else None
        return DishFigures(
            ratings=count,
            stars=None if stars is None else round(stars, 2),
            meals=len(self.meals),
            left_share=rounded_share(self.left_share),
        )


@dataclass
class Diary:
    """Ratings and leftovers of one canteen's dishes, day by day."""

    opinions: dict[UUID, list[tuple[date, Opinion, dict[RatingTag, int]]]]
    leftovers: dict[UUID, list[tuple[date, Weighed]]]

    def between(self, dish_id: UUID, first: date, last: date) -> Evidence:
        """Return what is known of a dish from `first` to `last`, both included."""
        days = [one for one in self.opinions[dish_id] if first <= one[0] <= last]
        return Evidence(
            opinion=added(opinion for _, opinion, _ in days),
            tags={tag: sum(tags[tag] for _, _, tags in days) for tag in _TAGS},
            meals=tuple(meal for day, meal in self.leftovers[dish_id] if first <= day <= last),
        )


def read_diary(session: Session, canteen_id: UUID, first: date, last: date) -> Diary:
    """Return the ratings and leftovers of a canteen's dishes in a range of days."""
    diary = Diary(defaultdict(list), defaultdict(list))
    given = [func.sum(case((col(RatingRow.tags).contains(tag.value), 1), else_=0)) for tag in _TAGS]
    rated = (
        select(col(RatingRow.dish_id), col(RatingRow.day), *star_sums(), *given)
        .where(col(RatingRow.canteen_id) == canteen_id, col(RatingRow.day).between(first, last))
        .group_by(col(RatingRow.dish_id), col(RatingRow.day))
    )
    for dish_id, day, count, total, squares, *tags in session.execute(rated):
        opinion = Opinion(count, int(total), int(squares))
        diary.opinions[dish_id].append(
            (day, opinion, dict(zip(_TAGS, map(int, tags), strict=True)))
        )
    left = (
        select(LeftoverRow, col(MealSessionRow.day))
        .join(MealSessionRow, col(MealSessionRow.id) == LeftoverRow.meal_session_id)
        .where(
            col(MealSessionRow.canteen_id) == canteen_id,
            col(MealSessionRow.day).between(first, last),
        )
    )
    for row, day in session.execute(left):
        diary.leftovers[row.dish_id].append((day, Weighed(row.prepared_grams, row.left_grams)))
    return diary


def added(opinions: Iterable[Opinion]) -> Opinion:
    """Return all of them in one."""
    return sum(opinions, NONE)


def rounded_stars(stars: float | None) -> float | None:
    """Return stars to a tenth: one more rating is not to be read from the difference."""
    return None if stars is None else round(stars, 1)


def rounded_share(share: float | None) -> float | None:
    """Return a share to the thousandth."""
    return None if share is None else round(share, 3)


def star_sums() -> tuple[ColumnElement[int], ...]:
    """Return the columns that add up to an opinion."""
    stars = col(RatingRow.stars)
    return func.count(), func.sum(stars), func.sum(stars * stars)
