"""What was cooked for a meal beside what was suggested: numbers, and nobody's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_forecast.actions.production.decided import (
    find_meal,
    newest_overrides,
    refilled_at,
)
from cleanplate_forecast.actions.production.past import menu_of
from cleanplate_forecast.actions.production.plans import newest_plans
from cleanplate_forecast.domain.popularity import is_sold_out
from cleanplate_forecast.domain.production import Rule, Suggestion, cost_of
from cleanplate_forecast.models import OverrideRow, SessionMenuRow
from cleanplate_shared.contracts.forecast_production import DishRecord, Outcome, ProductionRecord
from cleanplate_shared.contracts.menu import DishTaken
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import READERS


@dataclass(frozen=True)
class _Done:
    """What people did about a dish."""

    taken: DishTaken | None
    override: OverrideRow | None
    refilled: int


def show_record(
    session: Session, caller: Identity, session_id: UUID, at: datetime
) -> ProductionRecord:
    """Return how the suggestion and what was cooked did; empty if nothing was ever suggested.

    Raises:
        NotFound: no such meal session, or the caller has nothing to do with its canteen.
    """
    find_meal(session, caller, READERS, session_id, at)
    dishes = read_records(session, [session_id])[session_id]
    known = [dish for dish in dishes if dish.difference_fen is not None]
    return ProductionRecord(
        meal_session_id=session_id,
        dishes=dishes,
        suggestion_fen=sum(dish.suggestion.cost_fen or 0 for dish in known),
        cooked_fen=sum(dish.cooked.cost_fen or 0 for dish in known),
    )


def read_records(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[DishRecord]]:
    """Return the records of meals, each dish that was ever suggested; four queries in all."""
    suggested = newest_plans(session, ids)
    menus = session.exec(select(SessionMenuRow).where(col(SessionMenuRow.session_id).in_(ids)))
    taken = {(menu.session_id, dish.dish_id): dish for menu in menus for dish in menu_of(menu)}
    overrides, batches = newest_overrides(session, ids), refilled_at(session, ids)
    return {
        meal: [
            _as_record(
                dish := UUID(said["dish_id"]),
                said,
                _Done(
                    taken.get((meal, dish)),
                    overrides.get((meal, dish)),
                    batches.get((meal, dish), 0),
                ),
            )
            for said in (suggested[meal].dishes if meal in suggested else [])
        ]
        for meal in ids
    }


def _as_record(dish_id: UUID, said: Mapping[str, Any], done: _Done) -> DishRecord:
    suggestion, rule = Suggestion(**said["suggestion"]), Rule(**said["rule"])
    grams = float(said["grams_per_portion"])
    weighed = done.taken if done.taken and done.taken.prepared_grams is not None else None
    asked = _asked(weighed, grams) if weighed else None
    sold_out = weighed is not None and is_sold_out(
        weighed.prepared_grams or 0, weighed.left_grams or 0
    )
    cooked = _cooked(suggestion, done, grams)
    suggested = suggestion.portions if asked is None else suggestion.cooked(asked)
    costs: list[int | None] = [None, None]
    if asked is not None and not sold_out:
        costs = [cost_of(made, asked, rule) for made in (suggested, cooked)]
    return DishRecord(
        dish_id=dish_id,
        name=said["name"],
        asked_portions=None if asked is None else round(asked),
        sold_out=sold_out,
        suggestion=Outcome(portions=suggested, cost_fen=costs[0]),
        cooked=Outcome(portions=round(cooked), cost_fen=costs[1]),
        difference_fen=None if costs[0] is None or costs[1] is None else costs[1] - costs[0],
        overrides=done.override.number if done.override else 0,
        reason=done.override.reason if done.override else None,
    )


def _asked(weighed: DishTaken, grams: float) -> float | None:
    taken = (weighed.prepared_grams or 0) - (weighed.left_grams or 0)
    return taken / grams if grams else None


def _cooked(suggestion: Suggestion, done: _Done, grams: float) -> float:
    """Return the portions that were cooked: as weighed, or as decided and refilled."""
    if done.taken and done.taken.prepared_grams is not None and grams:
        return done.taken.prepared_grams / grams
    if done.override and done.override.portions is not None:
        return done.override.portions
    return suggestion.first + done.refilled
