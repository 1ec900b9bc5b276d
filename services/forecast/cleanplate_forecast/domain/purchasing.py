"""What to buy of an ingredient, and when: grams, whole packs, days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from cleanplate_forecast.domain.diners import Floats
from cleanplate_forecast.domain.newsvendor import best_quantity

DRY_FROM_DAYS = 31  # what keeps a month is bought by (s, S)
_DAY = timedelta(1)


@dataclass(frozen=True)
class Lot:
    """Grams that can be cooked from a day on, until the day before they expire."""

    grams: int
    expires_on: date
    there_from: date = date.min


@dataclass(frozen=True)
class Terms:
    """How an ingredient is bought and kept.

    Attributes:
        pack_grams: it comes in whole packs of so much.
        lead_days: from ordering to delivery.
        shelf_days: it can be cooked on so many days, the day of delivery included.
        level: wanted chance that it suffices.
        reorder_grams: s: what must be left after the days planned; None: nothing.
        upto_grams: S: up to what is bought then; None: what is needed and s.
    """

    pack_grams: int
    lead_days: int
    shelf_days: int
    level: float
    reorder_grams: int | None = None
    upto_grams: int | None = None

    @property
    def is_dry(self) -> bool:
        """Say whether it is kept in store rather than bought for days."""
        is_kept = self.reorder_grams is not None or self.upto_grams is not None
        return is_kept or self.shelf_days >= DRY_FROM_DAYS


@dataclass(frozen=True)
class Need:
    """What is needed of an ingredient.

    Attributes:
        days: in order; all that are planned, whether or not something is needed.
        draws: grams, shape (days, draws): column by column one possible course.
        later: expected grams on days after the last one, as far as is known.
        known_until: the last day that `later` could name.
    """

    days: Sequence[date]
    draws: Floats
    later: Mapping[date, float]
    known_until: date


@dataclass(frozen=True)
class Delivery:
    """What to have delivered for some days, in grams.

    Attributes:
        first, last: the days that it is for; it comes on the first.
        needed: suffices with the wanted chance.
        expected: needed on average.
        in_store, on_order: what of these days' need is covered so.
        packs: to buy.
        bought: packs x pack.
        rounding: how much of that only whole packs add.
        is_capped: a pack less, because it would not be used up before it expires.
        outlives: even so more than is expected to be used before it expires.
    """

    first: date
    last: date
    needed: int
    expected: int
    in_store: int
    on_order: int
    packs: int
    bought: int
    rounding: int
    is_capped: bool
    outlives: bool


def plan_deliveries(
    need: Need, lots: Sequence[Lot], orders: Sequence[Lot], terms: Terms
) -> list[Delivery]:
    """Return what to buy: of perishables for as many days as they keep, of dry goods by (s, S).

    The need of all dishes and days of a delivery is drawn together before its quantile is taken
    (newsvendor). Lots that expire first are used first, on days before the one they expire on;
    what is not covered is bought in whole packs.

    Args:
        need: of each day.
        lots: in store.
        orders: on their way; each can be cooked from the day of its arrival on.
        terms: how it is bought.
    """
    spans = [list(need.days)] if terms.is_dry else _spans(need, terms.shelf_days)
    wanted = {day: grams for span in spans for day, grams in _by_day(need, span, terms.level)}
    balance = _Balance.of(need, wanted, lots, orders)
    planned = []
    for span in spans:
        short = sum(balance.missing[day] for day in span)
        if terms.is_dry:
            short = _up_to_stock(short, wanted, [*lots, *orders], terms)
        planned.append(_delivery(span, short, balance, terms))
    return planned


@dataclass(frozen=True)
class _Balance:
    """Need and stock day by day, in grams.

    Attributes:
        wanted: what suffices.
        expected: what is needed on average.
        unstored: of `wanted`, what the lots in store do not cover.
        missing: of `wanted`, what is not on order either.
        least: of `expected`, what neither covers.
        later: the same as `least`, with the days after the last one.
        known_until: the last day that `later` could name.
    """

    wanted: Mapping[date, int]
    expected: Mapping[date, int]
    unstored: Mapping[date, int]
    missing: Mapping[date, int]
    least: Mapping[date, int]
    later: Mapping[date, int]
    known_until: date

    @classmethod
    def of(
        cls, need: Need, wanted: Mapping[date, int], lots: Sequence[Lot], orders: Sequence[Lot]
    ) -> "_Balance":
        every = [*lots, *orders]
        expected = {day: _up(need.draws[nth].mean()) for nth, day in enumerate(need.days)}
        after = {day: _up(grams) for day, grams in need.later.items()}
        return cls(
            wanted=wanted,
            expected=expected,
            unstored=_missing(wanted, lots),
            missing=_missing(wanted, every),
            least=_missing(expected, every),
            later=_missing(expected | after, every),
            known_until=need.known_until,
        )


def _delivery(span: Sequence[date], short: int, balance: _Balance, terms: Terms) -> Delivery:
    """Return what to buy for a delivery that is `short` grams short."""

    def total(grams: Mapping[date, int]) -> int:
        return sum(grams[day] for day in span)

    packs = max(-(-short // terms.pack_grams), 0)
    use = _use(balance, span[0], terms)
    fewer = (packs - 1) * terms.pack_grams
    outlives = use is not None and packs * terms.pack_grams > use
    is_capped = outlives and fewer >= max(total(balance.least), 1)
    packs -= is_capped
    bought = packs * terms.pack_grams
    return Delivery(
        first=span[0],
        last=span[-1],
        needed=total(balance.wanted),
        expected=total(balance.expected),
        in_store=total(balance.wanted) - total(balance.unstored),
        on_order=total(balance.unstored) - total(balance.missing),
        packs=packs,
        bought=bought,
        rounding=max(bought - short, 0),
        is_capped=is_capped,
        outlives=use is not None and bought > use,
    )


def use_before(lots: Sequence[Lot], used: Mapping[date, float]) -> list[Lot]:
    """Return what is left of lots after the expected use of some days, earliest expiry first."""
    left = _sorted(lots)
    for day in sorted(used):
        _, left = _take(left, day, _up(used[day]))
    return left


def usable(lots: Sequence[Lot], day: date) -> int:
    """Return the grams of lots that can be cooked on a day."""
    return sum(lot.grams for lot in lots if lot.there_from <= day < lot.expires_on)


def expiring(lots: Sequence[Lot], need: Need) -> int:
    """Return the grams in store that expire within the days, and before they are expected used."""
    lost, left = 0, _sorted(lots)
    for nth, day in enumerate(need.days):
        lost += sum(lot.grams for lot in left if lot.expires_on <= day)
        left = [lot for lot in left if lot.expires_on > day]
        _, left = _take(left, day, _up(need.draws[nth].mean()))
    return lost


def _up(grams: float) -> int:
    """Return whole grams that suffice; what a computer's arithmetic adds does not count."""
    return int(np.ceil(round(float(grams), 3)))


