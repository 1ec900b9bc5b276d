"""Paper surveys and ledgers of leftovers, from before or beside this software."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cleanplate_menu.actions.dishes import hold_dishes
from cleanplate_menu.actions.imports.places import Place, chunks, sessions_at
from cleanplate_menu.actions.menus.stamps import touch_menus
from cleanplate_menu.actions.sessions import tell_again
from cleanplate_menu.models import DISHES, LEFTOVERS, RATINGS
from cleanplate_shared.contracts.menu_survey import LeftoverSheetRow, RatingSheetRow, RatingTag
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.importing import Canteens, Changes
from cleanplate_shared.tabular import Findings, Line

RowT = TypeVar("RowT", RatingSheetRow, LeftoverSheetRow)
_CARDS = UUID("5a2b9d1e-0f3c-4c68-9a75-1d9f8c2e7b40")  # the same card in the same file is one row
_MOST_CARDS = 200_000
_NEW = insert(LEFTOVERS)
_KEEP = _NEW.on_conflict_do_update(  # SQLite reads it the same way
    index_elements=["meal_session_id", "dish_id"],
    set_={name: _NEW.excluded[name] for name in ("prepared_grams", "left_grams")},
)


def import_ratings(
    session: Session, caller: Identity, lines: Sequence[Line[RatingSheetRow]], findings: Findings
) -> Changes:
    """Add the cards of a paper survey; a file that comes again adds nothing.

    Raises:
        RowsRefused: a canteen or dish is not the caller's, a tag is not known, too many cards.
    """
    cards: Counter[tuple[UUID, UUID, date, int, str]] = Counter()
    for line, canteen_id, dish_id in _found(session, caller, lines, findings):
        tags = _tags(line, findings)
        cards[canteen_id, dish_id, line.row.date, line.row.stars, tags] += line.row.count
    if cards.total() > _MOST_CARDS:
        said = msg("Send at most {most} cards at once.", most=_MOST_CARDS)
        findings.add(1, "count", str(cards.total()), "too_many", said)
    findings.check()
    rows = [_card(*card, number) for card, count in cards.items() for number in range(count)]
    created = 0
    for chunk in chunks(rows):
        there = select(RATINGS.c.id).where(RATINGS.c.id.in_([row["id"] for row in chunk]))
        known = set(session.connection().execute(there).scalars())
        fresh = [row for row in chunk if row["id"] not in known]
        if fresh:
            session.connection().execute(insert(RATINGS).on_conflict_do_nothing(), fresh)
        created += len(fresh)
    touch_menus(session, {canteen_id for canteen_id, *_ in cards})
    return Changes(created, 0, len(rows) - created)


def import_leftovers(
    session: Session, caller: Identity, lines: Sequence[Line[LeftoverSheetRow]], findings: Findings
) -> Changes:
    """Keep what was left of dishes of past meals; what a meal's other dishes left stays.

    Raises:
        RowsRefused: a canteen, dish or meal is not there, or more was left than prepared.
    """
    wanted: dict[tuple[Place, UUID], Line[LeftoverSheetRow]] = {}
    for line, canteen_id, dish_id in _found(session, caller, lines, findings):
        if line.row.left_grams > line.row.prepared_grams:
            said = msg("More is left than was prepared")
            findings.add(line.number, "left_grams", str(line.row.left_grams), "too_much", said)
        wanted[(canteen_id, line.row.date, line.row.meal.value), dish_id] = line
    hold_dishes(session, {dish_id for _, dish_id in wanted})
    there = sessions_at(session, {place for place, _ in wanted})
    for (place, _), line in wanted.items():
        if place not in there:
            said = msg("The canteen has no such meal on that day; import it first.")
            findings.add(line.number, "meal", place[2], "unknown_meal", said)
    findings.check()
    values = [
        _left(there[place]["id"], dish_id, line.row) for (place, dish_id), line in wanted.items()
    ]
    changes = _write_leftovers(session, values)
    touch_menus(session, {canteen_id for (canteen_id, _, _), _ in wanted})
    return changes


def _write_leftovers(session: Session, values: list[dict[str, Any]]) -> Changes:
    changes = Changes()
    for chunk in chunks(values):
        meals = {row["meal_session_id"] for row in chunk}
        known = {
            (row["meal_session_id"], row["dish_id"]): dict(row)
            for row in session.connection()
            .execute(select(LEFTOVERS).where(LEFTOVERS.c.meal_session_id.in_(meals)))
            .mappings()
        }
        for row in chunk:
            before = known.get((row["meal_session_id"], row["dish_id"]))
            changes.created += before is None
            changes.updated += before is not None and before != row
            changes.unchanged += before == row
        session.connection().execute(_KEEP, chunk)
        tell_again(session, meals)
    return changes


def _found(
    session: Session, caller: Identity, lines: Sequence[Line[RowT]], findings: Findings
) -> list[tuple[Line[RowT], UUID, UUID]]:
    """Return the lines whose canteen and dish are there, with the ids of both."""
    canteens = Canteens(session, caller, findings)
    placed = [
        (line, canteen.id)
        for line in lines
        if (canteen := canteens.find(line.number, line.row.canteen))
    ]
    at = {canteen_id for _, canteen_id in placed}
    dishes = select(DISHES.c.canteen_id, DISHES.c.name, DISHES.c.id).where(
        DISHES.c.canteen_id.in_(at)
    )
    ids = {(row[0], row[1]): row[2] for row in session.connection().execute(dishes)}
    found = []
    for line, canteen_id in placed:
        dish_id = ids.get((canteen_id, line.row.dish))
        if dish_id is None:
            said = msg("The library has no dish of this name; import it first.")
            findings.add(line.number, "dish", line.row.dish, "unknown_dish", said)
        else:
            found.append((line, canteen_id, dish_id))
    return found


def _tags(line: Line[RatingSheetRow], findings: Findings) -> str:
    given = set(line.row.tags.split())
    known = [tag.value for tag in RatingTag]
    if not given <= set(known):
        said = msg("Known tags: {tags}.", tags=", ".join(known))
        findings.add(line.number, "tags", line.row.tags, "unknown_tag", said)
    return " ".join(tag for tag in known if tag in given)


def _card(
    canteen_id: UUID, dish_id: UUID, day: date, stars: int, tags: str, number: int
) -> dict[str, Any]:
    return {
        "id": uuid5(_CARDS, f"{dish_id}/{day}/{stars}/{tags}/{number}"),
        "canteen_id": canteen_id,
        "dish_id": dish_id,
        "day": day,
        "unit_id": None,
        "stars": stars,
        "tags": tags,
    }


def _left(session_id: UUID, dish_id: UUID, row: LeftoverSheetRow) -> dict[str, Any]:
    return {
        "meal_session_id": session_id,
        "dish_id": dish_id,
        "prepared_grams": row.prepared_grams,
        "left_grams": row.left_grams,
    }
