"""What to buy: ingredients of the meals of some days, less what is there, in whole packs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
from sqlmodel import Session, select

from cleanplate_forecast.actions.purchasing.needs import Needs, read_needs
from cleanplate_forecast.actions.purchasing.reasons import reason_of
from cleanplate_forecast.actions.purchasing.terms import read_ingredients
from cleanplate_forecast.domain.diners import DRAWS, Floats
from cleanplate_forecast.domain.purchasing import (
    Delivery,
    Lot,
    Need,
    Terms,
    expiring,
    plan_deliveries,
    usable,
    use_before,
)
from cleanplate_forecast.models import IngredientRow, OnOrderRow, StockRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.forecast_purchasing import (
    PlannedDelivery,
    PurchasePlan,
    PurchaseRow,
    PurchaseSum,
)
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import READERS

MOST_DAYS = 31
_LOOK_AHEAD = timedelta(7)  # beyond the last day, for what outlives it
_FAR = timedelta(60)
_DAY = timedelta(1)
_PACK, _LEAD, _SHELF = 500, 1, 3  # where nobody said how it is bought: by the jin, for three days
_USUAL_LEVEL = 0.8  # one gram too few costs as much as four too many: an assumption


class PlanTooLong(Unprocessable, title=msg("The period is too long")):
    """Purchases are planned for at most 31 days."""


@dataclass(frozen=True)
class _Store:
    """What is there of an ingredient on the first day, and what is on its way."""

    lots: Sequence[Lot]
    orders: Sequence[Lot]


@dataclass(frozen=True)
class _Days:
    """The days planned, today, and the last day that is looked at."""

    first: date
    last: date
    today: date

    @property
    def every(self) -> list[date]:
        return [self.first + n * _DAY for n in range((self.last - self.first).days + 1)]

    @property
    def known_until(self) -> date:
        return self.last + _LOOK_AHEAD

    @property
    def since(self) -> date:
        """Return from when on meals use what is in store before the first day."""
        return min(max(self.today, self.first - _FAR), self.first)


def plan_purchases(
    session: Session, caller: Identity, canteen_id: UUID, period: Period, at: datetime
) -> "PlannedPurchases":
    """Return what to buy for the meals of some days.

    Raises:
        NotFound: no such canteen, or the caller has nothing to do with it.
        PlanTooLong: more than 31 days.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    if (period.last - period.first).days >= MOST_DAYS:
        raise PlanTooLong(msg("Ask for at most {days} days.", days=MOST_DAYS))
    today = at.astimezone(zone(canteen.time_zone)).date()
    days = _Days(period.first, period.last, today)
    needs = read_needs(session, canteen_id, (days.since, days.known_until), today, at)
    rows = read_ingredients(session, canteen_id)
    lots = {row.ingredient: row for row in _all(session, StockRow, canteen_id)}
    orders = {row.ingredient: row for row in _all(session, OnOrderRow, canteen_id)}
    kept = {name for name, row in rows.items() if row.reorder_grams or row.upto_grams}
    bought = []
    for name in sorted(needs.by_ingredient.keys() | kept):
        row = rows.get(name)
        if row is not None and not row.is_bought:
            continue
        store = _Store(
            [_lot(lot) for lot in (lots[name].lots if name in lots else [])],
            _arriving(orders[name].orders if name in orders else [], _terms(row).shelf_days),
        )
        bought.append(_plan(name, row, needs.by_ingredient.get(name, {}), store, days))
    planned = [one for one in bought if one is not None]
    return PlannedPurchases(canteen_id, days, needs, planned)


@dataclass(frozen=True)
class _Bought:
    """An ingredient with what to buy of it."""

    name: str
    row: IngredientRow | None
    terms: Terms
    deliveries: Sequence[Delivery]
    on_hand: int
    expiring: int


@dataclass(frozen=True)
class PlannedPurchases:
    """What to buy for some days, to be said in a language."""

    canteen_id: UUID
    days: _Days
    needs: Needs
    bought: Sequence[_Bought]

    def in_(self, locale: Locale) -> PurchasePlan:
        """Return the plan as the contract has it, by supplier, category and name."""
        items = [_as_row(one, self.days, locale) for one in self.bought]
        items.sort(key=lambda row: (_place(row), row.ingredient))
        return PurchasePlan(
            canteen_id=self.canteen_id,
            date_from=self.days.first,
            date_to=self.days.last,
            items=items,
            sums=_sums(items),
            meals=self.needs.meals,
            without_recipe=sorted(self.needs.without_recipe),
            without_forecast=self.needs.without_forecast,
            cards_to_check=sorted(self.needs.cards_to_check),
        )


