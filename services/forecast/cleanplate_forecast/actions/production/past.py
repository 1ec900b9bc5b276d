"""What a canteen's past meals say of its dishes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlmodel import Session, col, func, select

from cleanplate_forecast.domain.popularity import SETS, Popularity, Seen, is_sold_out, learn
from cleanplate_forecast.models import DishRow, SessionMenuRow, SessionRow
from cleanplate_shared.contracts.common import Day, Portion
from cleanplate_shared.contracts.menu import DishTaken
from cleanplate_shared.recent import Recent

_LOOK_BACK = timedelta(days=365)
_FEWEST_HEADS = 5
_RICE = {"normal": 1.0, "less": 0.5, "none": 0.0}
_MOST_REMEMBERED = 256
Dishes = Mapping[UUID, DishRow]
_State = tuple[object, ...]


@dataclass(frozen=True)
class Past:
    """What is known of a canteen's meal from its past.

    Attributes:
        dishes: the canteen's, by id.
        stars: mean by kind.
        rice: usual helping of rice per registered head, 1 = normal.
    """

    dishes: Dishes
    popularity: Popularity
    stars: Mapping[str, float]
    rice: float | None


@dataclass(frozen=True)
class _Learnt:
    popularity: Popularity
    rice: float | None


# What each open database's past taught lately; kitchens ask for the same again and again.
_LEARNT: WeakKeyDictionary[Engine | Connection, Recent[_State, _Learnt]] = WeakKeyDictionary()


def read_past(session: Session, canteen_id: UUID, meal: str, until: Day) -> Past:
    """Return what the canteen's meals of this kind up to the day `until` say.

    It is learnt once for each state of the canteen's dishes and meals, by their versions.
    """
    dishes = read_dishes(session, canteen_id)
    past = (
        SessionMenuRow.canteen_id == canteen_id,
        SessionMenuRow.meal == meal,
        col(SessionMenuRow.date).between(until - _LOOK_BACK, until),
    )
    together = col(SessionRow.id) == SessionMenuRow.session_id
    versions = func.count(), func.sum(SessionMenuRow.version), func.sum(SessionRow.version)
    meals = session.exec(
        select(*versions).select_from(SessionMenuRow).join(SessionRow, together).where(*past)
    ).one()
    known = frozenset((dish.id, dish.version) for dish in dishes.values())
    state = (canteen_id, meal, until, known, *meals)
    remembered = _LEARNT.setdefault(session.get_bind(), Recent(_MOST_REMEMBERED))
    learnt = remembered.get(state)
    if learnt is None:
        found = session.exec(
            select(SessionMenuRow, SessionRow.served)
            .join(SessionRow, together)
            .where(*past)
            .order_by(col(SessionMenuRow.date), col(SessionMenuRow.session_id))
        ).all()
        learnt = _learn(found, dishes)
        remembered.keep(state, learnt)
    stars = _stars(list(dishes.values()))
    return Past(dishes=dishes, popularity=learnt.popularity, stars=stars, rice=learnt.rice)


def read_dishes(session: Session, canteen_id: UUID) -> dict[UUID, DishRow]:
    """Return a canteen's dishes by id."""
    found = session.exec(select(DishRow).where(DishRow.canteen_id == canteen_id))
    return {dish.id: dish for dish in found}


def menu_of(row: SessionMenuRow) -> list[DishTaken]:
    """Return the dishes of a meal as menu told them."""
    return [DishTaken.model_validate(dish) for dish in row.dishes]


def grams_of(dish: DishRow) -> dict[str, int]:
    """Return the grams of a dish by portion size."""
    return {
        Portion.FULL.value: dish.portion_grams,
        Portion.HALF.value: dish.half_grams,
        Portion.SMALL.value: dish.small_grams,
    }


def grams_per_taker(dish: DishRow, sizes: Mapping[str, int]) -> float:
    """Return the mean grams of the portions of those heads; of a whole one if there are none."""
    grams, heads = grams_of(dish), sum(sizes.values())
    if not heads:
        return float(dish.portion_grams)
    return sum(grams[size] * count for size, count in sizes.items()) / heads


def helping_of_rice(rice: Mapping[str, int]) -> float | None:
    """Return the mean helping of rice, 1 = normal; None of too few heads."""
    heads = sum(rice.values())
    if heads < _FEWEST_HEADS:
        return None
    return sum(_RICE[helping] * count for helping, count in rice.items()) / heads


def kind_of(taken: DishTaken, dish: DishRow) -> str:
    """Return what a dish on a menu competes with."""
    return SETS if taken.choice else dish.kind


def _learn(found: Sequence[tuple[SessionMenuRow, int | None]], dishes: Dishes) -> _Learnt:
    seen = [_seen(menu, served, dishes) for menu, served in found]
    helpings = [share for menu, _ in found if (share := helping_of_rice(menu.rice)) is not None]
    return _Learnt(learn(seen), fmean(helpings) if helpings else None)


def _seen(menu: SessionMenuRow, served: int | None, dishes: Dishes) -> list[Seen]:
    placed = [(taken, dishes[taken.dish_id]) for taken in menu_of(menu) if taken.dish_id in dishes]
    kinds = [kind_of(taken, dish) for taken, dish in placed]
    found = _chosen_sets([taken for taken, _ in placed])
    for (taken, dish), kind in zip(placed, kinds, strict=True):
        if kind == SETS:
            continue
        share = _weighed(taken, dish, menu.portions, served)
        share = _picked(taken, sum(menu.rice.values())) if share is None else share
        if share is not None:
            sold_out = taken.prepared_grams is not None and is_sold_out(
                taken.prepared_grams, taken.left_grams or 0
            )
            beside = tuple(
                other.id for (_, other), its in zip(placed, kinds, strict=True) if its == kind
            )
            found.append(Seen(dish.id, kind, beside, share, sold_out, served or 0))
    return found


def _weighed(
    taken: DishTaken, dish: DishRow, portions: Mapping[str, int], served: int | None
) -> float | None:
    """Return the takers per diner that the grams come to."""
    grams = grams_per_taker(dish, portions)
    if taken.prepared_grams is None or taken.left_grams is None or not served or not grams:
        return None
    return (taken.prepared_grams - taken.left_grams) / (served * grams)


def _picked(taken: DishTaken, heads: int) -> float | None:
    """Return the share of those who named dishes that named this one."""
    said = heads - sum(taken.undecided.values())
    return sum(taken.taking.values()) / said if said >= _FEWEST_HEADS else None


def _chosen_sets(menu: Sequence[DishTaken]) -> list[Seen]:
    """Return the shares of sets, each by its first dish."""
    leading = {taken.choice: taken for taken in reversed(menu) if taken.choice}
    heads = {choice: sum(taken.taking.values()) for choice, taken in leading.items()}
    total = sum(heads.values())
    if total < _FEWEST_HEADS:
        return []
    beside = tuple(taken.dish_id for taken in leading.values())
    return [
        Seen(taken.dish_id, SETS, beside, heads[choice] / total)
        for choice, taken in sorted(leading.items(), key=lambda item: str(item[0]))
    ]


def _stars(dishes: Sequence[DishRow]) -> dict[str, float]:
    by_kind: dict[str, list[float]] = {}
    for dish in dishes:
        if dish.stars is not None:
            by_kind.setdefault(dish.kind, []).append(dish.stars)
    return {kind: fmean(stars) for kind, stars in by_kind.items()}
