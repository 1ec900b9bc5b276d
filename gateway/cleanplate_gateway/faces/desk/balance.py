"""What became of each meal's food, from the store to the plate, and what is missing of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cleanplate_gateway.faces.client import fetch
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import Place, place_of
from cleanplate_gateway.faces.rendering import render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.waste_reconciliation import (
    BalanceLine,
    BalanceTerm,
    MassBalance,
    MassBalances,
)
from cleanplate_shared.i18n import Message, msg

router = APIRouter()
_FIRST, _LAST = date(2001, 1, 1), date(2099, 12, 31)
_LOOK_BACK = timedelta(days=30)
_GAP_NEEDS = (BalanceTerm.PRODUCED, BalanceTerm.LEFT, BalanceTerm.UNSERVED)


@dataclass(frozen=True)
class Column:
    """A term of the balance: its heading, and what it means."""

    heading: Message
    meaning: Message


COLUMNS: Final[Mapping[BalanceTerm, Column]] = {
    BalanceTerm.ISSUED: Column(
        msg("Issued from the store"),
        msg("Raw weight that left the store for this meal. No stock records are connected yet."),
    ),
    BalanceTerm.SPOILAGE: Column(
        msg("Spoiled in store"),
        msg("Spoiled or out of date before cooking, as weighed at this meal."),
    ),
    BalanceTerm.PREP: Column(
        msg("Trimmings"), msg("Trimmings, avoidable and unavoidable, as weighed at this meal.")
    ),
    BalanceTerm.PRODUCED: Column(
        msg("Cooked in all"),
        msg("Cooked weight of all dishes, as the kitchen told it dish by dish."),
    ),
    BalanceTerm.LEFT: Column(
        msg("Left in the trays"),
        msg("What was in the trays after the meal, told with what was cooked."),
    ),
    BalanceTerm.UNSERVED: Column(
        msg("Cooked, not served"),
        msg("Cooked, never on a plate, thrown away, and weighed at the bin."),
    ),
    BalanceTerm.TAKEN: Column(
        msg("Taken (estimated)"),
        msg("Cooked less left in the trays: what diners took. Nobody weighs it."),
    ),
    BalanceTerm.PLATE: Column(
        msg("Left on plates"), msg("Plate waste, as weighed at this meal, bones and soup included.")
    ),
    BalanceTerm.EATEN: Column(
        msg("Eaten (estimated)"), msg("Taken less left on plates; also per diner who was counted.")
    ),
}


@dataclass(frozen=True)
class Row:
    """A meal with its terms, and the terms for want of which it cannot be balanced."""

    balance: MassBalance
    terms: Mapping[BalanceTerm, BalanceLine]

    @property
    def lacking(self) -> Sequence[BalanceTerm]:
        """Return what has to be known for a gap, and is not."""
        return [term for term in _GAP_NEEDS if self.grams(term) is None]

    def grams(self, term: BalanceTerm) -> int | None:
        """Return a term's mass, None if it is not known."""
        return self.terms[term].grams


@router.get("/balance")
async def show_balance(
    request: Request, person: PersonDep, now: NowDep, canteen: UUID | None = None, day: str = ""
) -> HTMLResponse:
    """Show the meals of a day: the one asked for, or the latest that can be balanced."""
    place = await place_of(request, person, now, canteen)
    wanted = _read(day)
    found = await fetch(
        request,
        "waste",
        "/mass-balances",
        MassBalances,
        canteen_id=place.canteen.id,
        date_from=wanted or place.today - _LOOK_BACK,
        date_to=wanted or place.today,
    )
    shown = wanted or _latest(found.items, place)
    return render(
        request,
        "desk/balance.html",
        place=place,
        day=shown,
        before=max(shown - timedelta(days=1), _FIRST),
        after=min(shown + timedelta(days=1), _LAST),
        rows=[_row(one) for one in found.items if one.date == shown],
        columns=COLUMNS,
        may_enter=place.today - timedelta(days=1) <= shown <= place.today,
        page="balance",
    )


def _read(day: str) -> date | None:
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return None
    return found if _FIRST <= found <= _LAST else None


def _latest(items: Sequence[MassBalance], place: Place) -> date:
    """Return the latest day with a gap that is known, else with any meal, else today."""
    known = [one.date for one in items if one.gap]
    return max(known or [one.date for one in items] or [place.today])


def _row(balance: MassBalance) -> Row:
    return Row(balance, {line.term: line for line in balance.lines})