def _plan(
    name: str,
    row: IngredientRow | None,
    by_day: Mapping[date, Floats],
    store: _Store,
    days: _Days,
) -> _Bought | None:
    """Return what to buy of an ingredient; None if these days have nothing to do with it."""
    terms, nothing = _terms(row), np.zeros(DRAWS)
    draws = np.array([by_day.get(day, nothing) for day in days.every])
    if not draws.any() and terms.reorder_grams is None and terms.upto_grams is None:
        return None
    used = {day: float(grams.mean()) for day, grams in by_day.items() if day < days.first}
    lots = use_before(store.lots, used)
    need = Need(
        days=days.every,
        draws=draws,
        later={day: float(grams.mean()) for day, grams in by_day.items() if day > days.last},
        known_until=days.known_until,
    )
    return _Bought(
        name=name,
        row=row,
        terms=terms,
        deliveries=plan_deliveries(need, lots, store.orders, terms),
        on_hand=usable(lots, days.first),
        expiring=expiring(lots, need),
    )


def _terms(row: IngredientRow | None) -> Terms:
    if row is None:
        return Terms(_PACK, _LEAD, _SHELF, _USUAL_LEVEL)
    return Terms(
        pack_grams=row.pack_grams,
        lead_days=row.lead_days,
        shelf_days=row.shelf_days,
        level=_USUAL_LEVEL if row.level is None else row.level,
        reorder_grams=row.reorder_grams,
        upto_grams=row.upto_grams,
    )


def _all(session: Session, table: type[Any], canteen_id: UUID) -> Sequence[Any]:
    return session.exec(select(table).where(table.canteen_id == canteen_id)).all()


def _lot(said: Mapping[str, Any]) -> Lot:
    return Lot(int(said["grams"]), date.fromisoformat(said["expires_on"]))


def _arriving(orders: Sequence[Mapping[str, Any]], shelf_days: int) -> list[Lot]:
    found = []
    for order in orders:
        day = date.fromisoformat(order["arrives_on"])
        found.append(Lot(int(order["grams"]), day + shelf_days * _DAY, day))
    return found


def _as_row(one: _Bought, days: _Days, locale: Locale) -> PurchaseRow:
    needed = sum(delivery.needed for delivery in one.deliveries)
    expected = sum(delivery.expected for delivery in one.deliveries)
    to_buy = sum(delivery.bought for delivery in one.deliveries)
    price = one.row.price_fen_per_kg if one.row else None
    return PurchaseRow(
        ingredient=one.name,
        category=one.row.category if one.row else None,
        supplier=one.row.supplier if one.row else None,
        needed_grams=needed,
        expected_grams=expected,
        on_hand_grams=one.on_hand,
        on_order_grams=sum(delivery.on_order for delivery in one.deliveries),
        to_buy_grams=to_buy,
        packs=sum(delivery.packs for delivery in one.deliveries),
        pack_grams=one.terms.pack_grams,
        safety_grams=max(needed - expected, 0),
        rounding_grams=sum(delivery.rounding for delivery in one.deliveries),
        expiring_grams=one.expiring,
        quantile=one.terms.level,
        price_fen_per_kg=price,
        cost_fen=None if price is None else round(price * to_buy / 1000),
        is_known=one.row is not None,
        deliveries=[
            _as_delivery(delivery, one.terms, days) for delivery in one.deliveries if delivery.packs
        ],
        reason=reason_of(one.deliveries, one.terms).in_(locale),
    )


def _as_delivery(delivery: Delivery, terms: Terms, days: _Days) -> PlannedDelivery:
    order_by = delivery.first - terms.lead_days * _DAY
    return PlannedDelivery(
        deliver_on=delivery.first,
        last_day=delivery.last,
        order_by=order_by,
        is_late=order_by < days.today,
        packs=delivery.packs,
        grams=delivery.bought,
        is_capped=delivery.is_capped,
        outlives=delivery.outlives,
    )


def _place(row: PurchaseRow) -> tuple[bool, str, bool, str]:
    """Return where a row stands: named suppliers and categories first."""
    return row.supplier is None, row.supplier or "", row.category is None, row.category or ""


def _sums(items: Sequence[PurchaseRow]) -> list[PurchaseSum]:
    sums = []
    for _, group in groupby(items, key=_place):
        rows = [row for row in group if row.packs]
        if rows:
            costs = [row.cost_fen for row in rows if row.cost_fen is not None]
            sums.append(
                PurchaseSum(
                    supplier=rows[0].supplier,
                    category=rows[0].category,
                    ingredients=len(rows),
                    to_buy_grams=sum(row.to_buy_grams for row in rows),
                    cost_fen=sum(costs) if len(costs) == len(rows) else None,
                )
            )
    return sums
