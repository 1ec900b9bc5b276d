"""What a canteen decided about shortage, surplus, pots and refills."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from cleanplate_forecast.domain.production import USUAL_RULES, Rule
from cleanplate_forecast.models import DishRow, QuantityRuleRow
from cleanplate_shared.contracts.forecast_production import (
    QuantityRule,
    QuantityRules,
    QuantityRulesPut,
)
from cleanplate_shared.contracts.menu import DishKind
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import MANAGEMENT, READERS
from cleanplate_shared.tables import KnownCanteenRow

_FIELDS = set(QuantityRule.model_fields)


class UnknownDish(Unprocessable, title=msg("A dish is not known here")):
    """A dish id that does not belong to this canteen or menu."""


def show_rules(session: Session, caller: Identity, canteen_id: UUID) -> QuantityRules:
    """Return what a canteen decided, and what follows for each kind."""
    find_canteen(session, caller, READERS, canteen_id)
    return _as_rules(read_rules(session, canteen_id))


def set_rules(
    session: Session, caller: Identity, canteen_id: UUID, wanted: QuantityRulesPut
) -> QuantityRules:
    """Keep what a canteen decided, in place of what it had decided before.

    Raises:
        UnknownDish: a dish is not the canteen's.
    """
    canteen = find_canteen(session, caller, MANAGEMENT, canteen_id)
    session.exec(  # one after the other
        select(KnownCanteenRow).where(KnownCanteenRow.id == canteen.id).with_for_update()
    ).one()
    mine = select(DishRow.id).where(
        DishRow.canteen_id == canteen_id, col(DishRow.id).in_(wanted.dishes)
    )
    if set(session.exec(mine)) != set(wanted.dishes):
        raise UnknownDish(msg("Choose dishes from this canteen's library."))
    session.execute(delete(QuantityRuleRow).where(col(QuantityRuleRow.canteen_id) == canteen_id))
    said = {kind.value: rule for kind, rule in wanted.kinds.items()}
    said |= {str(dish): rule for dish, rule in wanted.dishes.items()}
    rows = {
        subject: QuantityRuleRow(canteen_id=canteen_id, subject=subject, **rule.model_dump())
        for subject, rule in said.items()
    }
    session.add_all(rows.values())
    session.flush()
    return _as_rules(rows)


def read_rules(session: Session, canteen_id: UUID) -> dict[str, QuantityRuleRow]:
    """Return what a canteen decided, by kind or dish id."""
    found = select(QuantityRuleRow).where(QuantityRuleRow.canteen_id == canteen_id)
    return {row.subject: row for row in session.exec(found)}


def rule_of(rules: Mapping[str, QuantityRuleRow], kind: str, dish_id: UUID | None = None) -> Rule:
    """Return the rule of a dish: its own, then its kind's, then the usual one."""
    rule = USUAL_RULES[kind]
    for subject in (kind, str(dish_id)):
        if subject in rules:
            said = rules[subject].model_dump(include=_FIELDS, exclude_none=True)
            rule = replace(rule, **said)
    return rule


def _as_rules(rules: Mapping[str, QuantityRuleRow]) -> QuantityRules:
    kinds = {kind.value for kind in DishKind}
    said = {
        subject: QuantityRule(**row.model_dump(include=_FIELDS)) for subject, row in rules.items()
    }
    effective = {kind: rule_of(rules, kind.value) for kind in DishKind}
    return QuantityRules(
        kinds={DishKind(subject): rule for subject, rule in said.items() if subject in kinds},
        dishes={UUID(subject): rule for subject, rule in said.items() if subject not in kinds},
        effective={kind: QuantityRule(**asdict(rule)) for kind, rule in effective.items()},
    )
