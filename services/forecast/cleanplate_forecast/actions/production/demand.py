"""What a meal may ask for, dish by dish, drawn from its forecast and the canteen's past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cleanplate_forecast.actions.production.past import (
    Past,
    grams_per_taker,
    helping_of_rice,
    kind_of,
    menu_of,
)
from cleanplate_forecast.domain.diners import Floats, draw_diners
from cleanplate_forecast.domain.dish_demand import Offer, draw_takers
from cleanplate_forecast.models import DishRow, ForecastRow, SessionMenuRow
from cleanplate_shared.contracts.menu import DishKind, DishTaken

Quantiles = Sequence[tuple[float, float]]  # level, diners
NOBODY: Quantiles = [(0.5, 0.0)]


@dataclass(frozen=True)
class DishDemand:
    """What a meal may ask for of one dish.

    Attributes:
        draws: portions, shape (draws,); the same column of all dishes is one possible meal.
        sizes: registered heads by portion size among whom its takers are.
    """

    dish: DishRow
    taken: DishTaken
    draws: Floats
    sizes: Mapping[str, int]

    @property
    def grams_per_portion(self) -> float:
        """Return the mean grams of what one taker takes."""
        return grams_per_taker(self.dish, self.sizes)


def quantiles_of(forecast: ForecastRow) -> Quantiles:
    """Return what a forecast says of the diners, by level."""
    return sorted((float(level), diners) for level, diners in forecast.quantiles.items())


def draw_meal(menu: SessionMenuRow, diners: Quantiles, past: Past) -> list[DishDemand]:
    """Return the demand of a meal's dishes, in the order of the menu; the same each time."""
    rng = np.random.default_rng(menu.session_id.int)
    placed = [
        (taken, past.dishes[taken.dish_id])
        for taken in menu_of(menu)
        if taken.dish_id in past.dishes
    ]
    offers = [_offer(taken, dish, menu.rice, past) for taken, dish in placed]
    heads = sum(menu.rice.values())  # of whom it is known what they said
    takers = draw_takers(draw_diners(diners, rng), heads, offers, past.popularity, rng)
    return [
        DishDemand(dish, taken, draws, _sizes(taken, menu.portions))
        for (taken, dish), draws in zip(placed, takers, strict=True)
    ]


def _offer(taken: DishTaken, dish: DishRow, rice: Mapping[str, int], past: Past) -> Offer:
    usual = past.stars.get(dish.kind)
    known = dish.stars is not None and usual is not None
    return Offer(
        dish=dish.id,
        kind=kind_of(taken, dish),
        choice=taken.choice,
        better_by=(dish.stars or 0.0) - (usual or 0.0) if known else 0.0,
        taking=sum(taken.taking.values()),
        undecided=sum(taken.undecided.values()),
        appetite=_for_rice(rice, past) if dish.kind == DishKind.STAPLE else 1.0,
    )


def _for_rice(rice: Mapping[str, int], past: Past) -> float:
    """Return how much rice the registered want by what is usual."""
    wanted = helping_of_rice(rice)
    return wanted / past.rice if wanted is not None and past.rice else 1.0


def _sizes(taken: DishTaken, portions: Mapping[str, int]) -> dict[str, int]:
    heads: dict[str, int] = {}
    for said in (taken.taking, taken.undecided):
        for size, count in said.items():
            heads[size.value] = heads.get(size.value, 0) + count
    return heads if sum(heads.values()) else {size: n for size, n in portions.items() if n}