def _spans(need: Need, length: int) -> list[list[date]]:
    """Return the days of each delivery: from a day with need on, for as many days as it keeps."""
    spans: list[list[date]] = []
    for nth, day in enumerate(need.days):
        if spans and (day - spans[-1][0]).days < length:
            spans[-1].append(day)
        elif need.draws[nth].any():
            spans.append([day])
    return spans


def _by_day(need: Need, span: Sequence[date], level: float) -> list[tuple[date, int]]:
    """Return the quantile of a delivery's need, spread over its days as they need on average."""
    rows = [nth for nth, day in enumerate(need.days) if span[0] <= day <= span[-1]]
    draws = need.draws[rows]
    whole = _up(best_quantity(draws.sum(axis=0), level))
    means = draws.mean(axis=1)
    total = float(means.sum())
    parts = np.cumsum(means) / total if total else np.ones(len(rows))
    ends = [0, *(round(whole * float(part)) for part in parts)]
    days = [need.days[row] for row in rows]
    return [
        (day, after - before) for day, (before, after) in zip(days, pairwise(ends), strict=True)
    ]


def _missing(wanted: Mapping[date, int], lots: Sequence[Lot]) -> dict[date, int]:
    """Return what lots do not cover, day by day, earliest expiry first."""
    missing, left = {}, _sorted(lots)
    for day in sorted(wanted):
        missing[day], left = _take(left, day, wanted[day])
    return missing


def _sorted(lots: Sequence[Lot]) -> list[Lot]:
    return sorted(lots, key=lambda lot: (lot.expires_on, lot.there_from))


def _take(lots: Sequence[Lot], day: date, grams: int) -> tuple[int, list[Lot]]:
    """Return what is missing of `grams` on a day, and what is left of the lots."""
    left = []
    for lot in lots:
        is_usable = lot.there_from <= day < lot.expires_on
        taken = min(lot.grams, grams) if is_usable else 0
        grams -= taken
        left.append(Lot(lot.grams - taken, lot.expires_on, lot.there_from))
    return grams, left


def _up_to_stock(short: int, wanted: Mapping[date, int], lots: Sequence[Lot], terms: Terms) -> int:
    """Return what an (s, S) rule buys: nothing while at least s is left after the days planned."""
    left = usable(use_before(lots, wanted), max(wanted))
    reorder = terms.reorder_grams or 0
    if not short and left >= reorder:
        return 0
    upto = reorder if terms.upto_grams is None else max(terms.upto_grams, reorder)
    return short + max(upto - left, 0)


def _use(balance: _Balance, first: date, terms: Terms) -> int | None:
    """Return what is expected to be used of a delivery before it expires; None: not known."""
    expires_on = first + terms.shelf_days * _DAY
    if expires_on - _DAY > balance.known_until:
        return None
    return sum(grams for day, grams in balance.later.items() if first <= day < expires_on)
