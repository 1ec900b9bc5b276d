"""A library of dishes from a table."""

import re
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_menu.actions.dishes import allergen_codes, tell_dishes_again
from cleanplate_menu.actions.menus.stamps import touch_menus
from cleanplate_menu.models import DishRow
from cleanplate_shared.contracts.menu import Allergen, DishSheetRow
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.importing import Canteens, Changes
from cleanplate_shared.labels import code_of
from cleanplate_shared.tabular import Findings, Line

_SHEET = {"kind", "allergens", "portion_grams"}
_PARTS = ("half_grams", "small_grams")  # an empty cell changes nothing


def import_dishes(
    session: Session, caller: Identity, lines: Sequence[Line[DishSheetRow]], findings: Findings
) -> Changes:
    """Add dishes, and change those of the same name.

    Raises:
        RowsRefused: a canteen is not the caller's, an allergen is unknown, a dish comes twice, a
            part is larger than the whole.
    """
    canteens = Canteens(session, caller, findings)
    wanted: dict[tuple[UUID, str], DishRow] = {}
    for line in lines:
        canteen = canteens.find(line.number, line.row.canteen)
        allergens = _allergens(line, findings)
        if canteen is None:
            continue
        if (canteen.id, line.row.name) in wanted:
            findings.add(
                line.number, "name", line.row.name, "duplicate", msg("This dish comes twice.")
            )
        wanted[canteen.id, line.row.name] = DishRow(
            canteen_id=canteen.id,
            name=line.row.name,
            kind=line.row.kind.value,
            allergens=allergen_codes(allergens),
            portion_grams=line.row.portion_grams,
            half_grams=line.row.half_grams,
            small_grams=line.row.small_grams,
        )
        _check_parts(line, findings)
    findings.check()
    return _write(session, wanted)


def _check_parts(line: Line[DishSheetRow], findings: Findings) -> None:
    for column in _PARTS:
        grams = getattr(line.row, column)
        if grams is not None and grams > line.row.portion_grams:
            said = msg("A whole portion has {grams} g.", grams=line.row.portion_grams)
            findings.add(line.number, column, grams, "too_large", said)


def _allergens(line: Line[DishSheetRow], findings: Findings) -> list[Allergen]:
    known = {allergen.value: allergen for allergen in Allergen}
    given = [code_of(Allergen, word) for word in re.split(r"[\s,，、;；]+", line.row.allergens)]
    given = [code.lower() for code in given if code]
    if set(given) - set(known):
        findings.add(
            line.number,
            "allergens",
            line.row.allergens,
            "unknown_allergen",
            msg("Use these codes, separated by spaces: {codes}.", codes=", ".join(known)),
        )
    return [known[code] for code in given if code in known]


def _write(session: Session, wanted: dict[tuple[UUID, str], DishRow]) -> Changes:
    changes, changed = Changes(), []
    mine = select(DishRow).where(col(DishRow.canteen_id).in_({place[0] for place in wanted}))
    there = {(row.canteen_id, row.name): row for row in session.exec(mine)}
    for place, fresh in wanted.items():
        row = there.get(place)
        if row is None:
            session.add(fresh)
            changes.created += 1
            continue
        values = fresh.model_dump(include=_SHEET) | {
            size: getattr(fresh, size) or getattr(row, size) for size in _PARTS
        }
        if row.model_dump(include=set(values)) == values:
            changes.unchanged += 1
        else:
            row.sqlmodel_update(values)
            changed.append(row.id)
    changes.updated = len(changed)
    session.flush()
    tell_dishes_again(session, changed)
    touch_menus(session, {canteen_id for canteen_id, _ in wanted})
    return changes
