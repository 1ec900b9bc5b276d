"""What a canteen decided once for all its meals: its rules and its settings."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session, col, delete, select

from cleanplate_menu.models import CanteenSettingsRow, MealRuleRow
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_weeks import CanteenSettings, MealRule, MealRules
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE, MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow


def lock_canteen(session: Session, caller: Identity, canteen_id: UUID) -> KnownCanteenRow:
    """Return a canteen that the caller manages, alone with what it decided until the commit.

    Raises:
        NotFound, Forbidden: as `find_canteen`.
    """
    this = select(KnownCanteenRow.id).where(KnownCanteenRow.id == canteen_id)
    session.exec(this.with_for_update())
    return find_canteen(session, caller, MANAGEMENT, canteen_id)


def show_rules(session: Session, caller: Identity, canteen_id: UUID) -> MealRules:
    """Return how a canteen usually holds its meals, in the order of the day."""
    find_canteen(session, caller, ANYONE, canteen_id)
    rules = rules_of(session, canteen_id)
    return MealRules(rules=[rules[meal] for meal in Meal if meal in rules])


def set_rules(session: Session, caller: Identity, canteen_id: UUID, wanted: MealRules) -> MealRules:
    """Set a canteen's rules; meals that are planned already keep what they have."""
    lock_canteen(session, caller, canteen_id)
    session.exec(delete(MealRuleRow).where(col(MealRuleRow.canteen_id) == canteen_id))
    session.add_all(
        MealRuleRow(canteen_id=canteen_id, **rule.model_dump(mode="json")) for rule in wanted.rules
    )
    session.flush()
    return show_rules(session, caller, canteen_id)


def rules_of(session: Session, canteen_id: UUID) -> dict[Meal, MealRule]:
    """Return a canteen's rules by meal."""
    return {meal: rule for (_, meal), rule in rules_among(session, {canteen_id}).items()}


def rules_among(
    session: Session, canteen_ids: Collection[UUID]
) -> dict[tuple[UUID, Meal], MealRule]:
    """Return the rules of these canteens by canteen and meal."""
    found = select(MealRuleRow).where(col(MealRuleRow.canteen_id).in_(canteen_ids))
    return {
        (row.canteen_id, Meal(row.meal)): MealRule.model_validate(
            row.model_dump(exclude={"canteen_id"})
        )
        for row in session.exec(found)
    }


def show_settings(session: Session, caller: Identity, canteen_id: UUID) -> CanteenSettings:
    """Return what a canteen decided about its menu and its diners."""
    find_canteen(session, caller, ANYONE, canteen_id)
    row = session.get(CanteenSettingsRow, canteen_id) or CanteenSettingsRow(canteen_id=canteen_id)
    return CanteenSettings.model_validate(row.model_dump(exclude={"canteen_id"}))


def set_settings(
    session: Session, caller: Identity, canteen_id: UUID, wanted: CanteenSettings
) -> CanteenSettings:
    """Set what a canteen decided about its menu and its diners."""
    lock_canteen(session, caller, canteen_id)
    session.merge(CanteenSettingsRow(canteen_id=canteen_id, **wanted.model_dump()))
    session.flush()
    return wanted
