"""What became of each meal's food, as far as somebody weighed or told it."""

from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.waste_reconciliation import (
    BalanceGap,
    BalanceLine,
    BalanceTerm,
    MassBalance,
    MassBalances,
    TermSource,
)
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import READERS
from cleanplate_waste.actions.days import days_between
from cleanplate_waste.domain import completeness
from cleanplate_waste.domain.balance import Cooked, gap_of, terms_of
from cleanplate_waste.domain.completeness import MEALS, Day
from cleanplate_waste.models import KnownSessionRow


def show_balances(
    session: Session, caller: Identity, canteen_id: UUID, period: Period
) -> MassBalances:
    """Return the mass balance of each meal of some days; what nobody told is not known.

    Meals are those at which somebody ate, or something was weighed, or of which the kitchen told
    what it cooked.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    find_canteen(session, caller, READERS, canteen_id)
    days = {day.date: day for day in days_between(session, canteen_id, period.first, period.last)}
    held = {
        (row.date, row.meal): row
        for row in session.exec(
            select(KnownSessionRow)
            .where(
                col(KnownSessionRow.canteen_id) == canteen_id,
                col(KnownSessionRow.date).between(period.first, period.last),
            )
            .order_by(col(KnownSessionRow.id).desc())
        )
    }
    meals = {(day.date, meal) for day in days.values() for meal in completeness.meals_of(day)}
    meals |= {key for key, row in held.items() if row.told_dishes}
    return MassBalances(
        items=[
            _balance(days.get(date, Day(date, [], [])), meal, held.get((date, meal)))
            for date, meal in sorted(
                ((date, meal) for date, meal in meals if meal),
                key=lambda one: (one[0], MEALS.index(one[1])),
            )
        ]
    )


def _balance(day: Day, meal: str, held: KnownSessionRow | None) -> MassBalance:
    cooked = _cooked(held) if held else Cooked()
    terms = terms_of(day, meal, cooked)
    gap, eaten = gap_of(terms), terms["eaten"].grams
    served = held.served if held else None
    return MassBalance(
        date=day.date,
        meal=Meal(meal),
        served=served,
        menu_dishes=cooked.menu_dishes,
        told_dishes=cooked.told_dishes,
        lines=[
            BalanceLine(
                term=term,
                grams=terms[term.value].grams,
                source=TermSource(terms[term.value].source),
            )
            for term in BalanceTerm
        ],
        gap=BalanceGap(grams=gap.grams, share=gap.share, closes=gap.closes) if gap else None,
        eaten_grams_per_diner=eaten / served if eaten is not None and served else None,
    )


def _cooked(held: KnownSessionRow) -> Cooked:
    return Cooked(held.menu_dishes, held.told_dishes, held.prepared_grams, held.left_grams)
