"""The demo as the tables that a canteen would import: the same files, the same routes."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from pydantic import BaseModel

from cleanplate_gateway.demo import hauling, larder, opinions, town
from cleanplate_gateway.demo.calendar import is_duty_day, meals_on, mood
from cleanplate_gateway.demo.crowd import portion_name
from cleanplate_gateway.demo.recipes import CARDS
from cleanplate_gateway.demo.year import DAYS_AHEAD, LEDGER_DAYS, MealDay
from cleanplate_shared.contracts.directory import PersonSheetRow, UnitSheetRow
from cleanplate_shared.contracts.forecast_purchasing import IngredientSheetRow, StockSheetRow
from cleanplate_shared.contracts.menu import (
    DishSheetRow,
    HistorySheetRow,
    MealSessionSheetRow,
    RegistrationSheetRow,
)
from cleanplate_shared.contracts.menu_recipes import RecipeSheetRow
from cleanplate_shared.contracts.menu_survey import LeftoverSheetRow, RatingSheetRow
from cleanplate_shared.contracts.waste import WeighingSheetRow
from cleanplate_shared.contracts.waste_manifests import ManifestSheetRow

DEMO_DINER = "A0001"
_WEATHER = ("晴", "小雨", "大雨")
_LOOK_BACK_DAYS = 20  # longer than any holiday
Row = Sequence[object]


@dataclass(frozen=True)
class Stretch:
    """Which days a load covers.

    Attributes:
        first_day: where the demo's year begins.
        since: first day of this load.
        today: served meals and weighings end on the day before.
        made_on: the day the demo was first made; after it, the demo diner acts for themselves.
        known_until: last day whose menu is there from the load before.
    """

    first_day: date
    since: date
    today: date
    made_on: date
    known_until: date | None = None

    @property
    def last(self) -> date:
        """Return the last day with a menu."""
        return self.today + timedelta(days=DAYS_AHEAD)

    def by_person(self, day: date) -> bool:
        """Say whether a day is told person by person: it is younger than the retention."""
        return day > self.today - timedelta(days=LEDGER_DAYS)

    def is_new(self, day: date) -> bool:
        """Say whether the day's menu is not there yet; people may have changed what is there."""
        return self.known_until is None or day > self.known_until


def units() -> bytes:
    """Return the units import."""
    return _table(
        UnitSheetRow, [(plan.organization, unit) for plan in town.CANTEENS for unit in plan.units]
    )


def people(seed: int) -> bytes:
    """Return the people import."""
    return _table(
        PersonSheetRow,
        [
            (one.number, one.name, one.organization, one.unit, one.canteen, one.role, one.user_name)
            for one in town.people(seed)
        ],
    )


def dishes() -> bytes:
    """Return the dishes import."""
    return _table(
        DishSheetRow,
        [
            (plan.name, dish.name, dish.kind, dish.grams, dish.allergens, None, None)
            for plan in town.CANTEENS
            for dish in town.DISHES
        ],
    )


def recipes() -> bytes:
    """Return the recipes import: all canteens cook alike."""
    rows: list[Row] = []
    for plan in town.CANTEENS:
        for card in CARDS:
            protein, fat, carbohydrate, sodium = card.nutrition
            said: Row = (
                card.cooking_yield, card.energy_kj, protein, fat, carbohydrate, sodium, card.method
            )  # fmt: skip
            for part in card.ingredients():
                rows.append((plan.name, card.dish, *part, *said))
                said = (None,) * len(said)
    return _table(RecipeSheetRow, rows)


def ingredients() -> bytes:
    """Return the ingredients import: all canteens buy alike."""
    rows: list[Row] = []
    for plan in town.CANTEENS:
        for shelf in larder.SHELVES:
            for name, pack, price in shelf.named():
                terms: Row = (pack, shelf.lead_days, shelf.shelf_days, price, "true")
                rows.append((plan.name, name, shelf.category, shelf.supplier, *terms))
        rows.extend(
            (plan.name, name, None, None, 1000, 0, 1, None, "false") for name in larder.FROM_THE_TAP
        )
    width = len(IngredientSheetRow.model_fields)
    return _table(IngredientSheetRow, [[*row, *[None] * (width - len(row))] for row in rows])


def stock(today: date) -> bytes:
    """Return the stock import: what is in store today."""
    return _table(
        StockSheetRow, [(plan.name, *lot) for plan in town.CANTEENS for lot in larder.lots(today)]
    )


def sessions(meals: Iterable[MealDay], stretch: Stretch) -> bytes:
    """Return the menu import: the days told by person, and those ahead."""
    return _table(
        MealSessionSheetRow,
        [
            (
                meal.day,
                meal.canteen.name,
                meal.meal,
                meal.canteen.capacity[meal.meal],
                meal.cutoff_at.strftime("%Y-%m-%d %H:%M"),
                ";".join(dish.name for dish in meal.dishes),
            )
            for meal in meals
            if stretch.by_person(meal.day) and stretch.is_new(meal.day)
        ],
    )


