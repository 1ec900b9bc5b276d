"""Who takes what at a meal: heads by dish and portion, for who cooks it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Integer, Text, cast, func, select
from sqlmodel import Session, col

from cleanplate_menu.models import LeftoverRow, MealSessionRow, RegistrationRow
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu import CookedTotals, DishTaken, SessionDish
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus, Rice


@dataclass(frozen=True)
class _Wish:
    """What some heads of a meal said when they registered."""

    portion: Portion
    choice: str | None
    picked: frozenset[str]
    heads: int

    def settles(self, dish: SessionDish) -> bool:
        """Say whether it tells if these heads take the dish."""
        return bool(self.picked) or (dish.choice is not None and self.choice is not None)

    def takes(self, dish: SessionDish) -> bool:
        """Say whether these heads take the dish for certain."""
        if not self.settles(dish) or dish.choice not in {None, self.choice}:
            return False
        return not self.picked or str(dish.id) in self.picked


@dataclass
class Wishes:
    """What the registered of one meal said."""

    wishes: list[_Wish] = field(default_factory=list)
    rice: dict[Rice, int] = field(default_factory=lambda: defaultdict(int))

    def of_dish(self, dish: SessionDish, weighed: tuple[int, int] | None) -> DishTaken:
        """Return a dish with who takes it, and what was prepared and left of it."""
        prepared, left = weighed or (None, None)
        return DishTaken(
            dish_id=dish.id,
            choice=dish.choice,
            taking=_heads(wish for wish in self.wishes if wish.takes(dish)),
            undecided=_heads(wish for wish in self.wishes if not wish.settles(dish)),
            prepared_grams=prepared,
            left_grams=left,
        )


def read_wishes(session: Session, meals: Sequence[MealSessionRow]) -> dict[UUID, Wishes]:
    """Return what the registered of meals said: one query."""
    same = (
        col(RegistrationRow.meal_session_id),
        col(RegistrationRow.portion),
        col(RegistrationRow.rice),
        col(RegistrationRow.choice),
        cast(col(RegistrationRow.dishes), Text),
    )
    found = (
        select(*same, cast(func.sum(col(RegistrationRow.headcount)), Integer))
        .where(
            col(RegistrationRow.meal_session_id).in_([meal.id for meal in meals]),
            col(RegistrationRow.status) == RegistrationStatus.REGISTERED.value,
        )
        .group_by(*same)
    )
    said = {meal.id: Wishes() for meal in meals}
    for meal_id, portion, rice, choice, dishes, heads in session.execute(found):
        wish = _Wish(Portion(portion), choice, frozenset(json.loads(dishes)), heads)
        said[meal_id].wishes.append(wish)
        said[meal_id].rice[Rice(rice)] += heads
    return said


def read_weighed(
    session: Session, meals: Sequence[MealSessionRow]
) -> dict[tuple[UUID, UUID], tuple[int, int]]:
    """Return prepared and left grams by meal and dish."""
    found = select(
        col(LeftoverRow.meal_session_id),
        col(LeftoverRow.dish_id),
        col(LeftoverRow.prepared_grams),
        col(LeftoverRow.left_grams),
    ).where(col(LeftoverRow.meal_session_id).in_([meal.id for meal in meals]))
    return {(row[0], row[1]): (row[2], row[3]) for row in session.execute(found)}


def cooked_of(
    meal_id: UUID,
    dishes: Iterable[SessionDish],
    weighed: Mapping[tuple[UUID, UUID], tuple[int, int]],
) -> CookedTotals | None:
    """Return what was cooked for a meal and left of it, over the dishes that were weighed."""
    told = [weighed[meal_id, dish.id] for dish in dishes if (meal_id, dish.id) in weighed]
    if not told:
        return None
    return CookedTotals(
        dishes=len(told),
        prepared_grams=sum(prepared for prepared, _ in told),
        left_grams=sum(left for _, left in told),
    )


def _heads(wishes: Iterable[_Wish]) -> dict[Portion, int]:
    heads: dict[Portion, int] = defaultdict(int)
    for wish in wishes:
        heads[wish.portion] += wish.heads
    return dict(heads)
