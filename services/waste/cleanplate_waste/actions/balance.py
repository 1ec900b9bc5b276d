"""What became of each meal's food, as far as somebody weighed or told it."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session

from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.waste_reconciliation import (
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
from cleanplate_waste.domain.completeness import Day

_STREAMS = {
    BalanceTerm.PREP: ("prep_unavoidable", "prep_avoidable"),
    BalanceTerm.UNSERVED: ("unserved",),
    BalanceTerm.PLATE: ("plate",),
}


def show_balances(
    session: Session,
    caller: Identity,
    canteen_id: UUID,
    period: Period,
    produced_grams: int | None = None,
) -> MassBalances:
    """Return the mass balance of each meal of some days; what nobody weighed is not known.

    Args:
        session: of this service's database.
        caller: who asks.
        canteen_id: of which canteen.
        period: which days.
        produced_grams: what was cooked for a meal, where the caller knows it; None: not known,
            and then neither is what was eaten.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    find_canteen(session, caller, READERS, canteen_id)
    days = days_between(session, canteen_id, period.first, period.last)
    return MassBalances(
        items=[
            _balance(day, Meal(meal), produced_grams)
            for day in days
            for meal in completeness.meals_of(day)
            if meal
        ]
    )


def _balance(day: Day, meal: Meal, produced: int | None) -> MassBalance:
    weighed = {term: _weighed(day, meal, streams) for term, streams in _STREAMS.items()}
    left = (weighed[BalanceTerm.UNSERVED], weighed[BalanceTerm.PLATE])
    eaten = None
    if produced is not None and left[0] is not None and left[1] is not None:
        eaten = produced - left[0] - left[1]
    served = next((s.served for s in day.sittings if s.meal == meal), None)
    known: Mapping[BalanceTerm, tuple[int | None, TermSource]] = {
        BalanceTerm.ISSUED: (None, TermSource.NOT_KNOWN),
        BalanceTerm.PRODUCED: (produced, TermSource.TOLD),
        **{term: (grams, TermSource.WEIGHED) for term, grams in weighed.items()},
        BalanceTerm.EATEN: (eaten, TermSource.COMPUTED),
    }
    return MassBalance(
        date=day.date,
        meal=meal,
        served=served,
        lines=[
            BalanceLine(
                term=term,
                grams=grams,
                source=TermSource.NOT_KNOWN if grams is None else source,
            )
            for term, (grams, source) in known.items()
        ],
        eaten_grams_per_diner=eaten / served if eaten is not None and served else None,
    )


def _weighed(day: Day, meal: Meal, streams: tuple[str, ...]) -> int | None:
    """Return what was weighed at a meal; None unless each of the streams was."""
    own = [w for w in day.weighed if w.meal == meal and w.stream in streams]
    if {w.stream for w in own} != set(streams):
        return None
    return sum(w.net_grams for w in own)