def weather(seed: int, stretch: Stretch) -> bytes:
    """Return what is known in advance: the weather, as if all of its forecasts came true."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["date", "canteen", "x_weather"])
    for n in range((stretch.last - stretch.since).days + 1):
        day = stretch.since + timedelta(days=n)
        said = _WEATHER[mood(seed, day).rain]
        rows.writerows((day, plan.name, said) for plan in town.CANTEENS)
    return text.getvalue().encode()


def history(meals: Iterable[MealDay], stretch: Stretch, *, young: bool = False) -> bytes:
    """Return the history import: the days of which only the number served is kept.

    Without names nobody can say who of the registered stayed away, so no number of registrations
    goes with it: a rate of no-shows that is not known is better than a wrong one.

    With `young`, the served days told by person instead, for when their ledger is refused.
    """
    return _table(
        HistorySheetRow,
        [
            (
                meal.day,
                meal.canteen.name,
                meal.meal,
                int(meal.attendance.came.sum()),
                None,
            )
            for meal in meals
            if stretch.by_person(meal.day) == young and meal.day < stretch.today
        ],
    )


def ledger(meals: Iterable[MealDay], stretch: Stretch) -> bytes:
    """Return the registrations import: who registered and who came, and who will."""
    rows: list[Row] = []
    for meal in meals:
        if stretch.by_person(meal.day):
            rows += _past(meal, stretch) if meal.day < stretch.today else _ahead(meal, stretch)
    return _table(RegistrationSheetRow, rows)


def one_registration(meal: MealDay) -> bytes:
    """Return a registrations import with nobody but the demo diner in it."""
    row = (meal.day, meal.canteen.name, meal.meal, DEMO_DINER, "full", "false")
    return _table(RegistrationSheetRow, [row])


def weighings(meals: Iterable[MealDay], stretch: Stretch) -> bytes:
    """Return the weighings import."""
    return _table(
        WeighingSheetRow,
        [
            (meal.day, meal.canteen.name, meal.meal, found.stream, found.net_grams, found.reason)
            for meal in meals
            if meal.day < stretch.today
            for found in meal.weighed(stretch.first_day)
        ],
    )


def manifests(meals: Iterable[MealDay], stretch: Stretch) -> bytes:
    """Return the manifests import: who took the waste away."""
    served = [meal for meal in meals if meal.day < stretch.today]
    return _table(ManifestSheetRow, hauling.collections(served, stretch.first_day, stretch.today))


def ratings(meals: Iterable[MealDay], stretch: Stretch) -> bytes:
    """Return the ratings import: what diners said of the lunches of the last weeks."""
    return _table(
        RatingSheetRow,
        [
            (meal.day, meal.canteen.name, said.dish, said.stars, said.tags, said.count)
            for meal in meals
            if opinions.is_asked_about(meal, stretch.today)
            for said in opinions.cards(meal)
        ],
    )


def leftovers(meals: Iterable[MealDay], stretch: Stretch) -> bytes:
    """Return the leftovers import: the trays that were weighed after those lunches."""
    return _table(
        LeftoverSheetRow,
        [
            (meal.day, meal.canteen.name, meal.meal, tray.dish, tray.prepared, tray.left)
            for meal in meals
            if opinions.is_asked_about(meal, stretch.today)
            for tray in opinions.trays(meal)
        ],
    )


def _past(meal: MealDay, stretch: Stretch) -> list[Row]:
    seen = meal.attendance
    rows: list[Row] = []
    own = _own_lunches(stretch.made_on).get(meal.day) if meal.meal == "lunch" else None
    if own is not None and meal.canteen is town.CANTEENS[0]:
        rows.append((meal.day, meal.canteen.name, meal.meal, DEMO_DINER, "full", str(own).lower()))
    for at in map(int, np.flatnonzero(seen.registered | seen.came)):
        number = meal.crowd.diners[at].number
        if number == DEMO_DINER and (meal.day >= stretch.made_on or own is not None):
            continue
        portion = portion_name(seen.portions[at]) if seen.registered[at] else None
        rows.append(
            (meal.day, meal.canteen.name, meal.meal, number, portion, str(seen.came[at]).lower())
        )
    return rows


def _own_lunches(made_on: date) -> dict[date, bool]:
    """Return the demo diner's last two lunches: they missed one, and came to the next."""
    office = town.CANTEENS[0]
    before = (made_on - timedelta(days=n) for n in range(1, _LOOK_BACK_DAYS))
    served = [
        day for day in before if "lunch" in meals_on(office, day) and not is_duty_day(office, day)
    ]
    return dict(zip(served[:2], (True, False), strict=False))


def _ahead(meal: MealDay, stretch: Stretch) -> list[Row]:
    """Return who has registered by today; most do so late."""
    seen = meal.attendance
    left = (meal.day - stretch.today).days
    rows: list[Row] = []
    for at in map(int, np.flatnonzero(seen.registered & (seen.lead_days >= left))):
        number = meal.crowd.diners[at].number
        if number != DEMO_DINER:
            portion = portion_name(seen.portions[at])
            rows.append((meal.day, meal.canteen.name, meal.meal, number, portion, "false"))
    return rows


def _table(row_type: type[BaseModel], rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(row_type.model_fields)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue().encode()
