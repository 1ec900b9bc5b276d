"""How a canteen buys and keeps its ingredients, given by hand."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlmodel import Session, col, delete, select

from cleanplate_forecast.models import IngredientRow, StockRow
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.forecast_purchasing import (
    IngredientsPut,
    IngredientTerms,
    StockLot,
)
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.etag import Tagged, check_current, tagged
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import MANAGEMENT, READERS
from cleanplate_shared.tables import KnownCanteenRow

_MOST_LISTED = 2_000
_FIELDS = set(IngredientTerms.model_fields)


class NamedTwice(Unprocessable, title=msg("An ingredient is named twice")):
    """Each ingredient is bought in one way."""


def list_ingredients(session: Session, caller: Identity, canteen_id: UUID) -> Tagged:
    """Return a page of how a canteen buys its ingredients, by name; at most 2,000."""
    find_canteen(session, caller, READERS, canteen_id)
    return _page(_as_terms(row) for row in read_ingredients(session, canteen_id).values())


def set_ingredients(
    session: Session,
    caller: Identity,
    canteen_id: UUID,
    wanted: IngredientsPut,
    if_match: str | None,
) -> Tagged:
    """Keep how a canteen buys its ingredients, in place of what was known before.

    What supply tells later takes the place of what is given here.

    Raises:
        NamedTwice: as it says.
        Outdated: the tag `if_match` is not that of the present page.
    """
    canteen = find_canteen(session, caller, MANAGEMENT, canteen_id)
    session.exec(  # one after the other
        select(KnownCanteenRow).where(KnownCanteenRow.id == canteen.id).with_for_update()
    ).one()
    terms = {item.ingredient: item for item in wanted.items}
    if len(terms) < len(wanted.items):
        raise NamedTwice(msg("Name each ingredient once."))
    there = read_ingredients(session, canteen_id)
    check_current(_page(_as_terms(row) for row in there.values()), if_match)
    told = {name: row.version for name, row in there.items()}
    session.exec(delete(IngredientRow).where(col(IngredientRow.canteen_id) == canteen_id))
    session.expunge_all()
    session.add_all(
        IngredientRow(canteen_id=canteen_id, version=told.get(name, 0), **item.model_dump())
        for name, item in terms.items()
    )
    session.flush()
    return _page(terms.values())


def list_stock(session: Session, caller: Identity, canteen_id: UUID) -> list[StockLot]:
    """Return what a canteen has in store, by ingredient and expiry; at most 2,000 ingredients."""
    find_canteen(session, caller, READERS, canteen_id)
    found = select(StockRow).where(StockRow.canteen_id == canteen_id)
    lots = [
        StockLot(ingredient=row.ingredient, **lot)
        for row in session.exec(found)
        for lot in row.lots
    ]
    return sorted(lots, key=lambda lot: (lot.ingredient, lot.expires_on))


def read_ingredients(session: Session, canteen_id: UUID) -> Mapping[str, IngredientRow]:
    """Return how a canteen buys its ingredients, by name."""
    found = select(IngredientRow).where(IngredientRow.canteen_id == canteen_id)
    return {row.ingredient: row for row in session.exec(found)}


def _page(terms: Iterable[IngredientTerms]) -> Tagged:
    listed = sorted(terms, key=lambda one: one.ingredient)[:_MOST_LISTED]
    page = Page[IngredientTerms](items=listed, next=None)
    return tagged(page.model_dump_json().encode())


def _as_terms(row: IngredientRow) -> IngredientTerms:
    return IngredientTerms.model_validate(row.model_dump(include=_FIELDS))
