"""Menus read by thousands: one reading for all who ask at the same time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlmodel import Session

from cleanplate_menu.actions.menus.dishes import RememberedDishes
from cleanplate_menu.actions.menus.reading import Reading, read_meal, read_meals
from cleanplate_shared.clock import Clock
from cleanplate_shared.db import Database
from cleanplate_shared.errors import NotFound
from cleanplate_shared.etag import Tagged, tagged
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, Place
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import ANYONE
from cleanplate_shared.together import Together

_Question = UUID | tuple[UUID, Period]


@dataclass(frozen=True)
class _Answer:
    canteen: Place
    said: Tagged


class Menus:
    """Answers who reads meals; each sees what was committed before they asked."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._dishes = RememberedDishes()
        self._readers = Together[_Question, _Answer | None]()

    async def list_meals(self, caller: Identity, canteen_id: UUID, period: Period) -> Tagged:
        """Return a page of a canteen's meals in a range of days, by day and meal.

        Raises:
            NotFound: there is no such canteen, or the caller has nothing to do with it.
        """

        def read(session: Session) -> Reading | None:
            return read_meals(session, self._dishes, canteen_id, period, self._clock())

        found = await self._readers.ask((canteen_id, period), self._reads(read))
        if found is None or not caller.holds(ANYONE, found.canteen):
            raise NotFound(msg("There is no such canteen."))
        return found.said

    async def show_meal(self, caller: Identity, meal_id: UUID) -> Tagged:
        """Return one meal.

        Raises:
            NotFound: there is none, or the caller has nothing to do with its canteen.
        """

        def read(session: Session) -> Reading | None:
            return read_meal(session, self._dishes, meal_id, self._clock())

        found = await self._readers.ask(meal_id, self._reads(read))
        if found is None or not caller.holds(ANYONE, found.canteen):
            raise NotFound(msg("There is no such meal."))
        return found.said

    def _reads(self, read: Callable[[Session], Reading | None]) -> Callable[[], _Answer | None]:
        def answer() -> _Answer | None:
            with self._db.reading() as session:
                found = read(session)
            return _Answer(found.canteen, tagged(found.said)) if found else None

        return answer


async def _menus(request: Request) -> Menus:
    menus: Menus = request.app.state.menus
    return menus


MenusDep = Annotated[Menus, Depends(_menus)]
