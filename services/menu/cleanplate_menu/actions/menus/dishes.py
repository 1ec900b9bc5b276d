"""The dishes of meals as they are answered, remembered by a process."""

import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import Session

from cleanplate_menu.actions.menus.stamps import stamp_of
from cleanplate_menu.actions.sessions import menus_of
from cleanplate_menu.actions.survey.marks import Mark, marks_of, with_marks
from cleanplate_shared.contracts.menu import SessionDish
from cleanplate_shared.recent import Recent

MARKS_FRESH = timedelta(seconds=60)
_MOST_MEALS = 2_000  # of about 4 kB each
_MOST_CANTEENS = 1_000
_DISHES = TypeAdapter(list[SessionDish])


@dataclass(frozen=True, eq=False)
class _Marks:
    """What the menus of a canteen say of its dishes, as of a stamp and an instant."""

    stamp: int
    at: datetime
    said: dict[UUID, Mark]

    def holds(self, stamp: int, at: datetime) -> bool:
        return self.stamp == stamp and timedelta(0) <= at - self.at < MARKS_FRESH


@dataclass(frozen=True)
class _Dishes:
    """The dishes of a meal as JSON, with those marks."""

    marks: _Marks
    said: bytes


class RememberedDishes:
    """Reads the dishes of meals only when they changed, or when their stars are a minute old.

    What a canteen's stamp counts is shown at once, in every process; single ratings, which it does
    not count, within a minute. Only for sessions that write nothing: what is read is kept for
    others, and must be committed.
    """

    def __init__(self) -> None:
        self._marks = Recent[UUID, _Marks](_MOST_CANTEENS)
        self._dishes = Recent[UUID, _Dishes](_MOST_MEALS)
        self._reading = dict[UUID, threading.Lock]()

    def of_meals(
        self, session: Session, canteen_id: UUID, meals: Collection[UUID], at: datetime
    ) -> dict[UUID, bytes]:
        """Return the dishes of meals of one canteen as JSON lists.

        Args:
            session: that reads.
            canteen_id: of all the meals.
            meals: their ids.
            at: the present.
        """
        stamp = stamp_of(session, canteen_id)
        found = self._remembered(canteen_id, meals, stamp, at)
        if len(found) == len(meals):
            return found
        with self._reading.setdefault(canteen_id, threading.Lock()):
            found = self._remembered(canteen_id, meals, stamp, at)
            missing = [meal for meal in meals if meal not in found]
            return found | self._read(session, canteen_id, missing, stamp, at)

    def _remembered(
        self, canteen_id: UUID, meals: Collection[UUID], stamp: int, at: datetime
    ) -> dict[UUID, bytes]:
        marks = self._marks.get(canteen_id)
        if marks is None or not marks.holds(stamp, at):
            return {}
        kept = {meal: self._dishes.get(meal) for meal in meals}
        return {meal: one.said for meal, one in kept.items() if one and one.marks is marks}

    def _read(
        self, session: Session, canteen_id: UUID, meals: Collection[UUID], stamp: int, at: datetime
    ) -> dict[UUID, bytes]:
        if not meals:
            return {}
        marks = self._marks.get(canteen_id)
        if marks is None or not marks.holds(stamp, at):
            marks = _Marks(stamp, at, marks_of(session, [canteen_id], at.date()))
            self._marks.keep(canteen_id, marks)
        menus = with_marks(menus_of(session, list(meals)), marks.said)
        said = {meal: _DISHES.dump_json(dishes) for meal, dishes in menus.items()}
        for meal, dishes in said.items():
            self._dishes.keep(meal, _Dishes(marks, dishes))
        return said
